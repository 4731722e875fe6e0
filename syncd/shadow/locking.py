"""The locks of a store: a file beside SQLite, a session of its own on PostgreSQL (DESIGN 6, leader)."""

import fcntl
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import sqlalchemy as sa

from syncd.app.ports import Lease
from syncd.app.records import Holder
from syncd.errors import StoreError
from syncd.shadow.lock_numbers import Number
from syncd.shadow.schema import sqlite_path
from syncd.shadow.session_lock import session_holder, session_lock

LONGEST_NAME = 63  # bytes that PostgreSQL keeps of an application's name
SHOWN = re.compile(r"syncd (?P<pid>\d+) on (?P<host>.*) since (?P<since>\S*)")


class Lock(Enum):
    """What one process at a time may do: the name beside an SQLite file, and the number of the advisory lock."""

    RUN = (".lock", Number.RUN)
    INGEST = (".ingest.lock", Number.INGEST)
    LEADER = (".leader.lock", Number.LEADER)
    FACES = (".faces.lock", Number.FACES)

    @property
    def suffix(self) -> str:
        """Give what is appended to the name of the store's file."""
        return self.value[0]

    @property
    def number(self) -> int:
        """Give the number of the advisory lock."""
        return self.value[1]


@contextmanager
def held(url: str, engine: sa.Engine, lock: Lock) -> Iterator[Lease | None]:
    """Hold a lock until the block ends, or the process does; give nothing where somebody else has it."""
    path = _file(url, lock)
    with _file_lock(path) if path else session_lock(url, engine, lock.number, _ourselves()) as lease:
        yield lease


def holder(url: str, engine: sa.Engine, lock: Lock) -> str | None:
    """Say who holds a lock, as far as it is known; nothing where nobody does."""
    path = _file(url, lock)
    return _named_in(path) if path else session_holder(url, engine, lock.number)


def as_holder(text: str) -> Holder:
    """Read what a process said of itself when it took a lock."""
    found = SHOWN.fullmatch(text)
    return Holder(found["host"], int(found["pid"]), found["since"]) if found else Holder(text, 0, "")


def _file(url: str, lock: Lock) -> Path | None:
    path = sqlite_path(url)
    return path.with_name(path.name + lock.suffix) if path else None


def _ourselves() -> str:
    """Name this process and the time, in the bytes that PostgreSQL keeps of an application's name."""
    before, after = f"syncd {os.getpid()} on ", time.strftime(" since %Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return before + socket.gethostname()[: LONGEST_NAME - len(before + after)] + after


class _FileLease:
    """A lock that the system keeps for as long as the process lives."""

    def is_held(self) -> bool:
        """Say yes: nothing can take it away."""
        return True


@contextmanager
def _file_lock(path: Path) -> Iterator[Lease | None]:
    """Hold a lock on a file beside the store; the system lets go of it however the process ends."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened: {error.strerror}; the folder of the store must be writable"
        ) from error
    try:
        is_ours = _is_taken(descriptor, fcntl.LOCK_EX)
        if is_ours:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _ourselves().encode(), 0)
        yield _FileLease() if is_ours else None
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int, kind: int) -> bool:
    """Take the lock of an open file, unless somebody else holds it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _named_in(path: Path) -> str | None:
    """Give what the holder of a file's lock wrote into it; what a dead process wrote counts no more."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        if _is_taken(descriptor, fcntl.LOCK_SH):
            return None
        return os.pread(descriptor, 200, 0).decode(errors="replace")
    finally:
        os.close(descriptor)
