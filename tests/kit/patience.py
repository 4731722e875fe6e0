"""Waiting for what comes by itself, on a loop: for as long as a busy machine may need, and no longer than it takes."""

import asyncio
from collections.abc import Callable

SECONDS = 60.0


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so; raises `TimeoutError` where it never is."""
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 - what is waited for says nothing
            await asyncio.sleep(0.01)
