"""A pass of faces: who is ours, who has a picture, which of them are new, made fit, sent, and those that are gone.

Pictures never travel with the ordinary read and stand in no plan; a pass reads one at a time, and only where the
source does not say that it is the one that was dealt with before. Nothing is sent before every source that is used has
been read whole (I4).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from syncd.app.bindings import Bindings, check_bindings
from syncd.app.draw_up import Reads, context_of
from syncd.app.face_giving import Giving, Outcome, Tally, Trouble
from syncd.app.face_seeking import Seeking, sightings
from syncd.app.gathering import Gathered, gather, mapped
from syncd.app.leasing import RunStop, beside_the_loop
from syncd.app.ports import Pictures, Source
from syncd.app.records import APPLIED, HELD_FACES, LAST_FACES, FacesRecord, HeldPlan
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.world import World
from syncd.errors import RunInProgress, SyncdError
from syncd.mapping.desire import Moment
from syncd.mapping.joining import Joins
from syncd.mapping.normal_forms import comparable
from syncd.model.faces import Fitted
from syncd.model.objects import Kind
from syncd.plan.faces import Bearer, Ground, bearers, clearing, is_bare, is_to_be_cleared, is_to_be_looked_at
from syncd.plan.ids import recognized
from syncd.plan.json_form import to_json
from syncd.plan.values import Plan
from syncd.plan.who import Whom, meant

Observe = Callable[[int, int], None]
"""Is told how many pictures of how many have been looked at."""


class Faces(msgspec.Struct, frozen=True):
    """What a pass works with, beside the world.

    `sources` are the authorities that map a face and what enriches them, as a pass of faces reads them; `pictures` are
    the pictures of an authority's people, by its name; `fit` makes a picture fit. `keeps` says whether the pictures
    that were sent stay in the store.
    """

    sources: tuple[Source, ...]
    pictures: Mapping[str, Pictures]
    fit: Callable[[bytes], Fitted]
    keeps: bool = False


class FacesReport(msgspec.Struct, frozen=True):
    """How a pass ended; `held` has the faces that wait for a person before they are taken away."""

    record: FacesRecord
    troubles: tuple[Trouble, ...] = ()
    held: Plan | None = None

    @property
    def lasts(self) -> bool:
        """Tell whether what went wrong may be so at the next pass too: a picture that is refused is not sent again."""
        counts = self.record.counts
        is_failed = bool(counts.get(Outcome.FAILED) or counts.get(Outcome.PENDING))
        return self.held is not None or is_failed or any(not one.key for one in self.troubles)


def failed(error: SyncdError, began: float, ended: float) -> FacesReport:
    """Give the report of a pass that a fault ended; both times are in seconds since the epoch."""
    record = FacesRecord(began, ended, "failed", 4)
    return FacesReport(record, (Trouble("", "", Outcome.FAILED, "", str(error)),))


class _Scene(msgspec.Struct, frozen=True):
    """What a pass has read of both sides before it writes, and whose faces it is about.

    `faults` has a sentence for each source that could not be read, or of whose pictures nothing could be seen.
    """

    bearers: tuple[Bearer, ...]
    faults: tuple[str, ...]
    reads: Reads
    moment: Moment


async def give_faces(
    world: World, faces: Faces, stop: Stop, observe: Observe = lambda _done, _all: None, who: Sequence[str] = ()
) -> FacesReport:
    """Give everybody the face that the directory has; `who` confines it to some people, as `reconcile --only` does.

    Raises `RunInProgress` where another process does it, `SourceError` where no source can be read, `Interrupted`
    where it is stopped before its first write, `PlatformError`, `StoreError` and `ConfigurationError` as a run does.
    """
    began = world.clock()
    if why := await asyncio.to_thread(_waits, world):
        return FacesReport(FacesRecord(began, began, Outcome.HELD, 3, why=why))
    async with _alone(world, stop) as (leased, until):
        scene = await unless_stopped(until, _scene(leased, faces, who))
        new = [one for one in scene.bearers if is_to_be_looked_at(one)]
        gone = [one for one in scene.bearers if is_bare(one) and is_to_be_cleared(one, world.decisions.policy)]
        giving = Giving(leased, faces.pictures, faces.fit, keeps=faces.keeps)
        if world.decisions.read_only:
            giving.tally.count(Outcome.HELD, len(new) + len(gone))
            return await asyncio.to_thread(_ended, leased, giving.tally, scene, (began, None, until))
        try:
            absent = await giving.all(new, until, observe)
        finally:
            for one in faces.pictures.values():
                await asyncio.to_thread(one.close)
        held = await _taken_away(leased, giving, scene, [*absent, *gone], until) if not until.is_set() else None
        if not who and not until.is_set():
            await asyncio.to_thread(_note_held, leased, held)
        return await asyncio.to_thread(_ended, leased, giving.tally, scene, (began, held, until))


def _waits(world: World) -> str:
    """Say why faces wait; nothing where they do not."""
    with world.store.reading() as work:
        applied = work.facts.all().get(APPLIED, "")
    if applied != world.decisions.config_fingerprint:
        return "this configuration has not been applied yet; faces follow the first run that is not held"
    return ""


@asynccontextmanager
async def _alone(world: World, stop: Stop) -> AsyncIterator[tuple[World, RunStop]]:
    """Keep a second pass of faces out, beside whatever run there is: neither waits for the other."""
    async with beside_the_loop(world.store.giving_faces()) as lease:
        if lease is None:
            raise RunInProgress("another process gives faces just now; wait for it, or look at `syncd status`")
        yield msgspec.structs.replace(world, platform=world.platform.under(lease)), RunStop(stop, lease)


async def _scene(world: World, faces: Faces, who: Sequence[str]) -> _Scene:
    """Read who there is on both sides, and look who has a picture; pictures are only asked for later."""
    moment, decisions = world.moment(), world.decisions
    company = await world.platform.company_id()
    shown = {one.id: one.has_face for one in await world.platform.faces()}
    gathered = await gather(faces.sources, decisions.joins)
    reads, everybody = await asyncio.to_thread(_compared, world, gathered, moment, (company, shown))
    chosen = _chosen(everybody, who)
    joins = Joins(decisions.joins, gathered.snapshots)
    people = [(one.source, one.entry) for one in chosen]
    found = await sightings(people, Seeking(decisions.rules, joins, moment.today), faces.pictures)
    if found.faults and not found.seen:
        raise next(iter(found.faults.values()))
    bearers = tuple(
        msgspec.structs.replace(one, sighting=found.seen[one.identity]) for one in chosen if one.identity in found.seen
    )
    faults = [str(one) for one in (*gathered.faults.values(), *found.faults.values())]
    return _Scene(bearers, tuple(faults), reads, moment)


def _compared(
    world: World, gathered: Gathered, moment: Moment, platform: tuple[str, Mapping[str, bool]]
) -> tuple[Reads, tuple[Bearer, ...]]:
    """Give what was read, and all whose faces follow the directory; `platform` is company, and whose face it shows."""
    company, shown = platform
    with world.store.reading() as work:
        facts, links, mirror, known = work.facts.all(), work.links.all(), work.shadow.mirror(), work.faces.all()
    bindings = Bindings.of(company, world.decisions.policy, gathered.snapshots)
    check_bindings(bindings, facts)
    directory = mapped(world.decisions, gathered, moment, (facts, links))
    entries = {(one.source, entry.key): entry for one in directory.snapshots for entry in one.users}
    ground = Ground(links, mirror.users, known, shown)
    found = tuple(bearers(directory.desired, entries, ground, world.decisions.policy))
    reads = Reads(directory.snapshots, directory.desired, mirror, directory.certificates, bindings, links, facts)
    return reads, found


def _chosen(everybody: tuple[Bearer, ...], who: Sequence[str]) -> tuple[Bearer, ...]:
    """Give those whom a person named, or everybody where nobody is named."""
    if not who:
        return everybody
    people = [
        Whom(Kind.USER, one.source, one.entry.key, one.platform_id, one.entry.locator, one.account, one.name)
        for one in everybody
    ]
    wanted = {found.identity for each in who for found in meant(people, each, comparable)}
    return tuple(one for one in everybody if one.identity in wanted)


async def _taken_away(world: World, giving: Giving, scene: _Scene, going: Sequence[Bearer], stop: Stop) -> Plan | None:
    """Take away the faces that no guard holds; give the plan where it holds any."""
    if not going:
        return None
    plan, approved = await asyncio.to_thread(_clearing, world, scene, going)
    free = {one.platform_id for one in plan.operations if not one.held_by}
    used = {one.platform_id: one.id for one in plan.operations if recognized((one.id,), approved)}
    await giving.clear([one for one in going if one.platform_id in free], used, stop)
    giving.tally.count(Outcome.HELD, len(plan.operations) - len(free))
    return plan if len(free) < len(plan.operations) else None


def _clearing(world: World, scene: _Scene, going: Sequence[Bearer]) -> tuple[Plan, frozenset[str]]:
    with world.store.reading() as work:
        approved = work.approvals.valid(scene.moment.now - world.decisions.approval_life)
    linked = sum(one.kind is Kind.USER for one in scene.reads.links)
    context = context_of(world, scene.reads, scene.moment)
    return clearing(going, world.decisions.limits, approved, linked, context), approved


def _note_held(world: World, held: Plan | None) -> None:
    """Keep what waits for a person where `approve` and `status` find it, and let go of what waited before."""
    now = world.clock()
    with world.store.unit_of_work() as work:
        before, found = work.facts.all().get(HELD_FACES, ""), held.fingerprint if held else ""
        if before and before != found:
            work.held.keep_only(one.fingerprint for one in work.held.all() if one.fingerprint != before)
        if held:
            guards = tuple(sorted({name for one in held.operations for name in one.held_by}))
            work.held.hold(HeldPlan(held.fingerprint, to_json(held), now, guards))
        if before != found:
            work.facts.put({HELD_FACES: found})
        work.commit()


def _ended(world: World, tally: Tally, scene: _Scene, end: tuple[float, Plan | None, Stop]) -> FacesReport:
    """Note how the pass ended, for `status` and metrics."""
    began, held, stop = end
    troubles = (*(Trouble("", "", Outcome.FAILED, "", one) for one in scene.faults), *tally.troubles)
    outcome, code = _outcome(tally, stop, is_broken=bool(scene.faults))
    why = "platform.read_only is true, so nothing is sent" if world.decisions.read_only else ""
    record = FacesRecord(began, world.clock(), outcome, code, dict(tally.counts), why)
    with world.store.unit_of_work() as work:
        work.facts.put({LAST_FACES: msgspec.json.encode(record).decode()})
        work.commit()
    return FacesReport(record, troubles, held)


def _outcome(tally: Tally, stop: Stop, *, is_broken: bool) -> tuple[str, int]:
    """Give how a pass ended, in the words of a run, and the exit code: of several, the first of 4, 3 (DESIGN 4)."""
    if stop.is_set() and tally.counts.get(Outcome.PENDING):
        return "interrupted", stop.exit
    if is_broken or any(tally.counts.get(one) for one in (Outcome.FAILED, Outcome.REFUSED, Outcome.PENDING)):
        return "partial", 4
    return ("held", 3) if tally.counts.get(Outcome.HELD) else ("done", 0)
