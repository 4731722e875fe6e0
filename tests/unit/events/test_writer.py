"""A thread makes events durable, in a real store here."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from syncd.app.records import Received
from syncd.app.store_ports import UnitOfWork
from syncd.errors import StoreError
from syncd.events.writer import AT_ONCE, Writer
from syncd.shadow.store import Store
from tests.kit.waiting import DEADLINE_SECONDS

EVENT = Received(1.0, 1.0, "user_update", "digest", b"{}")


class Counted:
    """A store that counts its transactions, of which a first one can be held up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sizes: list[int] = []
        self.name = store.name
        self.reading, self.lock, self.ingesting = store.reading, store.lock, store.ingesting
        self.leading, self.leader, self.giving_faces = store.leading, store.leader, store.giving_faces

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Begin to write."""
        before = self.count()
        with self._store.unit_of_work() as work:
            yield work
        self.sizes.append(self.count() - before)

    def count(self) -> int:
        """Give how many events are in the inbox."""
        with self._store.reading() as work:
            return sum(work.inbox.counts().values())


@pytest.fixture
def counted(store: Store) -> Counted:
    """Return an empty store that counts its transactions."""
    return Counted(store)


async def test_all_that_have_queued_up_stand_in_one_transaction(counted: Counted) -> None:
    """Events that have queued up are written in one transaction, of at most a thousand."""
    writer = Writer(counted)
    waiting = [writer.put(EVENT) for _ in range(2 * AT_ONCE + 7)]
    async with writer:
        await asyncio.gather(*waiting)
    assert counted.sizes == [AT_ONCE, AT_ONCE, 7]


async def test_what_has_queued_is_written_before_it_ends(counted: Counted) -> None:
    """A writer that ends has written all that had queued and has told everybody who waits."""
    async with asyncio.timeout(DEADLINE_SECONDS), Writer(counted) as writer:
        waiting = [writer.put(EVENT) for _ in range(50)]
    assert counted.count() == 50
    assert all(one.done() and one.exception() is None for one in waiting)


async def test_who_has_given_up_waiting_keeps_nobody_from_being_told(counted: Counted) -> None:
    """An event whose sender has given up is written in one transaction with one whose sender waits."""
    writer = Writer(counted)
    given_up, waiting = writer.put(EVENT), writer.put(EVENT)
    given_up.cancel()
    async with writer:
        await asyncio.wait_for(waiting, DEADLINE_SECONDS)
    assert counted.sizes == [2]


async def test_a_transaction_that_fails_fails_for_all_in_it_and_the_writer_goes_on(counted: Counted) -> None:
    """A failed transaction is told to whoever waits for it, and the writer goes on with the next event."""
    broken: Any = EventLike()
    async with Writer(counted) as writer:
        for _ in range(2):
            with pytest.raises(StoreError, match=r"store sqlite:.*AttributeError"):
                await asyncio.wait_for(writer.put(broken), DEADLINE_SECONDS)
        await asyncio.wait_for(writer.put(EVENT), DEADLINE_SECONDS)
    assert counted.count() == 1


class EventLike:
    """What no store can keep."""

    body = b""
