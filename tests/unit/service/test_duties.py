"""The daemon does its duties in order, once each, and later where they fail."""

import asyncio
from collections.abc import Callable

import pytest
import structlog.testing

from syncd.app.stopping import Stop
from syncd.errors import Interrupted, LeaseLost, RunCut, RunInProgress, StoreError
from syncd.service.duties import Do, Duties, Duty, OperationsFailed, Patience
from tests.kit.waiting import DEADLINE_SECONDS, until

TURNS = 100
"""How often the loop turns until all that could be done has been done, and more; no duty here waits for a thread."""


class Doing:
    """Notes what is done, and ends each duty as it is told to."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.done: list[Duty] = []
        self.failed: list[tuple[Duty, Exception]] = []
        self.outcomes = list(outcomes)
        self.now = 1000.0
        patience = Patience(another_run=0.01, first_failure=30.0, most=100.0)
        self.duties = Duties({duty: self._do(duty) for duty in Duty}, lambda: self.now, self._fail, patience)

    def _fail(self, duty: Duty, error: Exception) -> None:
        self.failed.append((duty, error))

    def _do(self, duty: Duty) -> Do:
        async def do(_stop: Stop) -> None:
            self.done.append(duty)
            outcome = self.outcomes.pop(0) if self.outcomes else None
            if outcome is not None:
                raise outcome

        return do

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Do what is asked for until something is so."""
        stop = Stop()
        task = asyncio.create_task(self.duties.run(stop))
        await until(is_so)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        stop.set()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await task


async def test_what_is_asked_for_twice_is_done_once_and_passes_come_first() -> None:
    """A duty that is due twice is done once, and whole passes are done before other duties."""
    doing = Doing()
    for duty in (Duty.PRUNE, Duty.REFRESH, Duty.RECONCILE, Duty.REFRESH):
        doing.duties.due(duty)
    await doing.until(lambda: len(doing.done) >= 3)
    assert doing.done == [Duty.RECONCILE, Duty.REFRESH, Duty.PRUNE]


async def test_a_run_of_somebody_else_is_waited_for() -> None:
    """A pass waits for a run of another process, and that wait is no failure."""
    doing = Doing(RunInProgress("another"), RunInProgress("another"), None)
    doing.duties.due(Duty.RECONCILE)
    await doing.until(lambda: len(doing.done) == 3)
    assert doing.failed == []


@pytest.mark.parametrize("lost", [LeaseLost("before the first write"), RunCut("in the middle")])
async def test_a_run_that_lost_its_lock_is_gone_on_with_soon(lost: StoreError) -> None:
    """A run that lost its lock is repeated at once, and its failure is told."""
    doing = Doing(lost)
    doing.duties.due(Duty.RECONCILE)
    await doing.until(lambda: len(doing.done) == 2)
    assert doing.failed == [(Duty.RECONCILE, lost)]


async def test_each_failure_is_told_and_times_are_passed_over_longer_and_longer() -> None:
    """After each failure due times are passed over for twice as long, up to a limit, and each is told."""
    doing = Doing(*[StoreError("away")] * 5)
    for number, pause in enumerate([0.0, 0.0, 30.0, 60.0, 100.0, 100.0]):
        if pause:
            doing.now += pause - 1
            doing.duties.due(Duty.RECONCILE)
            await doing.until(lambda: True)
            assert len(doing.done) == number
            doing.now += 1
        doing.duties.due(Duty.RECONCILE)
        await doing.until(lambda: True)
        assert len(doing.done) == number + 1
    assert [duty for duty, _ in doing.failed] == [Duty.RECONCILE] * 5


async def test_a_run_whose_operations_fail_is_made_at_growing_distances_and_is_no_failed_duty() -> None:
    """A run whose operations fail again and again is made later and later, and its failure is told by the run alone."""
    doing = Doing(*(OperationsFailed("30 operations failed") for _ in range(20)))
    for _ in range(30):
        doing.duties.due(Duty.RECONCILE)
        done = len(doing.done)
        await doing.until(lambda: True)
        doing.now += 10
        assert len(doing.done) <= done + 1
    assert len(doing.done) == 5
    assert doing.failed == []


async def test_after_a_success_nothing_is_passed_over() -> None:
    """After a success the count of failures begins anew, and the next due time is kept."""
    doing = Doing(StoreError("away"), StoreError("away"), None, StoreError("away"))
    for number in range(4):
        doing.duties.ask(Duty.RECONCILE)
        await doing.until(lambda: True)
        assert len(doing.done) == number + 1
    doing.duties.due(Duty.RECONCILE)
    await doing.until(lambda: True)
    assert len(doing.done) == 5


async def test_a_person_does_not_wait_for_times_that_are_passed_over() -> None:
    """A duty that a person asks for, or another duty, does not wait while due times are passed over."""
    doing = Doing(StoreError("away"), StoreError("away"))
    for _ in range(2):
        doing.duties.ask(Duty.RECONCILE)
        await doing.until(lambda: True)
    doing.duties.due(Duty.RECONCILE)
    doing.duties.due(Duty.PRUNE)
    await doing.until(lambda: len(doing.done) == 3)
    assert doing.done[-1] is Duty.PRUNE
    doing.duties.ask(Duty.RECONCILE)
    await doing.until(lambda: len(doing.done) == 4)


async def test_what_nobody_foresaw_ends_no_daemon() -> None:
    """An unforeseen error is logged with its traceback, and the next duty is done."""
    doing = Doing(ZeroDivisionError("a mistake of ours"))
    doing.duties.ask(Duty.RECONCILE)
    doing.duties.ask(Duty.PRUNE)
    with structlog.testing.capture_logs() as lines:
        await doing.until(lambda: len(doing.done) == 2)
    assert [(one["action"], one["exc_info"]) for one in lines] == [("duty_failed", True)]
    assert [(duty, type(error)) for duty, error in doing.failed] == [(Duty.RECONCILE, ZeroDivisionError)]


async def test_what_a_stop_interrupts_has_not_failed() -> None:
    """A duty that a stop interrupts has not failed."""
    doing = Doing(Interrupted("stopped"))
    doing.duties.ask(Duty.RECONCILE)
    await doing.until(lambda: len(doing.done) == 1)
    assert doing.failed == []


async def test_faces_give_way_to_a_pass_and_go_on_after_it() -> None:
    """A pass of faces ends early when another duty is asked for, and goes on after it."""
    done: list[str] = []

    async def faces(stop: Stop) -> None:
        done.append("faces")
        if len(done) == 1:
            duties.ask(Duty.RECONCILE)
            assert await stop.wait()
        done.append("stopped" if stop.is_set() else "to the end")

    async def reconcile(stop: Stop) -> None:
        duties.ask(Duty.PRUNE)
        duties.ask(Duty.FACES)
        done.append("stopped" if stop.is_set() else "reconcile")

    async def prune(_stop: Stop) -> None:
        done.append("prune")

    do: dict[Duty, Do] = {Duty.FACES: faces, Duty.RECONCILE: reconcile, Duty.PRUNE: prune}
    duties, stop = Duties(do, lambda: 0.0, lambda *_: None), Stop()
    duties.ask(Duty.FACES)
    duties.ask(Duty.REFRESH)
    running = asyncio.create_task(duties.run(stop))
    await until(lambda: len(done) == 6)
    stop.set()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await running
    assert done == ["faces", "stopped", "reconcile", "prune", "faces", "to the end"]


async def test_faces_end_when_the_daemon_does() -> None:
    """A pass of faces ends when the daemon does, and is not begun again."""
    done: list[int] = []

    async def faces(mine: Stop) -> None:
        done.append(1)
        stop.exit = 143
        stop.set()
        assert await mine.wait()
        done.append(mine.exit)

    duties, stop = Duties({Duty.FACES: faces}, lambda: 0.0, lambda *_: None), Stop()
    duties.ask(Duty.FACES)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await duties.run(stop)
    assert done == [1, 143]
