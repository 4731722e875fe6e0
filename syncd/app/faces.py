"""A pass of faces: who is ours, who has a picture, which of them are new, made fit, sent, and those that are gone.

Pictures never travel with the ordinary read and stand in no plan; a pass reads one at a time, and only where the
source does not say that it is the one that was dealt with before. Nothing is sent before every source that is used has
been read whole (I4).
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from syncd.app.bindings import Bindings, check_bindings
from syncd.app.draw_up import APPLIED
from syncd.app.face_giving import Giving, Outcome, Tally, Trouble
from syncd.app.leasing import RunStop, beside_the_loop
from syncd.app.ports import Pictures
from syncd.app.records import HELD_FACES, LAST_FACES, FacesRecord, HeldPlan
from syncd.app.stopping import Stop, beside, unless_stopped
from syncd.app.world import World
from syncd.errors import RunInProgress, SourceBroken, SourceError
from syncd.mapping.desire import Moment, desire
from syncd.mapping.normal_forms import comparable
from syncd.model.faces import Fitted, Survey
from syncd.model.objects import Kind
from syncd.model.source import Snapshot
from syncd.plan.faces import Bearer, Ground, bearers, clearing, is_settled, is_to_be_cleared
from syncd.plan.json_form import to_json
from syncd.plan.make import Context
from syncd.plan.values import Plan, SourceGrade
from syncd.plan.who import Whom, meant

Observe = Callable[[int, int], None]
"""Is told how many pictures of how many have been looked at."""


class Faces(msgspec.Struct, frozen=True):
    """What a pass works with: the pictures of each source, by its name, and what makes a picture fit.

    `keeps` says whether the pictures that were sent stay in the store.
    """

    pictures: Mapping[str, Pictures]
    fit: Callable[[bytes], Fitted]
    keeps: bool = False


class FacesReport(msgspec.Struct, frozen=True):
    """How a pass ended; `held` has the faces that wait for a person before they are taken away."""

    record: FacesRecord
    troubles: tuple[Trouble, ...] = ()
    held: Plan | None = None


class _Scene(msgspec.Struct, frozen=True):
    """What a pass has read of both sides before it writes; `broken` has a sentence for each source that was not."""

    bearers: tuple[Bearer, ...]
    surveys: Mapping[str, Survey]
    broken: tuple[str, ...]
    linked: int
    company: str
    now: float


_Read = tuple[str, tuple[str, ...], Mapping[str, bool]]
"""The company, a sentence for each source that was not read, and of whom the platform shows a face."""


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
        scene = await unless_stopped(until, _scene(leased, faces))
        chosen = _chosen(scene.bearers, who)
        giving = Giving(leased, faces.pictures, faces.fit, keeps=faces.keeps)
        if world.decisions.read_only:
            waiting = [*_new(chosen, scene.surveys), *_without(leased, chosen, scene.surveys)]
            giving.tally.count(Outcome.HELD, len(waiting))
            return await asyncio.to_thread(_ended, leased, giving.tally, scene, (began, None, until))
        try:
            absent = await giving.all(_new(chosen, scene.surveys), until, observe)
        finally:
            for one in faces.pictures.values():
                await asyncio.to_thread(one.close)
        going = [*absent, *_without(leased, chosen, scene.surveys)]
        held = await _taken_away(leased, giving, scene, going, until) if not until.is_set() else None
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


async def _scene(world: World, faces: Faces) -> _Scene:
    """Read who there is on both sides; pictures are only asked for later."""
    moment = world.moment()
    company = await world.platform.company_id()
    shown = {one.id: one.has_face for one in await world.platform.faces()}
    names = tuple(faces.pictures)
    outcomes = await asyncio.gather(*(beside(faces.pictures[one].survey) for one in names), return_exceptions=True)
    surveys, broken = {}, []
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, Survey):
            surveys[name] = outcome
        elif isinstance(outcome, SourceError) and len(names) > 1:
            broken.append(str(outcome))
        else:
            raise outcome
    if not surveys:
        raise SourceBroken("no source of pictures could be read: " + "; ".join(broken))
    added = await _added(world)
    return await asyncio.to_thread(_compared, world, (surveys, added), moment, (company, tuple(broken), shown))


async def _added(world: World) -> tuple[Snapshot, ...]:
    """Read what enriches people, who may be in scope or not by it; of what cannot be read nothing is known."""
    sources = [one for one in world.sources if one.name in world.decisions.joins]
    outcomes = await asyncio.gather(*(asyncio.to_thread(one.read) for one in sources), return_exceptions=True)
    for outcome in outcomes:
        if not isinstance(outcome, Snapshot | SourceError):
            raise outcome
    return tuple(one for one in outcomes if isinstance(one, Snapshot))


def _compared(
    world: World, sources: tuple[Mapping[str, Survey], tuple[Snapshot, ...]], moment: Moment, read: _Read
) -> _Scene:
    (surveys, added), (company, broken, shown) = sources, read
    snapshots = tuple(one.snapshot for one in surveys.values())
    with world.store.reading() as work:
        ground = Ground(work.links.all(), work.shadow.mirror().users, work.faces.all(), shown)
        facts = work.facts.all()
    check_bindings(Bindings.of(company, world.decisions.policy, snapshots), facts)
    desired = desire((*snapshots, *added), world.decisions.rules, moment, world.decisions.joins)
    entries = {(one.source, entry.key): entry for one in snapshots for entry in one.users}
    found = tuple(bearers(desired, entries, ground, world.decisions.policy))
    linked = sum(one.kind is Kind.USER for one in ground.links)
    return _Scene(found, surveys, broken, linked, company, moment.now)


def _chosen(everybody: tuple[Bearer, ...], who: Sequence[str]) -> tuple[Bearer, ...]:
    """Give those whom a person named, or everybody where nobody is named."""
    if not who:
        return everybody
    people = [
        Whom(Kind.USER, one.source, one.entry.key, one.platform_id, one.entry.locator, one.account, one.name)
        for one in everybody
    ]
    wanted = {found.identity for each in who for found in meant(people, each, comparable)}
    return tuple(one for one in everybody if (one.source, one.entry.key) in wanted)


def _new(chosen: Iterable[Bearer], surveys: Mapping[str, Survey]) -> list[Bearer]:
    """Give those whose picture may be another one than was dealt with before."""
    marked = ((one, surveys[one.source].marks.get(one.entry.key)) for one in chosen)
    return [one for one, mark in marked if mark is not None and not is_settled(one, mark)]


def _without(world: World, chosen: Iterable[Bearer], surveys: Mapping[str, Survey]) -> list[Bearer]:
    """Give those who have no picture, and whose face is to go."""
    bare = (one for one in chosen if one.entry.key not in surveys[one.source].marks)
    return [one for one in bare if is_to_be_cleared(one, world.decisions.policy)]


async def _taken_away(world: World, giving: Giving, scene: _Scene, going: Sequence[Bearer], stop: Stop) -> Plan | None:
    """Take away the faces that no guard holds; give the plan where it holds any."""
    if not going:
        return None
    plan, approved = await asyncio.to_thread(_clearing, world, scene, going)
    free = {one.platform_id for one in plan.operations if not one.held_by}
    used = {one.platform_id: one.id for one in plan.operations if one.id in approved}
    await giving.clear([one for one in going if one.platform_id in free], used, stop)
    giving.tally.count(Outcome.HELD, len(plan.operations) - len(free))
    return plan if len(free) < len(plan.operations) else None


def _clearing(world: World, scene: _Scene, going: Sequence[Bearer]) -> tuple[Plan, frozenset[str]]:
    with world.store.reading() as work:
        approved = work.approvals.valid(scene.now - world.decisions.approval_life)
    context = Context(
        as_of=dt.datetime.fromtimestamp(scene.now, dt.UTC).isoformat(timespec="seconds"),
        store=world.store.name,
        company=scene.company,
        config_fingerprint=world.decisions.config_fingerprint,
        sources=tuple(_grade(name, one) for name, one in scene.surveys.items()),
        unprovable=world.decisions.unprovable,
    )
    return clearing(going, world.decisions.limits, approved, scene.linked, context), approved


def _grade(name: str, survey: Survey) -> SourceGrade:
    certificate = survey.snapshot.certificate
    return SourceGrade(name, str(certificate.grade), {"proofs": certificate.proofs, "doubts": certificate.doubts})


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
    troubles = (*(Trouble("", "", Outcome.FAILED, "", one) for one in scene.broken), *tally.troubles)
    outcome, code = _outcome(tally, stop, is_broken=bool(scene.broken))
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
