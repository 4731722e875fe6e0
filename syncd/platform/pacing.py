"""One rate for all calls of a client."""

import asyncio
from collections.abc import Callable

from syncd.platform.observing import NOBODY, Observer


class Pacing:
    """Spaces calls evenly, so many a second for all tasks together; a rate of 0 is no limit.

    `halt` makes every call wait, as Retry-After asks for. `clock` is a monotonic clock in seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float], observer: Observer = NOBODY) -> None:
        self._interval = 1 / rate if rate > 0 else 0.0
        self._clock = clock
        self._observer = observer
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until it is this call's turn."""
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine > now:
            await asyncio.sleep(mine - now)
            self._observer.waited(self._clock() - now)

    def halt(self, seconds: float) -> None:
        """Let no further call begin for so long."""
        self._next = max(self._next, self._clock() + seconds)
