"""Receiving events and following them, side by side in one process."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from syncd.app.first_fault import first_fault
from syncd.app.receiving import Observer, Receipt
from syncd.app.stopping import Stop

Reception = Callable[[Observer, Stop], Awaitable[None]]
"""Receives events until the stop, and tells how each request ended."""
Following = Callable[[asyncio.Event, Stop], Coroutine[Any, Any, None]]
"""Follows what was received until the stop; the event says that something was."""


async def receive_and_follow(receive: Reception, tell: Observer, following: Following, stop: Stop) -> None:
    """Receive events and follow them until the stop; `tell` is told how each request ended.

    What was accepted is answered, and what is being written is finished. Raises what ends either of them.
    """
    wake = asyncio.Event()

    def received(receipt: Receipt, sender: str, why: str) -> None:
        tell(receipt, sender, why)
        if receipt is Receipt.STORED:
            wake.set()

    async def receiving() -> None:
        try:
            await receive(received, stop)
        finally:
            stop.set()

    with first_fault():
        async with asyncio.TaskGroup() as group:
            group.create_task(receiving())
            group.create_task(following(wake, stop))
