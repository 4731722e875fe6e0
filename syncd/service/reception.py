"""The listener's side of a listener that is a process of its own: what it tells the daemon, and when it ends.

Receiving shares no interpreter with what computes, so that no pass keeps an answer waiting
(docs/decisions/0010-events.md). The daemon holds the socket, and the other end of two pipes: the listener writes lines
of counts to standard output, and stops once standard input ends, however the daemon came to its end.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from syncd.app.receiving import Observer, Receipt

ALIVE_SECONDS = 1.0  # between two lines at most, so that the daemon knows a listener that hangs
OFTEN = 0.02  # seconds between two lines: what waits for an event is told soon, and a flood is no flood of lines
LEFT_TO_THE_DAEMON = (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
Receiving = Callable[[Observer, asyncio.Event], Awaitable[None]]


class Counts:
    """Tells how many requests ended how: a JSON object a line, with what has been added since the line before."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._untold: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Tell that requests are accepted, by a line without counts."""
        self.tell()

    def add(self, receipt: Receipt) -> None:
        """Count one; to be called on the loop."""
        self._untold[receipt] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(OFTEN, self.tell)

    def tell(self) -> None:
        """Tell what has not been told; what the daemon does not take now is told later."""
        self._timer = None
        # A line that is shorter than the 4 KiB of a pipe's page is written whole or not at all (POSIX, write).
        try:
            os.write(self._descriptor, msgspec.json.encode(self._untold) + b"\n")
        except BlockingIOError:
            self._timer = asyncio.get_running_loop().call_later(1.0, self.tell)
        except OSError:  # the daemon is gone, and so will this be
            return
        else:
            self._untold.clear()


async def _live(told: Counts) -> None:
    while True:
        await asyncio.sleep(ALIVE_SECONDS)
        told.tell()


async def receive_for_daemon(receiving: Receiving, log: Observer, commands: int, counts: int) -> None:
    """Receive until `commands` (a file descriptor) ends or SIGTERM comes; tell on `counts`, and to `log`, what came.

    What was accepted until then is answered.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    told = Counts(counts)

    def tell(receipt: Receipt, sender: str, why: str) -> None:
        told.add(receipt)
        log(receipt, sender, why)

    def heard() -> None:
        if not os.read(commands, 1024):
            loop.remove_reader(commands)
            stop.set()

    loop.add_reader(commands, heard)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # A terminal sends its signals to every process in it.
    for one in LEFT_TO_THE_DAEMON:
        signal.signal(one, signal.SIG_IGN)
    task = asyncio.ensure_future(receiving(tell, stop))
    told.begin()
    alive = asyncio.create_task(_live(told))
    try:
        await task
    finally:
        alive.cancel()
        with suppress(ValueError):
            loop.remove_reader(commands)
        told.tell()
