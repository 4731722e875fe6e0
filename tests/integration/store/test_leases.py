"""A lease tells who has a lock, how it was lost, and who comes next, on both databases."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from syncd.app.ports import Lease
from syncd.errors import RunInProgress
from syncd.shadow import session_lock
from syncd.shadow.locking import Lock
from syncd.shadow.schema import engine_for, upgrade
from syncd.shadow.store import Store, open_store
from tests.kit.lock_holders import end_lock_holder, lock_holder, may_lock
from tests.kit.servers.postgresql import PostgreSQL
from tests.kit.waiting import comes

LEADS = (
    "import sys; from syncd.shadow.store import open_store\n"
    "with open_store(sys.argv[1]).leading() as lease:\n  print(lease is not None, flush=True); sys.stdin.read()"
)


@pytest.fixture
def stores(store_url: str) -> Iterator[tuple[Store, Store]]:
    """Yield one store, opened twice as by two processes."""
    upgrade(store_url)
    first, second = open_store(store_url), open_store(store_url)
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def store(empty_postgresql: str) -> Iterator[Store]:
    """Yield a store on PostgreSQL."""
    upgrade(empty_postgresql)
    store = open_store(empty_postgresql)
    yield store
    store.close()


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """Stop a process for a while, as behind a network that carries nothing."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_one_leads_and_the_next_takes_over_when_it_ends(stores: tuple[Store, Store]) -> None:
    """At most one leads at any time, beside runs and ingest, and the next one may when it ends (DESIGN 6, leader)."""
    first, second = stores
    with first.leading() as lease, second.lock(), second.ingesting() as is_ours:
        assert lease is not None
        assert lease.is_held()
        assert is_ours
        with second.leading() as other, second.unit_of_work() as work:
            assert other is None
            work.shadow.alone()
    with second.leading() as lease:
        assert lease is not None


def test_the_leader_is_named(stores: tuple[Store, Store]) -> None:
    """The leader is named with host, process and time; nobody is named before and afterwards."""
    first, second = stores
    assert second.leader() is None
    with first.leading():
        leader = second.leader()
    assert leader is not None
    assert os.uname().nodename.startswith(leader.host)
    assert leader.pid == os.getpid()
    assert leader.since.startswith("20")
    assert second.leader() is None


def test_a_leader_that_was_killed_leads_no_more(store_url: str) -> None:
    """A leader that was killed is named no more, and its place is free."""
    upgrade(store_url)
    store = open_store(store_url)
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", LEADS, store_url], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"True\n"
        leader = store.leader()
        assert leader is not None
        assert leader.pid == process.pid
        process.kill()
        process.wait()
    assert comes(lambda: store.leader() is None)
    with store.leading() as lease:
        assert lease is not None
    store.close()


def test_who_looks_for_the_leader_keeps_nobody_from_leading(stores: tuple[Store, Store]) -> None:
    """Who looks for the leader keeps nobody from leading."""
    first, second = stores
    for _ in range(20):
        assert first.leader() is None
        with second.leading() as lease:
            assert lease is not None


def test_a_run_keeps_its_lease_for_longer_than_one_confirmation_counts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run keeps its lease for longer than one confirmation counts, though nobody asks for it."""
    monkeypatch.setattr(session_lock, "CONFIRM_SECONDS", 0.05)
    monkeypatch.setattr(session_lock, "HELD_SECONDS", 4.0)
    with store.lock() as lease:
        until = time.monotonic() + 5.0
        while time.monotonic() < until:
            assert lease.is_held()
            time.sleep(0.05)


def test_a_session_that_the_server_ends_is_noticed_at_once(
    empty_postgresql: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that the server ends is noticed though no confirmation is due, and another run may begin."""
    # No confirmation falls due while the test runs.
    monkeypatch.setattr(session_lock, "CONFIRM_SECONDS", 3600.0)
    monkeypatch.setattr(session_lock, "HELD_SECONDS", 7200.0)
    with store.lock() as lease:
        end_lock_holder(empty_postgresql, Lock.RUN)
        assert comes(lambda: not lease.is_held())
        with store.lock() as next_one:
            assert next_one.is_held()
            assert not lease.is_held()


def test_a_server_that_does_not_answer_ends_a_lease_before_it_frees_the_lock(
    empty_postgresql: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not answer ends the lease while it still keeps the lock."""
    monkeypatch.setattr(session_lock, "CONFIRM_SECONDS", 0.05)
    monkeypatch.setattr(session_lock, "HELD_SECONDS", 0.5)
    with frozen_lock(store, empty_postgresql) as lease:
        assert comes(lambda: not lease.is_held())


@contextmanager
def frozen_lock(store: Store, url: str) -> Iterator[Lease]:
    """Hold the lock of a run in a session whose process on the server is stopped, and yield its lease."""
    with store.lock() as lease, frozen(lock_holder(url, Lock.RUN)):
        yield lease


def test_the_server_keeps_the_lock_of_a_vanished_holder_for_longer_than_its_lease(database: PostgreSQL) -> None:
    """The server keeps the lock of a vanished holder for longer than the holder's lease lasts."""
    engine = engine_for(database.url)
    connection = session_lock.locked(engine, Lock.RUN.number, "a test")
    assert connection is not None
    with connection:
        shown = {name: connection.scalar(sa.text(f"SHOW {name}")) for name in session_lock.SESSION}
    engine.dispose()
    assert shown == session_lock.SESSION
    lease = 1000 * session_lock.HELD_SECONDS
    silence = [int(shown[f"tcp_keepalives_{name}"]) for name in ("idle", "interval", "count")]
    assert int(shown["tcp_user_timeout"]) > lease
    assert 1000 * (silence[0] + silence[1] * silence[2]) > lease
    assert session_lock.HELD_SECONDS > 2 * session_lock.CONFIRM_SECONDS


def test_a_session_that_is_not_ours_any_more_is_a_lost_lease(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that does not hold its lock any more, as behind a pooler, is a lost lease."""
    with monkeypatch.context() as patch:
        patch.setattr(session_lock, "CONFIRM_SECONDS", 0.05)
        patch.setattr(session_lock, "IS_OURS", sa.text("SELECT :lock < 0"))
        with store.lock() as lease:
            assert comes(lambda: not lease.is_held())
    assert comes(lambda: may_lock(store))
    with store.lock(), pytest.raises(RunInProgress), store.lock():
        pass
