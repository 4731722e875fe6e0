"""What a test expects is waited for, with a deadline that a busy machine keeps too."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.01


def wait_for(condition: Callable[[], T]) -> T:
    """Return the first value of `condition` that is true; fail after a minute, which no healthy machine needs."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {DEADLINE_SECONDS:.0f} seconds: the last value was {value!r}"
        time.sleep(PAUSE_SECONDS)
    return value


def comes(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> bool:
    """Return whether a condition holds, which is asked again and again until the deadline."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


async def until(condition: Callable[[], object]) -> None:
    """Wait on a loop until a condition holds; raises `TimeoutError` after a minute."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for says nothing
            await asyncio.sleep(PAUSE_SECONDS)
