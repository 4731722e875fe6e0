"""A small plan: linked objects that somebody changed on the platform are what the directory says again, within seconds.

It is the ordinary plan, confined to those objects; each of them is asked for before anything is written, and nothing
follows from absence (DESIGN 6, guards).
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from syncd.app.apply import Progress
from syncd.app.bindings import Bindings, check_bindings
from syncd.app.draw_up import UNFINISHED, Drawn, Reads, drawn_from, read_directory, unfinished
from syncd.app.last_read import Directory
from syncd.app.leasing import alone
from syncd.app.looking_up import Looks, look_up
from syncd.app.reconcile import Report, carried_out
from syncd.app.records import READ_AT
from syncd.app.refreshing import Subject
from syncd.app.run_ends import begun, only_read
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.store_ports import Store
from syncd.app.world import World
from syncd.errors import PlatformError
from syncd.model.desired import without_rooms
from syncd.model.events import Topic
from syncd.plan.certificate import PLATFORM, certify_platform
from syncd.plan.confining import Concerned, from_presence, only, unheld
from syncd.plan.draft import DEPARTMENT_FIELDS, USER_FIELDS
from syncd.plan.ingesting import EVENT, Known, is_same
from syncd.plan.json_form import from_json, to_json
from syncd.plan.rules import Policy
from syncd.plan.values import Plan

FRESH = 300.0  # seconds for which a read of the directory serves small plans: a large one is not read for every event
EVERY_FIELD = frozenset({*USER_FIELDS, *DEPARTMENT_FIELDS})


class Waits(msgspec.Struct, frozen=True):
    """What guards keep a small plan from writing: how many operations, and the guards' names.

    `is_held` says that a whole run has held all of it already, so that somebody was told and may approve it.
    """

    operations: int
    guards: tuple[str, ...]
    is_held: bool


Observe = Callable[[Plan | Progress | Waits], None]


async def latest_directory(world: World) -> Directory:
    """Give the directory, read anew where that was too long ago, or a run has read it since; raises `SourceError`.

    What a run has written by a later read would else be written over with what the directory said before.
    """
    read_at = await asyncio.to_thread(_read_at, world.store)
    known = world.last.directory
    if known is None or known.at < read_at or world.clock() - known.at > FRESH:
        known = await read_directory(world)
    return known


def _read_at(store: Store) -> float:
    """Give when the last run read the directory, in seconds since the epoch."""
    with store.reading() as work:
        return float(work.facts.all().get(READ_AT, "0"))


def is_enforced(policy: Policy) -> bool:
    """Tell whether any drift is written over; where all of it is only reported there is no small plan."""
    return not policy.report_drift >= EVERY_FIELD


async def heal(world: World, drifted: Concerned, stop: Stop, observe: Observe) -> Report | None:
    """Make and carry out the small plan for what has drifted; nothing where all drift is only reported.

    Raises what `bring` raises.
    """
    return await bring(world, drifted, stop, observe) if is_enforced(world.decisions.policy) else None


async def bring(world: World, concerned: Concerned, stop: Stop, observe: Observe) -> Report | None:
    """Make and carry out the small plan for these objects; return nothing where there is nothing to write.

    What a guard holds waits for the next whole run, and is told to `observe`; so does everything while an earlier run
    left something unfinished. Raises `RunInProgress`, before any write `Interrupted`, `LeaseLost`, `SourceError`,
    `PlatformError`, `StoreError` and `ConfigurationError`, and after it `RunCut`.
    """
    async with alone(world, stop) as (leased, until):
        if await asyncio.to_thread(_is_unfinished, leased.store):
            return None
        drawn, plan = await unless_stopped(until, _confirmed(leased, concerned))
        if leased.decisions.read_only:
            plan = only_read(plan)
        elif waits := await asyncio.to_thread(_waiting, leased.store, plan):
            observe(waits)
        plan = unheld(plan)
        if not plan.operations or until.is_set():
            return None
        observe(plan)
        run = begun(leased.clock(), plan)
        with leased.store.unit_of_work() as work:
            work.runs.start(run.run, run.started_at, plan.fingerprint, to_json(plan))
            work.commit()
        return await carried_out(leased, drawn, plan, run, (until, observe))


def _waiting(store: Store, plan: Plan) -> Waits | None:
    """Return what guards hold of a plan; nothing where they hold none of it."""
    held = {operation.id: operation.held_by for operation in plan.operations if operation.held_by}
    if not held:
        return None
    with store.reading() as work:
        known = {operation.id for one in work.held.all() for operation in from_json(one.plan).operations}
    guards = sorted({guard for names in held.values() for guard in names})
    return Waits(len(held), tuple(guards), held.keys() <= known)


def _is_unfinished(store: Store) -> bool:
    """Tell whether the run before has to be gone on with first: what it made may not be linked yet."""
    with store.reading() as work:
        latest = work.runs.latest(1)
    return bool(latest) and (latest[0].outcome in UNFINISHED or bool(unfinished(store).creations))


async def _confirmed(world: World, drifted: Concerned) -> tuple[Drawn, Plan]:
    """Give the plan for objects of each of which the platform has just been asked, as the platform is found to be."""
    directory = await latest_directory(world)
    asked: set[Subject] = set()
    wanted = await asyncio.to_thread(_linked, world.store, drifted)
    company = await world.platform.company_id()
    while True:
        if not await _confirm(world, wanted - asked):
            # Where rooms are kept from us they stay as they are, and people do not wait for them (I4).
            directory = msgspec.structs.replace(directory, desired=without_rooms(directory.desired))
        asked |= wanted
        drawn = await asyncio.to_thread(_drawn, world, directory, company)
        plan = only(from_presence(drawn.plan), drifted)
        wanted = {(Topic(one.kind), one.platform_id) for one in plan.operations}
        if wanted <= asked:
            return drawn, plan


def _linked(store: Store, drifted: Concerned) -> set[Subject]:
    with store.reading() as work:
        return {(Topic(one.kind), one.platform_id) for one in work.links.named(drifted)}


async def _confirm(world: World, subjects: Iterable[Subject]) -> bool:
    """Ask for objects, and let the shadow hold what is seen; tell whether rooms are shown. Raises `PlatformError`."""
    looks = await look_up(world.platform, subjects, world.clock)
    refused = [why for (topic, _), why in looks.refused.items() if topic is not Topic.ROOM]
    if looks.fault or refused:
        raise looks.fault or PlatformError(refused[0])
    await asyncio.to_thread(_learn, world.store, looks)
    return not looks.refused


def _learn(store: Store, looks: Looks) -> None:
    with store.unit_of_work() as work:
        work.shadow.alone()
        for topic in Topic:
            seen = {one: looked for (which, one), looked in looks.seen.items() if which is topic}
            known = work.shadow.known(topic, seen)
            renewed = {
                one: Known(looked.shown, looked.asked_at, EVENT) if looked.shown is not None else None
                for one, looked in seen.items()
                if not is_same(looked.shown, known[one].shown if one in known else None)
            }
            work.shadow.learn(topic, renewed)
        work.commit()


def _drawn(world: World, directory: Directory, company: str) -> Drawn:
    """Make the whole plan of what the directory said and the shadow holds."""
    with world.store.reading() as work:
        facts, links, mirror = work.facts.all(), work.links.all(), work.shadow.mirror()
    found = Bindings.of(company, world.decisions.policy, directory.snapshots)
    check_bindings(found, facts)
    graded = certify_platform(mirror, links, world.decisions.shrink)
    certificates = {**directory.certificates, PLATFORM: graded}
    reads = Reads(directory.snapshots, directory.desired, mirror, certificates, found, links, facts)
    return drawn_from(world, reads, world.moment())
