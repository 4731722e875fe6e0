"""What systemd is told of a service, and how it learns that one hangs (sd_notify(3), sd_watchdog_enabled(3))."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Self


class Supervisor:
    """Tells systemd, where it wants to be told.

    The protocol is a datagram with lines of text. The library for it that is on the package index has not changed for
    years and has no wheel.
    """

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog_seconds = watchdog_seconds

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Read what systemd says in the environment; WATCHDOG_PID may say that another process is meant."""
        is_meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        seconds = int(microseconds) / 1e6 if is_meant and microseconds.isdecimal() else 0.0
        return cls(environ.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self) -> None:
        """Tell that the service does what it should."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """Tell that the configuration is being read again."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Tell that the service ends."""
        self._tell("STOPPING=1")

    async def feed(self) -> None:
        """Tell twice in each watchdog's time, for ever, that the loop on which the work is done turns."""
        while self._address and self._watchdog_seconds:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._watchdog_seconds / 2)

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        # Whether anybody listens is systemd's matter, not the service's.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.sendto(text.encode(), self._address)
