"""Ending early what only reads, once a stop is asked for."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from syncd.errors import Interrupted

Value = TypeVar("Value")


class Stop(asyncio.Event):
    """Asks a command to stop; `exit` is the exit code that belongs to the signal (DESIGN 4), `why` says why."""

    exit = 130
    why = "interrupted"


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
