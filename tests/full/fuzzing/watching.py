"""What a payload did beside being read: unforeseen errors, files written, programs started, addresses reached."""

import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = frozenset({"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown"})
STARTS = frozenset({"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen"})
LOOPBACK = "127.0.0.1"
EVERY = 1.0
"""Seconds after which the figures are written."""


class Finding(msgspec.Struct, frozen=True):
    """An error that should not be: where it was raised, what it says, and the payload, as Python writes it."""

    place: str
    error: str
    payload: str
    trace: str = ""


class Figures(msgspec.Struct):
    """How many payloads were read, and what was found, by where it was raised."""

    payloads: int = 0
    findings: dict[str, Finding] = {}


class Watch:
    """Reads payloads and notes what they do; the figures are kept in a file that outlives the process.

    Python reports to an audit hook what a process opens, starts and reaches (PEP 578); a hook cannot be taken away, so
    that there is one watch a process.
    """

    def __init__(self, read: Callable[[bytes], None], kept: Path) -> None:
        self._read = read
        self._kept = os.open(kept, os.O_RDWR | os.O_CREAT, 0o600)
        content = os.pread(self._kept, 1 << 26, 0)
        self.figures = msgspec.json.decode(content, type=Figures) if content else Figures()
        self._done: list[str] = []
        self._is_reading = False
        self._written = 0.0
        sys.addaudithook(self._audit)

    def __call__(self, payload: bytes) -> None:
        """Read one payload."""
        self._done.clear()
        self._is_reading = True
        try:
            self._read(payload)
        except BaseException as error:  # noqa: BLE001 - what it is tells the finding
            self._is_reading = False
            last = traceback.extract_tb(error.__traceback__)[-1]
            self._note(f"{Path(last.filename).name}:{last.lineno}", error, payload)
        finally:
            self._is_reading = False
        for one in self._done:
            self._note(one, PermissionError(one), payload)
        self.figures.payloads += 1
        if time.monotonic() - self._written > EVERY:
            self.write()

    def write(self) -> None:
        """Write the figures."""
        content = msgspec.json.encode(self.figures)
        os.pwrite(self._kept, content, 0)
        os.ftruncate(self._kept, len(content))
        self._written = time.monotonic()

    def _note(self, place: str, error: BaseException, payload: bytes) -> None:
        name = f"{place} {type(error).__name__}"
        if name not in self.figures.findings:
            trace = "".join(traceback.format_exception(error))[-4000:]
            self.figures.findings[name] = Finding(name, str(error)[:200], repr(payload[:20_000]), trace)
            self.write()

    def _audit(self, event: str, given: tuple[object, ...]) -> None:
        if self._is_reading and (does := REPORTS.get(event)) and (what := does(given)):
            self._done.append(what)


def _opened(given: tuple[object, ...]) -> str:
    path, _, flags = given
    if not isinstance(path, str) or path == os.devnull:
        return ""
    return f"opened {path} to write" if isinstance(flags, int) and flags & WRITING else ""


def _reached(given: tuple[object, ...]) -> str:
    address = given[1]
    return "" if isinstance(address, tuple) and address[0] == LOOPBACK else f"reached {address}"


def _started(given: tuple[object, ...]) -> str:
    return "" if given[0] == sys.executable else f"started {given[0]!r}"


REPORTS: Mapping[str, Callable[[tuple[object, ...]], str]] = {
    "open": _opened,
    "socket.connect": _reached,
    **{name: lambda given, name=name: f"{name} {given[:2]!r}" for name in CHANGES},  # type: ignore[misc]
    **dict.fromkeys(STARTS, _started),
}
