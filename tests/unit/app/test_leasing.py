"""A run whose lease is lost begins no further call and says so, and the next run goes on (DESIGN 6, leader)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import pytest

from syncd.app.leasing import RunStop, alone
from syncd.app.reconcile import Report, Request, reconcile
from syncd.app.revert import revert
from syncd.app.small_plan import heal
from syncd.app.stopping import Stop
from syncd.app.store_ports import Store, UnitOfWork
from syncd.app.world import World
from syncd.errors import AnswerLost, LeaseLost, RunCut, StoreError
from syncd.model.objects import Kind
from syncd.plan.rules import Limits
from syncd.testing.company import generated
from syncd.testing.leases import LosableLease
from syncd.testing.passes import Passes

LOST = "the lock of the run was lost; the next run goes on"


class Leased:
    """A store whose lock of a run is a lease that can be lost, and which can be away."""

    def __init__(self, store: Store, lease: LosableLease) -> None:
        self._store, self._lease = store, lease
        self.is_away = False

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Begin to write, unless the database is away."""
        if self.is_away:
            raise StoreError("store postgresql+psycopg://db/syncd: connection refused")
        with self._store.unit_of_work() as work:
            yield work

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        return getattr(self._store, name)

    @contextmanager
    def lock(self) -> Iterator[LosableLease]:
        """Keep a second run out."""
        with self._store.lock():
            yield self._lease


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation without limits whose directory has forty people."""
    passes.decide(limits=Limits(hold_configuration=False), concurrency=4)
    passes.sources[0].employ(generated(40, 5))
    return passes


@pytest.fixture
def lease() -> LosableLease:
    """Return a lease that is held."""
    return LosableLease()


def world(passes: Passes, lease: LosableLease) -> World:
    """Return what a run works with."""
    passes.now += 60
    return msgspec.structs.replace(passes.world(), store=cast(Store, Leased(passes.store, lease)))


def nothing(_: object) -> None:
    """Ignore what a run tells while it goes on."""


async def run(passes: Passes, lease: LosableLease) -> Report:
    """Make a pass."""
    return await reconcile(world(passes, lease), Request(), passes.stop, nothing)


def losing_after(passes: Passes, lease: LosableLease, count: int) -> Callable[[str, str], Awaitable[None]]:
    """Return what takes the lease away once so many calls were carried out."""

    async def lose(_call: str, _object_id: str) -> None:
        await asyncio.sleep(0)
        if len(passes.platform.calls) >= count:
            lease.lose()

    return lose


async def test_no_call_begins_after_the_loss_and_what_was_in_flight_is_recorded(
    passes: Passes, lease: LosableLease
) -> None:
    """A run that loses its lease ends as interrupted, and the next one makes the rest and nothing twice."""
    passes.platform.after = losing_after(passes, lease, 10)
    report = await run(passes, lease)
    made = len(passes.platform.calls)
    assert 10 <= made < 10 + passes.decisions.concurrency
    assert (report.run.outcome, report.run.exit) == ("interrupted", 130)
    assert report.run.counts == {"done": made, "pending": 45 - made}
    assert {one.message for one in report.results if one.outcome == "pending"} == {LOST}
    assert (await run(passes, LosableLease())).run.outcome == "done"
    assert len(passes.platform.calls) == len(set(passes.platform.calls)) == 45


async def test_the_lease_is_asked_for_before_every_call_that_writes(passes: Passes, lease: LosableLease) -> None:
    """The lease is asked for before each call that writes."""
    asked: list[int] = []

    async def note(call: str, _object_id: str) -> None:
        if call.endswith("/add"):
            asked.append(lease.asked)

    passes.platform.before = note
    await run(passes, lease)
    assert len(asked) == len(set(asked)) == 45


async def test_an_operation_of_several_calls_does_not_go_on_after_the_loss(passes: Passes, lease: LosableLease) -> None:
    """An operation of several calls does not go on once the lease is lost, and the next run completes it."""

    async def lose(call: str, _object_id: str) -> None:
        if call == "user/add" and len(passes.platform.calls) >= 10 and lease.is_held():
            lease.lose()
            raise AnswerLost("gone")

    passes.platform.after = lose
    report = await run(passes, lease)
    assert report.run.outcome == "interrupted"
    assert "user/update" not in {call for call, _ in passes.platform.calls}
    assert (await run(passes, LosableLease())).run.outcome == "done"
    assert len(passes.platform.company.state.users) == 40 + 1
    assert (await run(passes, LosableLease())).plan.operations == ()


async def test_a_loss_while_only_reading_is_an_error_before_the_first_write(
    passes: Passes, lease: LosableLease
) -> None:
    """A lease that is lost while only reading ends the run with exit code 1, and nothing was written."""

    async def lose(_call: str, _object_id: str) -> None:
        lease.lose()
        await asyncio.sleep(60)

    passes.platform.before = lose
    with pytest.raises(LeaseLost, match="before its first write, so nothing was written") as caught:
        await asyncio.wait_for(run(passes, lease), 30)
    assert caught.value.exit_code == 1
    assert passes.platform.calls == []


async def test_undoing_a_run_heeds_the_lease_too(passes: Passes, lease: LosableLease) -> None:
    """The undoing of a run begins no further call once the lease is lost, and is interrupted."""
    done = await run(passes, LosableLease())
    passes.platform.calls.clear()
    passes.platform.after = losing_after(passes, lease, 10)
    report = await revert(world(passes, lease), done.run.run, Request(), passes.stop, nothing)
    assert report.run.outcome == "interrupted"
    assert 10 <= len(passes.platform.calls) < 10 + passes.decisions.concurrency


async def test_a_small_plan_heeds_the_lease_too(passes: Passes, lease: LosableLease) -> None:
    """A small plan begins no further call once the lease is lost, and is interrupted."""
    await run(passes, LosableLease())
    passes.platform.calls.clear()
    with passes.store.reading() as work:
        users = [one for one in work.links.all() if one.kind is Kind.USER]
    for one in users:
        passes.platform.company.update_user({"id": one.platform_id, "position": "主管"})
    drifted = frozenset((one.kind, one.source, one.key) for one in users)
    passes.platform.after = losing_after(passes, lease, 10)
    report = await heal(world(passes, lease), drifted, passes.stop, nothing)
    assert report is not None
    assert report.run.outcome == "interrupted"
    assert 10 <= len(passes.platform.calls) < 10 + passes.decisions.concurrency


async def test_a_store_that_is_lost_in_the_middle_is_an_interruption(passes: Passes, lease: LosableLease) -> None:
    """A store that is lost after a write interrupts the run with exit code 130, and not all calls are made."""
    everything = world(passes, lease)

    async def lose(call: str, _object_id: str) -> None:
        if call.endswith("/add"):
            cast(Leased, everything.store).is_away = True

    passes.platform.after = lose
    with pytest.raises(RunCut, match="what was in flight may not be recorded; the next run goes on: store") as caught:
        await reconcile(everything, Request(), passes.stop, nothing)
    assert isinstance(caught.value, StoreError)
    assert caught.value.exit_code == 130
    assert len(passes.platform.calls) < 45


async def test_what_is_lost_stays_lost(lease: LosableLease) -> None:
    """A run that lost its lease stays stopped though the database answers again."""
    stop = RunStop(Stop(), lease)
    assert not stop.is_set()
    lease.lose()
    await asyncio.wait_for(stop.wait(), 10)
    lease._is_held = True  # noqa: SLF001 - what a database does that answers again
    assert stop.is_set()
    assert stop.is_lost


async def test_a_signal_is_told_from_a_loss(passes: Passes, lease: LosableLease) -> None:
    """A stop by a signal has its own exit code and words and does not count as a lost lease."""
    passes.stop.exit = 143
    async with alone(world(passes, lease), passes.stop) as (_, stop):
        passes.stop.set()
        await asyncio.wait_for(stop.wait(), 10)
        assert (stop.exit, stop.why, stop.is_lost) == (143, "interrupted", False)
