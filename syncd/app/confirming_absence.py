"""Whoever a plan would touch for being absent is asked for once more, by key (DESIGN 6, leavers).

A read of a directory server is not one moment: between two searches an entry may have moved from one base to another,
or to another name. Whoever the source still has is present, and the plan is made again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from syncd.app.ports import AskedByKey, Source
from syncd.app.stopping import beside
from syncd.errors import SourceError
from syncd.model.desired import Desired
from syncd.model.objects import Kind
from syncd.plan.values import Action, Plan

Objects = frozenset[tuple[Kind, str, str]]
"""Objects by kind, source and key."""


class AskedAgain(msgspec.Struct, frozen=True):
    """Who is there after all, and the faults of the sources that could not be asked, by their names."""

    present: Objects
    faults: Mapping[str, SourceError]


def touched_for_absence(plan: Plan, desired: Desired) -> Objects:
    """Return the objects that a plan does anything to though their entries are away."""
    return frozenset(
        (each.kind, each.source, each.key)
        for each in plan.operations
        if each.action is not Action.CREATE and (each.source, each.key) not in desired.present(each.kind)
    )


async def ask_again(sources: Iterable[Source], absent: Objects) -> AskedAgain:
    """Ask each source that can be asked by key for those it lacks, many in one question."""
    keys: defaultdict[str, defaultdict[Kind, set[str]]] = defaultdict(lambda: defaultdict(set))
    for kind, name, key in absent:
        keys[name][kind].add(key)
    asked = [source for source in sources if source.name in keys and isinstance(source, AskedByKey)]
    outcomes = await asyncio.gather(
        *(beside(partial(source.still_has, _frozen(keys[source.name]))) for source in asked), return_exceptions=True
    )
    present: set[tuple[Kind, str, str]] = set()
    faults: dict[str, SourceError] = {}
    for source, outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, SourceError):
            faults[source.name] = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            present |= {(kind, source.name, key) for kind, found in outcome.items() for key in found}
    return AskedAgain(frozenset(present), faults)


def _frozen(keys: Mapping[Kind, set[str]]) -> dict[Kind, frozenset[str]]:
    return {kind: frozenset(some) for kind, some in keys.items()}


def with_present(desired: Desired, present: Objects) -> Desired:
    """Return the desired state in which these are present, so that their objects stay as they are (I12)."""
    found = {kind: frozenset((name, key) for each, name, key in present if each is kind) for kind in Kind}
    return msgspec.structs.replace(
        desired,
        present_users=desired.present_users | found[Kind.USER],
        present_departments=desired.present_departments | found[Kind.DEPARTMENT],
        present_rooms=desired.present_rooms | found[Kind.ROOM],
    )
