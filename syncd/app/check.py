"""Proving everything that a run needs, one after the other, without a writing call."""

from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

from syncd.app.gathering import former_of
from syncd.app.named_places import missing_places
from syncd.app.ports import Platform, Source
from syncd.app.records import EventState
from syncd.app.refreshing import NEWEST, missed_of
from syncd.app.stopping import beside
from syncd.app.store_ports import Store
from syncd.app.world import Decisions
from syncd.errors import PlatformError, SyncdError
from syncd.mapping.desire import Moment, desire
from syncd.mapping.known_keys import with_known_keys
from syncd.mapping.unfilled import unfilled
from syncd.model.links import Link
from syncd.model.objects import Mirror
from syncd.model.source import Certificate, Grade, Snapshot
from syncd.plan.certificate import certify, certify_platform

LATEST = 10
PATIENCE = 300.0  # seconds after which an event that still waits is nobody's to ingest


class Finding(msgspec.Struct, frozen=True):
    """One line of `check`: what was looked at, whether it can be used, and a sentence.

    `warnings` has what can be used and should be looked at all the same.
    """

    what: str
    ok: bool
    message: str
    warnings: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """What the store says of itself, and what it knows of former reads; nothing where it cannot be asked.

    `events` tells whether events arrive and are ingested; nothing before the first.
    """

    message: str
    facts: Mapping[str, str] = {}
    links: tuple[Link, ...] = ()
    events: Finding | None = None


async def check(
    sources: tuple[Source, ...], platform: Platform, decisions: Decisions, moment: Moment, store: Callable[[], Known]
) -> AsyncIterator[Finding]:
    """Look at each source, the mapping of what it gave, the platform, the store, and events where there are any.

    Reads are judged as a run would judge them: against what is expected, and what the last good one showed.
    """
    known, told = _known(store)
    snapshots: list[Snapshot] = []
    for source in sources:
        try:
            snapshot = with_known_keys(await beside(source.read), known.links)
        except SyncdError as error:
            yield Finding(f"directory {source.name}", False, str(error))
            continue
        snapshots.append(snapshot)
        yield _directory(snapshot, decisions, moment, known)
    if any(one.source in decisions.rules for one in snapshots):
        yield _mapping(tuple(snapshots), decisions, moment)
    yield await _platform(platform, decisions, known)
    yield told
    if known.events is not None:
        yield known.events


def _known(store: Callable[[], Known]) -> tuple[Known, Finding]:
    try:
        known = store()
    except SyncdError as error:
        return Known(""), Finding("store", False, str(error))
    return known, Finding("store", True, known.message)


def events_finding(store: Store, now: float) -> Finding | None:
    """Judge by the inbox and by the last refresh whether events arrive and are ingested; nothing before the first."""
    with store.reading() as work:
        counts, oldest, facts = work.inbox.counts(), work.inbox.oldest_pending(), work.facts.all()
        latest = work.inbox.latest(LATEST)
    if not counts and NEWEST not in facts:
        return None
    missed, age = missed_of(facts), now - oldest if oldest is not None else 0.0
    doubts = []
    if age > PATIENCE:
        doubts.append(f"the oldest waits for {age:.0f} s, so neither `syncd listen` nor `syncd serve` runs")
    if missed.last:
        doubts.append(f"{missed.last} changes at the last refresh were told by none; does the platform reach us?")
    if len(latest) == LATEST and all(one.state is EventState.STALE for one in latest):
        away = latest[0].time_stamp - latest[0].received_at
        doubts.append(f"the last {LATEST} were stale, the latest by {away:.0f} s: set the clocks right on both sides")
    text = "; ".join([f"{sum(counts.values())} in the inbox, {counts.get(EventState.PENDING, 0)} wait", *doubts])
    return Finding("events", not doubts, text)


def _directory(snapshot: Snapshot, decisions: Decisions, moment: Moment, known: Known) -> Finding:
    # Alone: what an enrich source would add is then not known, and no doubt about this one.
    desired = desire([snapshot], decisions.rules, moment, decisions.joins)
    former = former_of(snapshot.source, known.facts, known.links)
    certificate = certify(snapshot, desired, former, decisions.expectations[snapshot.source])
    rooms = "" if snapshot.rooms is None else f"{len(snapshot.rooms)} rooms, "
    counts = f"{len(snapshot.users)} people, {len(snapshot.departments)} departments, {rooms}"
    found = f"{counts}key {snapshot.key_attribute}"
    return Finding(
        f"directory {snapshot.source}",
        certificate.grade is Grade.WHOLE,
        f"{certificate.grade}: {found}{_grounds(certificate)}",
    )


def _grounds(certificate: Certificate) -> str:
    return "".join(f"; {ground}" for ground in certificate.doubts or certificate.proofs)


def _mapping(snapshots: tuple[Snapshot, ...], decisions: Decisions, moment: Moment) -> Finding:
    desired = desire(snapshots, decisions.rules, moment, decisions.joins)
    text = f"{len(desired.users)} users and {len(desired.departments)} departments mapped"
    if desired.room_sources:
        text += f", and {len(desired.rooms)} rooms"
    if desired.skipped:
        text += f", {len(desired.skipped)} findings; first: {desired.skipped[0].message}"
    for source, notes in unfilled(snapshots, decisions.rules).items():
        several = f"{source}: " if len(decisions.rules) > 1 else ""
        text += "".join(f"; {several}{note}" for note in notes)
    return Finding("mapping", bool(desired.users), text)


async def _platform(platform: Platform, decisions: Decisions, known: Known) -> Finding:
    try:
        company = await platform.company_id()
        users, departments = await platform.users(), await platform.departments()
        missing = await missing_places(platform, decisions.policy, departments)
    except SyncdError as error:
        return Finding("platform", False, str(error))
    found = f"company {company}: {len(users)} users, {len(departments)} departments"
    certificate = certify_platform(Mirror(users, departments), known.links, decisions.shrink)
    is_whole = certificate.grade is Grade.WHOLE and not missing
    doubts = "".join(f"; {doubt}" for doubt in (*certificate.doubts, *missing))
    try:
        rooms, meetings = await platform.rooms(), await platform.meetings()
    except PlatformError as error:
        unread = f"rooms and meetings cannot be read, and are not heeded: {error}"
        return Finding("platform", is_whole, f"{found}; {unread}{doubts}")
    around = f"{len(rooms)} rooms, {len(meetings)} meetings in the next 30 days"
    return Finding("platform", is_whole, f"{found}, {around}{doubts}")
