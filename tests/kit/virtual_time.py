"""An event loop whose clock jumps to the next timer instead of waiting for it: exact, at once, under any load."""

import asyncio
import selectors


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop that starts at 0 s; for coroutines that wait for timers, for no socket and no thread."""

    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Return the seconds that have passed on this loop's clock."""
        return self._seconds

    def jump(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._seconds += seconds


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.jump(timeout or 0.0)
        return super().select(None if timeout is None else 0)
