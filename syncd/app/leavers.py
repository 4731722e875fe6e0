"""Who is in grace, and what a person decides of them (DESIGN 6, leavers); nothing here writes to the platform."""

from collections.abc import Iterator

import msgspec

from syncd.app.standing import shown_fields
from syncd.app.store_ports import Store, UnitOfWork
from syncd.errors import SyncdError
from syncd.mapping.normal_forms import comparable
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry
from syncd.model.links import KEPT_FOR_GOOD, Grace, Link
from syncd.model.objects import Fields, Kind
from syncd.plan.grace import NO_GRACE, leaver, leavers_of, moment, reason_of
from syncd.plan.json_form import from_json
from syncd.plan.values import Leaver, Reason
from syncd.plan.who import Whom, meant

SHOWN = 10


class NotLeaving(SyncdError):
    """Nobody in grace, or more than one, is who was named."""


class Decision(msgspec.Struct, frozen=True):
    """What a person decides of a leaver: `kept_until` to stop the clock until then, `None` to let go; and who and why.

    Times are seconds since the epoch.
    """

    kept_until: float | None
    by: Actor
    reason: str
    at: float


class Leavers(msgspec.Struct, frozen=True):
    """All who are in grace, and by platform id what was decided of them."""

    leaving: tuple[Leaver, ...]
    decisions: dict[str, Grace]


def leavers(store: Store, remove_after: float | None, now: float) -> Leavers:
    """Return all who are in grace, as the store knows them."""
    with store.reading() as work:
        links, mirror = work.links.all(), work.shadow.mirror()
    leaving = leavers_of(links, shown_fields(mirror), remove_after, now)
    return Leavers(leaving, {link.platform_id: link.grace for link in links if link.grace is not None})


def decide(store: Store, who: str, decision: Decision, remove_after: float | None) -> Leaver:
    """Keep somebody in grace, or let them go; the next run acts on it.

    `who` is a key, platform id, account, DN or name. `remove_after` is in seconds, `None` for ever. Raises
    `NotLeaving`, and `RunInProgress` where a run would overwrite the decision.
    """
    if remove_after is None:
        raise NotLeaving('policy.remove_after is "never", so nobody is in grace and nobody is removed')
    with store.lock(), store.unit_of_work() as work:
        shown = shown_fields(work.shadow.mirror())
        link, planned = _meant(work, who, shown)
        known = link.grace or msgspec.structs.replace(NO_GRACE, reason=planned)
        decided = msgspec.structs.replace(
            known,
            kept_until=decision.kept_until,
            is_let_go=decision.kept_until is None,
            decided_by=str(decision.by),
            decider=decision.by,
            decided_because=decision.reason,
            decided_at=decision.at,
        )
        renewed = msgspec.structs.replace(link, grace=decided)
        work.links.put([renewed])
        work.audit.append(decision.at, decision.by, (_entry(renewed, decision),))
        work.commit()
    fields = shown.get((link.kind, link.platform_id))
    found = leaver(renewed, fields, reason_of(renewed, Reason.LEFT), remove_after, decision.at)
    if found is None:
        raise NotLeaving(f"{who} is not in grace any more: the next run removes them")
    return found


def _entry(link: Link, decision: Decision) -> AuditEntry:
    about = {"key": link.key, "source": link.source, "platform_id": link.platform_id, "reason": decision.reason}
    if decision.kept_until is None:
        return AuditEntry(AuditAction.LET_GO, {"kind": str(link.kind)}, about)
    until = "" if decision.kept_until == KEPT_FOR_GOOD else moment(decision.kept_until)
    return AuditEntry(AuditAction.KEPT, {"kind": str(link.kind), "until": until}, about)


def _meant(work: UnitOfWork, who: str, shown: dict[tuple[Kind, str], Fields]) -> tuple[Link, str]:
    """Return the link that is meant, and the reason that the latest plan has for it."""
    planned = dict(_planned(work))
    candidates = {
        (link.kind, link.source, link.key): link
        for link in work.links.all()
        if link.missing_since is not None or link.platform_id in planned
    }
    people = [_whom(link, shown.get((link.kind, link.platform_id))) for link in candidates.values()]
    found = meant(people, who, comparable)
    if not found:
        raise NotLeaving(
            f"nobody in grace has the key, platform id, account, DN or name {who}; look at `syncd leavers`"
        )
    if len(found) > 1:
        named = "; ".join(f"{each}, key {each.key}" for each in found[:SHOWN])
        raise NotLeaving(f"{who} may mean {len(found)}: {named}; say which by its key or platform id")
    link = candidates[found[0].kind, found[0].source, found[0].key]
    return link, planned.get(link.platform_id, str(Reason.LEFT))


def _planned(work: UnitOfWork) -> Iterator[tuple[str, str]]:
    """Yield id and reason of those whose grace the latest plan would begin: it may be held."""
    latest = work.runs.latest(1)
    found = work.runs.get(latest[0].run) if latest else None
    for each in from_json(found[1]).leaving if found else ():
        yield each.platform_id, str(each.reason)


def _whom(link: Link, shown: Fields | None) -> Whom:
    account, name = getattr(shown, "account", ""), getattr(shown, "name", "")
    return Whom(link.kind, link.source, link.key, link.platform_id, link.locator, account, name)
