"""What runs under one configuration: a listener beside the process, and work in it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from syncd.app.first_fault import first_fault
from syncd.app.receiving import Receipt
from syncd.app.stopping import Stop
from syncd.service.listener_process import ListenerProcess, Tell

Tasks = Sequence[Coroutine[Any, Any, None]]


class Work(msgspec.Struct, frozen=True):
    """What is done in the process: tasks that end with the stop, given what says that an event came.

    `now` makes a pass at once.
    """

    tasks: Callable[[asyncio.Event, Stop], Tasks]
    now: Callable[[], None]


class Arrivals:
    """Passes on how requests ended, and wakes whoever waits for events."""

    def __init__(self, tell: Tell) -> None:
        self._pass_on = tell
        self.wake = asyncio.Event()

    def tell(self, counts: Mapping[Receipt, int]) -> None:
        """Take what the listener tells."""
        self._pass_on(counts)
        if Receipt.STORED in counts:
            self.wake.set()


class Generation:
    """One configuration at work; `held` is what it holds open, `begun` is called once the one before has ended."""

    def __init__(
        self,
        work: Work,
        listener: ListenerProcess | None,
        arrivals: Arrivals,
        held: AsyncExitStack,
        begun: Callable[[], None],
    ) -> None:
        self._work, self._listener, self._arrivals, self._held, self._begun = work, listener, arrivals, held, begun

    @property
    def now(self) -> Callable[[], None]:
        """Give what makes a pass at once."""
        return self._work.now

    async def run(self, stop: Stop) -> None:
        """Work until the stop; what was accepted is answered, and what is being written is finished."""
        self._begun()
        async with self._held:
            with first_fault():
                async with asyncio.TaskGroup() as group:
                    for one in self._work.tasks(self._arrivals.wake, stop):
                        group.create_task(one)
                    await self._receive(group, stop)

    async def _receive(self, group: asyncio.TaskGroup, stop: Stop) -> None:
        if self._listener:
            group.create_task(self._listener.watch())
        try:
            await stop.wait()
        finally:
            if self._listener:
                await self._listener.end()
