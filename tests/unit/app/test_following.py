"""Events are ingested until the stop, and drift is gathered into small plans that are tried again after a fault."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from syncd.app.following import Rhythm, SmallPlans, follow, follow_and_heal
from syncd.app.ingest import Ingestion
from syncd.app.reconcile import Report
from syncd.app.records import EventState, RunRecord
from syncd.app.small_plan import Waits
from syncd.app.stopping import Stop
from syncd.errors import AnswerLost, RunInProgress, SyncdError
from syncd.model.objects import Kind
from syncd.plan.confining import Concerned
from syncd.testing.company import Company, Person
from syncd.testing.passes import Passes
from syncd.testing.plans import EVERYTHING
from syncd.testing.postbox import Postbox, posted, receive
from tests.kit.passing import ingest_of, user_ids

QUICK = Rhythm(poll=0.01, retry=0.01, gather=0.01, pause=0.01)
ANNA: Concerned = frozenset({(Kind.USER, "ldap", "a")})
BERT: Concerned = frozenset({(Kind.USER, "ldap", "b")})
REPORT = Report(RunRecord("run", 1.0), EVERYTHING, ())
Told = Ingestion | Report | SyncdError | Waits


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for says nothing
            await asyncio.sleep(0.005)


async def stopped_when(is_so: Callable[[], bool], stop: Stop, work: Awaitable[None]) -> None:
    """Run something until something is so, then stop it and wait until it ends."""
    task = asyncio.ensure_future(work)
    await until(is_so)
    stop.set()
    async with asyncio.timeout(60):
        await task


class Healing:
    """Notes what is to be healed, and does what it is told to."""

    def __init__(self, *outcomes: Report | SyncdError | None) -> None:
        self.outcomes = list(outcomes)
        self.healed: list[Concerned] = []
        self.told: list[Told] = []

    async def __call__(self, drifted: Concerned) -> Report | None:
        """Heal."""
        self.healed.append(drifted)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, SyncdError):
            raise outcome
        return outcome


def test_drift_is_gathered_for_one_plan() -> None:
    """Drift that comes within a moment is healed by one plan, and its report is told."""

    async def scene() -> Healing:
        healing, stop = Healing(REPORT), Stop()
        plans = SmallPlans(healing, healing.told.append, QUICK)
        plans.note(ANNA)
        plans.note(BERT)
        plans.note(frozenset())
        await stopped_when(lambda: bool(healing.told), stop, plans.run(stop))
        return healing

    found = asyncio.run(scene())
    assert (found.healed, found.told) == ([ANNA | BERT], [REPORT])


def test_what_cannot_be_healed_now_is_tried_again() -> None:
    """Drift is tried again until it is healed, after a run in progress and after a lost answer."""

    async def scene() -> Healing:
        healing, stop = Healing(RunInProgress("busy"), AnswerLost("lost"), REPORT), Stop()
        plans = SmallPlans(healing, healing.told.append, QUICK)
        plans.note(ANNA)
        await stopped_when(lambda: REPORT in healing.told, stop, plans.run(stop))
        return healing

    found = asyncio.run(scene())
    assert found.healed == [ANNA, ANNA, ANNA]
    assert [str(one) for one in found.told[:2]] == ["busy", "lost"]


def test_where_nothing_is_left_to_heal_nothing_is_done_again() -> None:
    """Drift of which nothing is left to heal is not tried again."""

    async def scene() -> Healing:
        healing, stop = Healing(), Stop()
        plans = SmallPlans(healing, healing.told.append, QUICK)
        plans.note(ANNA)
        running = asyncio.ensure_future(plans.run(stop))
        await until(lambda: healing.healed == [ANNA])
        plans.note(BERT)
        await until(lambda: len(healing.healed) > 1)
        stop.set()
        await running
        return healing

    assert asyncio.run(scene()).healed == [ANNA, BERT]


def test_what_comes_is_ingested_until_the_stop(passes: Passes) -> None:
    """Events are ingested until the stop, whether they are announced or not."""
    told: list[Told] = []

    async def scene() -> None:
        stop, wake = Stop(), asyncio.Event()
        following = asyncio.ensure_future(follow(ingest_of(passes), wake, stop, told.append, Rhythm(poll=0.02)))
        receive(passes.store, [posted("user_moved", [], passes.now)])
        await until(lambda: len(told) == 1)
        receive(passes.store, [posted("user_moved", [], passes.now + 1)])
        wake.set()
        await until(lambda: len(told) == 2)
        stop.set()
        async with asyncio.timeout(60):
            await following

    asyncio.run(scene())
    states = [one.states for one in told if isinstance(one, Ingestion)]
    assert states == [{EventState.DONE: 1}, {EventState.REPEATED: 1}]


def test_a_store_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    """A store that cannot be opened is told, and events are ingested once it is back."""
    folder, away = tmp_path / "store", tmp_path / "away"
    folder.mkdir()
    told: list[Told] = []

    async def scene(passes: Passes) -> None:
        stop = Stop()
        passes.store.close()
        folder.rename(away)
        following = asyncio.ensure_future(follow(ingest_of(passes), asyncio.Event(), stop, told.append, QUICK))
        await until(lambda: len(told) >= 2)
        away.rename(folder)
        receive(passes.store, [posted("user_moved", [], passes.now)])
        await until(lambda: isinstance(told[-1], Ingestion))
        stop.set()
        await following

    with closing(Passes(folder)) as passes:
        asyncio.run(scene(passes))
    assert "the file cannot be opened" in str(told[0])


def test_drift_is_healed_by_itself(passes: Passes) -> None:
    """Drift that an event tells of is written over on the platform, and the echo of that write is no drift."""
    passes.sources[0].employ(Company({}, {"a": Person("anna", "Anna", "1", "", "", "")}))
    company, told = passes.platform.company, list[Told]()

    async def scene() -> dict[str, object]:
        await passes.approved()
        box, stop, wake = Postbox(company, lambda: passes.now), Stop(), asyncio.Event()
        anna = user_ids(passes)["anna"]
        passes.now += 10
        company.update_user({"id": anna, "phone": "2"})
        receive(passes.store, box.taken())
        task = asyncio.ensure_future(follow_and_heal(passes.world(), ingest_of(passes), wake, stop, told.append))
        await until(lambda: any(isinstance(one, Report) for one in told))
        receive(passes.store, box.taken())
        wake.set()
        await until(lambda: len(told) == 3)
        stop.set()
        await task
        return company.state.users[anna]

    assert asyncio.run(scene())["phone"] == "1"
    first, report, last = told
    assert isinstance(report, Report)
    assert report.run.outcome == "done"
    assert [one.states for one in (first, last) if isinstance(one, Ingestion)] == [
        {EventState.DONE: 1},
        {EventState.ECHO: 1},
    ]
