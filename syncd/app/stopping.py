"""Ending early what only reads, once a stop is asked for."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal, TypeVar

from syncd.errors import Interrupted

LOOK_SECONDS = 0.2
Value = TypeVar("Value")


class Stop(asyncio.Event):
    """Asks a command to stop; `exit` is the exit code that belongs to the signal (DESIGN 4), `why` says why."""

    exit = 130
    why = "interrupted"


class FurtherStop(Stop):
    """A stop that follows another one, and is set by more than that: `is_set` looks, and says whether it is time."""

    def __init__(self, asked: Stop) -> None:
        super().__init__()
        self._asked = asked

    async def wait(self) -> Literal[True]:
        """Wait until it is time to stop."""
        while not self.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_SECONDS)
        return True


async def unless_stopped(stop: asyncio.Event, reading: Coroutine[Any, Any, Value]) -> Value:
    """Give what a reading gives; raise `Interrupted` once `stop` is set, however long an answer would have taken."""
    task = asyncio.create_task(reading)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Interrupted("interrupted before the first write; the next run goes on")
        return await task
    finally:
        for one in (task, stopped):
            one.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)


async def beside(read: Callable[[], Value]) -> Value:
    """Give what a read gives that may hang for minutes, in a thread that nobody waits for at the process's end.

    Raises what it raises. The threads of `asyncio.to_thread` are waited for, so that a server that does not answer
    would hold up SIGTERM for as long as it may take to answer.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Value] = loop.create_future()

    def settle(take: Callable[[Value], None] | Callable[[BaseException], None], outcome: Any) -> None:  # noqa: ANN401 - either
        if not found.done():
            take(outcome)

    def work() -> None:
        try:
            take, outcome = found.set_result, read()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            take, outcome = found.set_exception, error  # type: ignore[assignment]
        with suppress(RuntimeError):  # of a loop that has ended meanwhile
            loop.call_soon_threadsafe(settle, take, outcome)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="reading", daemon=True).start()
    return await found
