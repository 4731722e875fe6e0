"""Read, prove, map, refresh, compare, guard: from the two sides to a plan, without a writing call (I10)."""

import asyncio
import datetime as dt
import math
from collections.abc import Mapping
from itertools import chain

import msgspec

from syncd.app.bindings import Bindings, check_bindings
from syncd.app.completing_lists import completed, shadow_of, shortness
from syncd.app.configuring import APPROVER, OTHER
from syncd.app.confirming_absence import Objects, ask_again, touched_for_absence, with_present
from syncd.app.first_fault import first_fault
from syncd.app.gathering import COUNTS, Gathered, gather, mapped
from syncd.app.last_read import Directory
from syncd.app.ledger import remembered_generations
from syncd.app.named_places import check_places
from syncd.app.records import APPLIED, APPLIED_SCOPE
from syncd.app.refreshing import refresh
from syncd.app.store_ports import Store
from syncd.app.surroundings import surroundings
from syncd.app.world import Decisions, World
from syncd.errors import SourceError
from syncd.mapping.desire import Moment
from syncd.mapping.normal_forms import comparable
from syncd.model.desired import Desired, without_rooms
from syncd.model.links import Link
from syncd.model.objects import Kind, Mirror
from syncd.model.source import Certificate, Grade, Snapshot
from syncd.plan.adoption import protecting
from syncd.plan.certificate import PLATFORM, certify_platform, count
from syncd.plan.configuration import changed, is_rescoped
from syncd.plan.confining import only
from syncd.plan.guards import GROUPS
from syncd.plan.json_form import from_json
from syncd.plan.letter_case import as_listed
from syncd.plan.make import Context, make_plan
from syncd.plan.recovery import Unfinished, recover
from syncd.plan.rules import History, Undone
from syncd.plan.situation import Situation, survey
from syncd.plan.values import Action, Guard, Plan, SourceGrade
from syncd.plan.who import everybody, whom

COMPLETED = "completed_once"
LIMITED_SINCE = "creations_limited_since"
UNIQUE_NAMES = "platform.unique_names"
UNDONE = "reverted"
UNFINISHED = frozenset({"", "interrupted"})


class Reads(msgspec.Struct, frozen=True):
    """What was read of both sides, and how far it is to be trusted.

    `recased` has the links whose ids the platform lists in another letter case than the store has. `notes` is what
    people should know of the platform's lists; it holds nothing.
    """

    snapshots: tuple[Snapshot, ...]
    desired: Desired
    mirror: Mirror
    certificates: Mapping[str, Certificate]
    bindings: Bindings
    links: tuple[Link, ...]
    facts: Mapping[str, str]
    recased: tuple[Link, ...] = ()
    notes: tuple[Guard, ...] = ()

    @property
    def blocked(self) -> frozenset[str]:
        """Give the broken sources, of which absence proves nothing."""
        return frozenset(name for name, one in self.certificates.items() if one.grade is Grade.BROKEN)

    def counts(self) -> dict[str, str]:
        """Give what each read showed, as facts for the next one to be compared with.

        Beside a broken source it is not all that there is, so the former ones stay.
        """
        if self.blocked:
            return {}
        return {COUNTS + one.source: msgspec.json.encode(count(one, self.desired)).decode() for one in self.snapshots}


class Drawn(msgspec.Struct, frozen=True):
    """A plan, and what it was made from."""

    plan: Plan
    situation: Situation
    reads: Reads
    moment: Moment


async def draw_up(world: World) -> Drawn:
    """Read both sides and make the plan; the only thing written is the shadow's own refresh (I10).

    What computes does so in a thread, so that a daemon's loop goes on turning.
    Raises `SourceError` where no authority can be read, `PlatformError` where the platform cannot, and
    `ConfigurationError` where the store belongs to another company, owner or directory, or a department that the
    configuration names is not there.
    """
    moment = world.moment()
    with world.store.reading() as work:
        facts, links = work.facts.all(), work.links.all()
    gathered, (mirror, gaps), company = await _read_both(world)
    found = Bindings.of(company, world.decisions.policy, gathered.snapshots)
    check_bindings(found, facts)
    await check_places(world.platform, world.decisions.policy, mirror.departments)
    stored, links = links, await asyncio.to_thread(as_listed, links, mirror)
    listed, (mirror, unreadable) = (
        mirror,
        await completed(world.platform, mirror, links, world.clock, shadow_of(world.store)),
    )
    notes = shortness(listed, mirror, unreadable)
    directory = world.last.keep(await asyncio.to_thread(mapped, world.decisions, gathered, moment, (facts, links)))
    graded = certify_platform(mirror, links, world.decisions.shrink, gaps)
    are_read = mirror.rooms_are_read
    mirror = await asyncio.to_thread(refresh, world.store, mirror, moment.now, links)
    certificates = {**directory.certificates, PLATFORM: graded}
    # I4: what is not read is not written, and rooms are no reason to leave people as they are.
    desired = directory.desired if are_read else without_rooms(directory.desired)
    recased = tuple(one for one, before in zip(links, stored, strict=True) if one is not before)
    reads = Reads(directory.snapshots, desired, mirror, certificates, found, links, facts, recased, notes)
    return await _with_absence_confirmed(world, await asyncio.to_thread(drawn_from, world, reads, moment))


async def _with_absence_confirmed(world: World, drawn: Drawn) -> Drawn:
    """Return the plan in which everybody is absent of whom their source says so twice.

    A source that cannot be asked again was not read whole (I4). Raises `SourceError` where it is the only authority.
    """
    asked: Objects = frozenset()
    while absent := touched_for_absence(drawn.plan, drawn.reads.desired) - asked:
        asked |= absent
        again = await ask_again(world.sources, absent)
        if not again.present and not again.faults:
            break
        reads = msgspec.structs.replace(
            drawn.reads,
            desired=with_present(drawn.reads.desired, again.present),
            certificates={**drawn.reads.certificates, **_broken(world, drawn.reads, again.faults)},
        )
        drawn = await asyncio.to_thread(drawn_from, world, reads, drawn.moment)
    return drawn


def _broken(world: World, reads: Reads, faults: Mapping[str, SourceError]) -> dict[str, Certificate]:
    """Return the certificates of sources that could not be asked again; raise where no authority is left."""
    authorities = {snapshot.source for snapshot in reads.snapshots if snapshot.source not in world.decisions.joins}
    if faults and authorities - reads.blocked <= faults.keys():
        raise next(iter(faults.values()))
    return {name: Certificate(Grade.BROKEN, (), (str(fault),)) for name, fault in faults.items()}


async def read_directory(world: World) -> Directory:
    """Read and map the sources alone, and keep that; raises `SourceError` where no authority can be read."""
    moment = world.moment()
    with world.store.reading() as work:
        known = work.facts.all(), work.links.all()
    gathered = await gather(world.sources, world.decisions.joins)
    return world.last.keep(await asyncio.to_thread(mapped, world.decisions, gathered, moment, known))


def drawn_from(world: World, reads: Reads, moment: Moment, passed: frozenset[str] = frozenset()) -> Drawn:
    """Make the plan of what was read, with the approvals that the store has now.

    `passed` has the ids of further operations that pass every guard, for they did so earlier in the same run.
    """
    decisions = world.decisions
    generations = remembered_generations(reads.facts)
    found = survey(reads.desired, reads.mirror, reads.links, decisions.policy, moment.now, generations)
    applied = msgspec.json.decode(reads.facts.get(APPLIED_SCOPE, "{}"), type=dict[str, str])
    found = msgspec.structs.replace(found, is_rescoped=is_rescoped(applied, decisions.scope))
    situation = protecting(recover(found, unfinished(world.store)), comparable)
    context = context_of(world, reads, moment)
    names = {one.id: one.fields.name for one in reads.mirror.departments}
    history = history_of(world, reads.facts, moment.now, changed(applied, decisions.scope, names) if applied else ())
    history = msgspec.structs.replace(history, approved=history.approved | passed)
    # Whoever loosens the rule changes the configuration too.
    is_bound = decisions.limits.hold_configuration or applied.get(APPROVER) == OTHER
    limits = msgspec.structs.replace(decisions.limits, hold_configuration=is_bound)
    plan = make_plan(situation, limits, history, context, comparable)
    plan = msgspec.structs.replace(plan, guards=(*plan.guards, *reads.notes)) if reads.notes else plan
    return Drawn(plan, situation, reads, moment)


def context_of(world: World, reads: Reads, moment: Moment) -> Context:
    """Give what a plan says of itself and of the reads it rests on."""
    return Context(
        as_of=dt.datetime.fromtimestamp(moment.now, dt.UTC).isoformat(timespec="seconds"),
        store=world.store.name,
        company=reads.bindings.company,
        config_fingerprint=world.decisions.config_fingerprint,
        sources=tuple(
            SourceGrade(name, str(one.grade), {"proofs": one.proofs, "doubts": one.doubts})
            for name, one in reads.certificates.items()
            if name != PLATFORM or one.doubts
        ),
        blocked=reads.blocked,
        unprovable=world.decisions.unprovable,
        unprovable_fields=_unprovable_fields(world.decisions),
        unique_names=reads.facts.get(UNIQUE_NAMES) == "true",
    )


def _unprovable_fields(decisions: Decisions) -> frozenset[tuple[str, str]]:
    """Give the fields that are made of sources that can never prove themselves whole, with the authority.

    A field of rooms is named `room.FIELD`.
    """
    return frozenset(
        (name, field)
        for name, rules in decisions.rules.items()
        for field, joined in chain(
            rules.user_joins().items(), ((f"{Kind.ROOM}.{one}", read) for one, read in rules.room_joins().items())
        )
        if any(source in decisions.unprovable for source, _ in joined)
    )


def concerning(drawn: Drawn, who: tuple[str, ...]) -> Plan:
    """Give the part of the plan that concerns these people or departments; raises `NobodyMeant`."""
    people = everybody(drawn.situation, drawn.reads.snapshots)
    found = [whom(people, each, comparable) for each in who]
    return only(drawn.plan, frozenset((each.kind, *each.identity) for each in found))


async def _read_both(world: World) -> tuple[Gathered, tuple[Mirror, tuple[str, ...]], str]:
    """Read both sides at the same time; the first fault ends the other side's calls too."""
    with first_fault():
        async with asyncio.TaskGroup() as group:
            sources = group.create_task(gather(world.sources, world.decisions.joins))
            platform = group.create_task(read_platform(world))
    shown, company = platform.result()
    return sources.result(), shown, company


async def read_platform(world: World) -> tuple[tuple[Mirror, tuple[str, ...]], str]:
    """Give what the platform shows, what of it could not be read, and the company's id."""
    company = await world.platform.company_id()
    users, departments, around = await asyncio.gather(
        world.platform.users(), world.platform.departments(), surroundings(world.platform, world.store)
    )
    return (Mirror(users, departments, around.rooms, around.meetings, around.rooms_are_read), around.gaps), company


def unfinished(store: Store) -> Unfinished:
    """Give what the latest run meant to make and has no outcome for, or only the one that its answer was lost.

    What the platform refused, and what waited for that, is not there.
    """
    with store.reading() as work:
        latest = work.runs.latest(1)
        found = work.runs.get(latest[0].run) if latest and latest[0].outcome != "done" else None
        journal = work.runs.results(latest[0].run) if found else {}
    if found is None:
        return Unfinished()
    plan = from_json(found[1])
    settled = {operation_id for operation_id, line in journal.items() if _is_settled(line)}
    return Unfinished(
        creations=frozenset(
            (one.kind, one.source, one.key)
            for one in plan.operations
            if one.action is Action.CREATE and not one.held_by and one.id not in settled
        ),
        strangers=frozenset(one.platform_id for one in plan.unmanaged),
    )


def _is_settled(line: Mapping[str, object]) -> bool:
    """Tell whether an outcome says for certain what became of an operation; without a code it is an answer lost."""
    return line["outcome"] in ("done", "skipped") or bool(line["outcome"] == "failed" and line["code"])


def history_of(world: World, facts: Mapping[str, str], now: float, changes: tuple[str, ...]) -> History:
    """Give what former runs mean for the guards.

    An interrupted run's own operations do not count against its rest, nor creations from before they were limited.
    """
    since = now - world.decisions.window
    limited_since = math.nextafter(float(facts.get(LIMITED_SINCE, 0.0)), math.inf)
    with world.store.reading() as work:
        latest = work.runs.latest(1)
        interrupted = latest[0].run if latest and latest[0].outcome in UNFINISHED else ""
        counted = work.runs.carried_out_since(since, interrupted)
        if limited_since > since:
            later = work.runs.carried_out_since(limited_since, interrupted)
            counted |= {(kind, Action.CREATE): later.get((kind, Action.CREATE), 0) for kind in Kind}
        approved = work.approvals.valid(now - world.decisions.approval_life)
    recent: dict[tuple[Kind, str], int] = {}
    for (kind, action), number in counted.items():
        if (group := GROUPS.get(action)) is not None:  # type: ignore[call-overload]
            recent[kind, group] = recent.get((kind, group), 0) + number
    completed = facts.get(COMPLETED) == "true"
    return History(recent, approved, facts.get(APPLIED, ""), completed, changes, undone_before(facts))


def undone_before(facts: Mapping[str, str]) -> tuple[Undone, ...]:
    """Give what `revert` undid and nobody has let be done again."""
    return msgspec.json.decode(facts.get(UNDONE, "[]"), type=tuple[Undone, ...])
