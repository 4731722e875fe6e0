"""A server of somebody else's making that lives for a moment: its own folder, ended by its process id."""

import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from syncd.errors import SyncdError

BETWEEN_LOOKS = 0.02
SERVER_PORTS = range(16_000, 32_000)


class Throwaway(ABC):
    """One server: made and started where the block begins, ended and removed where it ends.

    Whoever derives from it says what the server is made of, how it is started and where it then accepts.
    """

    start_seconds = 30.0
    ended_by = signal.SIGTERM
    has_session = False
    """Does it want a session of its own, for it signals its whole process group?"""

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder = Path(tempfile.mkdtemp(prefix=f"syncd-{name.lower()}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._make()
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _make(self) -> None:
        """Make, in its folder, what the server starts with."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Give the program with its arguments; it stays in the foreground."""

    @abstractmethod
    def _places(self) -> Sequence[tuple[str, int]]:
        """Give the addresses and ports, all of which accept once it has started."""

    def _begin(self) -> None:
        """Start for the first time."""
        self.start()

    def start(self) -> None:
        """Start the server on the same ports and data, and wait until it accepts."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a server that was found on this machine
                self._command(), stdout=log, stderr=log, start_new_session=self.has_session
            )
        end = time.monotonic() + self.start_seconds
        while time.monotonic() < end and self._process.poll() is None:
            if all(accepts(address, port) for address, port in self._places()):
                return
            time.sleep(BETWEEN_LOOKS)
        last = (self._folder / "log").read_text(errors="replace")[-500:]
        raise SyncdError(f"{self._name} did not start: {last}")

    def stop(self) -> None:
        """End the server; its data stays until `close`."""
        if self._process is not None:
            self._process.send_signal(self.ended_by)
            self._process.wait(self.start_seconds)
            self._process = None

    def close(self) -> None:
        """End the server and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def accepts(address: str, port: int) -> bool:
    """Tell whether somebody accepts connections there."""
    try:
        socket.create_connection((address, port), 0.2).close()
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on.

    No other process that asks here is given them while this one lives, so that a server may end and come back at its
    port. They lie below the ports that systems give to whoever connects.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = random.choice(SERVER_PORTS)  # noqa: S311 - no secret
        if _is_claimed(port):
            ports.append(port)
    return ports


def _is_claimed(port: int) -> bool:
    """Whether a port was claimed for as long as this process lives: nobody else has claimed it or listens there."""
    folder = Path(tempfile.gettempdir()) / f"syncd-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # Locked until the process ends, and so never closed here.
    claim = os.open(folder / str(port), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError:
        os.close(claim)
        return False
    return True
