"""When a PostgreSQL goes away and comes back, nothing is done twice or forgotten, and nobody has to restart."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncd.app.apply import Outcome
from syncd.app.ingest import Ingest, ingest_pending
from syncd.app.reconcile import Request
from syncd.app.records import EventState
from syncd.errors import LeaseLost, RunCut, StoreError
from syncd.model.actors import Actor
from syncd.plan.values import Plan
from syncd.shadow.store import Store, open_store
from syncd.testing.company import generated
from syncd.testing.passes import MemorySource, Passes
from syncd.testing.platform import FakePlatform
from syncd.testing.postbox import posted, receive
from tests.kit.servers.postgresql import PostgreSQL
from tests.kit.waiting import DEADLINE_SECONDS, comes

# Unlike `end_sessions` it waits until each of them is gone.
END_SESSIONS = (
    "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@pytest.fixture
def store(database: PostgreSQL) -> Iterator[Store]:
    """Yield a store on a server that may be stopped."""
    opened = open_store(database.url)
    yield opened
    opened.close()


@pytest.fixture
def passes(tmp_path: Path, store: Store) -> Iterator[Passes]:
    """Yield an installation on that store, whose plans nobody has to approve."""
    source = MemorySource()
    source.employ(generated(40, 5))
    made = Passes(tmp_path, source)
    made.store.close()
    made.store = store
    yield made
    made.passwords.close()


class Loss:
    """Lets the store be lost once so many writing calls were carried out; calls that come meanwhile end afterwards.

    The loss is over when the run has noticed it: the thread ends that sees to the run's lease.
    """

    def __init__(self, platform: FakePlatform, count: int, lose: Callable[[], object]) -> None:
        self._platform, self._count, self._lose = platform, count, lose
        self._others = set(threading.enumerate())
        self._has_begun = False
        self.is_over = threading.Event()
        self.calls = 0
        platform.after = self._after

    async def _after(self, _call: str, _object_id: str) -> None:
        if len(self._platform.calls) >= self._count and not self.is_over.is_set():
            what, self._has_begun = self._wait if self._has_begun else self._happen, True
            await asyncio.to_thread(what)

    def _happen(self) -> None:
        self._lose()
        assert comes(lambda: not any(thread.name == "lease" for thread in {*threading.enumerate()} - self._others))
        self.calls = len(self._platform.calls)
        self.is_over.set()

    def _wait(self) -> None:
        self.is_over.wait(DEADLINE_SECONDS)


async def ends_early(passes: Passes, plan: Plan) -> str:
    """Carry a plan out until the store is lost, and return what the run says; lock or journal may be lost first."""
    try:
        report = await passes.run(Request(approve=plan.fingerprint, actor=Actor("a test", 0)))
    except RunCut as cut:
        return str(cut)
    assert (report.run.outcome, report.run.exit) == ("interrupted", 130)
    return next(one.message for one in report.results if one.outcome == Outcome.PENDING)


async def nothing(_call: str, _object_id: str) -> None:
    """Do nothing."""


def test_the_first_use_after_the_return_works(database: PostgreSQL, store: Store) -> None:
    """The first use after the database's return works, and until then each use fails with one sentence."""
    for _ in range(2):
        with store.reading(), store.reading(), store.unit_of_work() as work:
            work.facts.put({"a": "1"})
            work.commit()
        database.stop()
        for use in (store.reading, store.unit_of_work, store.lock, store.leading):
            with pytest.raises(StoreError, match=r"check store\.url and that the database runs") as caught, use():
                pass
            assert "\n" not in str(caught.value)
        database.start()
        with store.reading(), store.reading() as work, store.lock():
            assert work.facts.all() == {"a": "1"}


def test_a_transaction_whose_session_was_ended_leaves_nothing(database: PostgreSQL, store: Store) -> None:
    """A transaction whose session was ended leaves nothing, and the next one works at once."""

    def write() -> None:
        with store.unit_of_work() as work:
            work.facts.put({"a": "1"})
            assert database.end_sessions() >= 1
            work.commit()

    with pytest.raises(StoreError):
        write()
    with store.unit_of_work() as work:
        assert work.facts.all() == {}
        work.facts.put({"a": "2"})
        work.commit()


@pytest.mark.parametrize("how", ["sessions", "restart", "crash"])
async def test_a_run_stops_before_its_next_call_and_the_next_run_goes_on(
    database: PostgreSQL, passes: Passes, how: str
) -> None:
    """A run that loses its database begins no further call, and the next one makes the rest and nothing twice (I6)."""
    plan = await passes.plan()
    ways: dict[str, Callable[[], object]] = {
        "sessions": lambda: database.ask(END_SESSIONS),
        "restart": database.stop,
        "crash": lambda: database.stop("immediate"),
    }
    loss = Loss(passes.platform, 15, ways[how])
    said = await ends_early(passes, plan)
    assert "\n" not in said
    assert said.endswith("the next run goes on") or "the next run goes on: store" in said
    assert loss.is_over.wait(DEADLINE_SECONDS), said
    assert len(passes.platform.calls) == loss.calls, "no further call has begun"
    if how != "sessions":
        database.start()
    report = await passes.run()
    assert report.run.outcome == "done"
    made = [one for one in passes.platform.calls if one[0].endswith("/add")]
    assert len(made) == len(set(made)) == len(plan.operations)
    assert (await passes.run()).plan.operations == ()


async def test_a_run_that_only_reads_yet_ends_without_a_word_to_the_platform(
    database: PostgreSQL, passes: Passes
) -> None:
    """A run that loses its lock while it only reads makes no call and says that nothing was written."""

    async def lose(call: str, _object_id: str) -> None:
        if call == "user/list":
            await asyncio.to_thread(database.end_sessions)
            await asyncio.sleep(10 * DEADLINE_SECONDS)

    passes.platform.before = lose
    with pytest.raises(LeaseLost, match="before its first write, so nothing was written"):
        await asyncio.wait_for(passes.run(), DEADLINE_SECONDS)
    assert passes.platform.calls == []


async def test_events_whose_ingest_lost_its_session_have_their_effect_once(database: PostgreSQL, store: Store) -> None:
    """Events whose ingest lost its session have their effect once, by the next ingest."""
    platform = FakePlatform()
    user = {"id": "U1", "name": "王", "account": "wang"}
    receive(store, [posted("check_url", None, 1000.0), posted("user_add", [user], 100.0, 2000.0)])
    ports = Ingest(platform, store, lambda: 2000.0, 60.0)

    async def lose(_call: str, _object_id: str) -> None:
        database.stop()
        platform.before = nothing

    platform.before = lose
    with pytest.raises(StoreError):
        await ingest_pending(ports)
    database.start()
    done = await ingest_pending(ports)
    assert done.states == {EventState.STALE: 1}
    assert (await ingest_pending(ports)).states == {}
