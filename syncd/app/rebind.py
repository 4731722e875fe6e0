"""`db rebind`: a store is told that it belongs to another company, owner or directory (DESIGN 6, binding)."""

import asyncio
from collections.abc import Mapping

import msgspec

from syncd.app.bindings import PREFIX, Bindings
from syncd.app.ports import Platform, Source
from syncd.app.records import APPLIED
from syncd.app.stopping import beside
from syncd.app.store_ports import Store
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry
from syncd.plan.rules import Policy


class Rebinding(msgspec.Struct, frozen=True):
    """What a store belongs to and what the configuration and both sides say, by fact, where they differ."""

    facts: Mapping[str, str]
    changes: Mapping[str, tuple[str, str]]


async def compare(sources: tuple[Source, ...], platform: Platform, store: Store, policy: Policy) -> Rebinding:
    """Ask both sides whom they belong to; nothing is written. Raises `SourceError`, `PlatformError`, `StoreError`."""
    company = await platform.company_id()
    snapshots = await asyncio.gather(*(beside(one.read) for one in sources))
    found = Bindings.of(company, policy, tuple(snapshots))
    with store.reading() as work:
        known = work.facts.all()
    changes = {
        name.removeprefix(PREFIX): (known[name], value)
        for name, value in found.facts.items()
        if known.get(name, value) != value
    }
    return Rebinding(found.facts, changes)


def rebind(store: Store, found: Rebinding, actor: Actor, at: float) -> None:
    """Let the store belong to what was found; its next plan is held as the first of a store. Raises `RunInProgress`."""
    with store.lock(), store.unit_of_work() as work:
        work.facts.put({**found.facts, APPLIED: ""})
        work.held.keep_only([])
        work.audit.append(at, actor, (AuditEntry(AuditAction.REBOUND, {"facts": tuple(sorted(found.changes))}),))
        work.commit()
