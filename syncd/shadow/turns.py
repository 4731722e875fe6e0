"""Turns of an SQLite store's writers: whoever waits is next.

SQLite lets writers in by chance: one that is let in sleeps and asks again, for up to a tenth of a second each time, and
beside another that begins anew at once it may ask in vain for seconds. So a writer first takes a lock that it keeps
until SQLite has let it in, and nobody can begin before it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".turn.lock"
BETWEEN_LOOKS = 0.001


def waiting_at(path: Path) -> Path:
    """Give the file whose lock the next writer to a store holds."""
    return path.with_name(path.name + SUFFIX)


@contextmanager
def turn(path: Path, patience: float) -> Iterator[None]:
    """Be the next to write to the store at `path` until the block ends, which is when writing has begun.

    After `patience` seconds, or where the file of the lock cannot be made, it goes on without: SQLite then says what
    is the matter.
    """
    try:
        descriptor = os.open(waiting_at(path), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        yield
        return
    try:
        _take(descriptor, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, until: float) -> None:
    while time.monotonic() < until:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(BETWEEN_LOOKS)
