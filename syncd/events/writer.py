"""One thread that makes events durable: all that have queued up stand in one transaction."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from typing import Self

import msgspec
import structlog

from syncd.app.records import Received
from syncd.app.store_ports import Store
from syncd.errors import StoreError, SyncdError

AT_ONCE = 1_000
MOST_EVENTS = 10_000
MOST_BYTES = 64 << 20


class QueueFull(SyncdError):
    """More events wait for the store than may."""


class _Waiting(msgspec.Struct):
    event: Received
    stored: asyncio.Future[None]


class Writer:
    """Stores events for one loop; entered, it writes until it is left, and then what had queued is written too."""

    def __init__(self, store: Store, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most_events, self._most_bytes = most_events, most_bytes
        self._events = self._bytes = 0
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="inbox writer")
        self._is_failing = False

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def put(self, event: Received) -> asyncio.Future[None]:
        """Queue an event; what is given is done once the event is durable, or fails with `StoreError`.

        To be called on the loop. Raises `QueueFull` at once.
        """
        size = len(event.body)
        if self._events >= self._most_events or self._bytes + size > self._most_bytes:
            raise QueueFull(f"{self._events} events with {self._bytes} bytes wait for the store")
        self._events += 1
        self._bytes += size
        waiting = _Waiting(event, self._loop.create_future())
        self._queue.put(waiting)
        return waiting.stored

    def _work(self) -> None:
        while (batch := self._batch()) is not None:
            if batch:
                fault = self._write([one.event for one in batch])
                self._loop.call_soon_threadsafe(self._settle, batch, fault)

    def _batch(self) -> list[_Waiting] | None:
        """Wait for an event, and give it with all that have queued behind it; nothing at the end."""
        taken: list[_Waiting] = []
        one = self._queue.get()
        while one is not None:
            taken.append(one)
            if len(taken) == AT_ONCE:
                return taken
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                return taken
        if not taken:
            return None
        self._queue.put(None)
        return taken

    def _write(self, events: Sequence[Received]) -> StoreError | None:
        try:
            with self._store.unit_of_work() as work:
                work.inbox.add(events)
                work.commit()
        except StoreError as error:
            fault = error
        except Exception as error:  # noqa: BLE001 - a thread that ends would leave every later event unanswered
            fault = StoreError(f"store {self._store.name}: {type(error).__name__}: {error}")
        else:
            self._recovered()
            return None
        self._failed(fault)
        return fault

    def _failed(self, fault: StoreError) -> None:
        if not self._is_failing:
            structlog.get_logger().error("events cannot be stored", action="inbox_failing", why=str(fault))
        self._is_failing = True

    def _recovered(self) -> None:
        if self._is_failing:
            structlog.get_logger().info("events are stored again", action="inbox_recovered")
        self._is_failing = False

    def _settle(self, batch: Sequence[_Waiting], fault: StoreError | None) -> None:
        for one in batch:
            self._events -= 1
            self._bytes -= len(one.event.body)
            if one.stored.done():  # whoever waited for it has given up
                continue
            if fault is None:
                one.stored.set_result(None)
            else:
                one.stored.set_exception(fault)
