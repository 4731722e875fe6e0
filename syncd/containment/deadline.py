"""A time after which whoever is still talking to us is cut off, however little and however often it sends.

The time-outs of sockets begin anew with each byte, so that a byte a second goes on for ever. Libraries wait where
nobody can look at a clock; to shut the socket from beside ends that wait.
"""

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

AGAIN = 1.0  # seconds after which it is cut off once more: a library may have connected anew meanwhile


class Deadline:
    """A context manager: once the seconds are over within it, `cut` is called, and again while it goes on.

    What reads is told that the connection ended, or whatever its library makes of that: then look at `has_passed`. What
    `cut` raises is nobody's concern.
    """

    def __init__(self, seconds: float, cut: Callable[[], object]) -> None:
        self._seconds, self._cut = min(max(seconds, 0.0), threading.TIMEOUT_MAX), cut
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deadline", daemon=True)
        self.has_passed = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def _run(self) -> None:
        seconds = self._seconds
        while not self._ended.wait(seconds):
            self.has_passed, seconds = True, AGAIN
            with contextlib.suppress(Exception):
                self._cut()


class _Stream(Protocol):
    """A connection, as httpcore has it."""

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's own word
        """Return the socket."""


class Connections:
    """The connections that a client of httpx has open, to be shut where it waits too long."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[_Stream] = weakref.WeakSet()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember what was opened: the extension `trace` of each request (httpx, httpcore)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._streams.add(info["return_value"])

    def shut(self) -> None:
        """End them all; they are still to be closed."""
        for stream in list(self._streams):
            with contextlib.suppress(OSError):  # closed already
                shut(stream.get_extra_info("socket"))


def shut(opened: socket.socket) -> None:
    """End a connection that another thread may be waiting for; it is still to be closed."""
    # The method of an encrypted socket would take its state away from whoever is reading.
    socket.socket.shutdown(opened, socket.SHUT_RDWR)
