"""The daemon's side of a listener that is a process of its own: begun, watched, begun again, ended."""

import asyncio
import socket
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec
import structlog

from syncd.app.following import slept
from syncd.app.receiving import Receipt
from syncd.errors import SyncdError

START_SECONDS = 30.0
END_SECONDS = 20.0  # a body that was begun has ten, its answer two
SILENT_SECONDS = 5.0  # without a line, of which one comes every second: it is not ready
HANGING_SECONDS = 30.0  # without a line: it is ended, and begun again
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
COUNTS = msgspec.json.Decoder(dict[Receipt, int])
Tell = Callable[[Mapping[Receipt, int]], None]


class ListenerProcess:
    """One listener; `command` gives its command line for the number of the socket's file descriptor.

    `tell` is told how requests ended, `restarted` that it was begun again.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        listener: socket.socket,
        url: str,
        tell: Tell,
        restarted: Callable[[], None] = lambda: None,
    ) -> None:
        self._command, self._listener, self._tell, self._restarted = command, listener, tell, restarted
        self.url = url
        self._process: Process | None = None
        self._heard_at: float | None = None
        self._ending = asyncio.Event()

    @property
    def is_accepting(self) -> bool:
        """Tell whether it takes requests: it has said so, and anything in the last seconds."""
        return self._heard_at is not None and time.monotonic() - self._heard_at < SILENT_SECONDS

    async def begin(self) -> Process:
        """Begin it, and wait until it accepts; raises `SyncdError` where it ends before, having said why itself."""
        self._heard_at = None
        descriptor = self._listener.fileno()
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command(descriptor), stdin=PIPE, stdout=PIPE, pass_fds=(descriptor,)
        )
        if self._ending.is_set():
            _hang_up(process)
        try:
            line = await asyncio.wait_for(_told_by(process).readline(), START_SECONDS)
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if not line:
            code = await process.wait()
            raise SyncdError(f"the listener ended as it began, with exit code {code}; it says above why")
        self._heard_at = time.monotonic()
        return process

    async def watch(self) -> None:
        """Pass on what it tells until `end`; where it ends by itself it is begun again, later and later."""
        pause, process = FIRST_PAUSE, self._process
        while not self._ending.is_set():
            try:
                told = await self._told(process or await self.begin())
            except (SyncdError, TimeoutError, OSError) as error:
                structlog.get_logger().error("listener failed", action="listener_failed", why=str(error) or "no answer")
                told = False
            if self._ending.is_set():
                return
            process = self._heard_at = None
            pause = FIRST_PAUSE if told else min(pause * 2, LONGEST_PAUSE)
            self._restarted()
            structlog.get_logger().error("listener is gone", action="listener_gone", again_in=pause)
            await slept(self._ending, pause)

    async def _told(self, process: Process) -> bool:
        """Pass on lines until there are no more; tell whether there was any. A listener that hangs is killed."""
        found = False
        try:
            while line := await asyncio.wait_for(_told_by(process).readline(), HANGING_SECONDS):
                found, self._heard_at = True, time.monotonic()
                if counts := COUNTS.decode(line):
                    self._tell(counts)
        except TimeoutError:
            process.kill()
            raise
        finally:
            await process.wait()
        return found

    async def end(self) -> None:
        """Let it answer what it has accepted, and end; what does not end is killed."""
        self._ending.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        _hang_up(process)
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()


def _hang_up(process: Process) -> None:
    """Let a listener know that it is to end."""
    cast(asyncio.StreamWriter, process.stdin).close()  # it was begun with a pipe


def _told_by(process: Process) -> asyncio.StreamReader:
    return cast(asyncio.StreamReader, process.stdout)  # likewise
