"""How much one read of a source may take: bytes and seconds in all, whatever the other side goes on sending."""

import os
import stat
import time
from pathlib import Path

import msgspec

from syncd.errors import SourceBroken, SourceUnreachable

LARGEST, LONGEST = 4 << 30, 2 * 3600.0
"""Bytes and seconds of a read unless the configuration says otherwise: a million people take half of either."""
MIB = 1 << 20


class ReadLimits(msgspec.Struct, frozen=True):
    """Bytes that a read takes at most, after they were unpacked, and the seconds within which it is whole."""

    largest: int = LARGEST
    longest: float = LONGEST


NO_LIMITS = ReadLimits()


class Budget:
    """What one read may still take."""

    def __init__(self, source: str, limits: ReadLimits) -> None:
        self._source, self._limits = source, limits
        self._left = limits.largest
        self._until = time.monotonic() + limits.longest

    def take(self, size: int) -> None:
        """Take so many bytes; raises `SourceBroken`, which names the setting, where they or the time are too much."""
        self._left -= size
        if self._left < 0:
            raise SourceBroken(
                f"source {self._source}: the read has more than {self._limits.largest // MIB} MiB, and no end yet "
                f"(source.{self._source}.largest_read); is that the right source?"
            )
        if time.monotonic() > self._until:
            raise SourceBroken(
                f"source {self._source}: the read was not whole within {self._limits.longest:.0f} s "
                f"(source.{self._source}.longest_read)"
            )


def file_content(path: Path, largest: int, what: str) -> bytes:
    """Return the content of a file of at most so many bytes; `what` names it in errors.

    A pipe or a device is not waited for. Raises `OSError`, `SourceUnreachable` where it is no file,
    `SourceBroken` where it is larger.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise SourceUnreachable(f"{path}: {what} is no file")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise SourceBroken(f"{path.name}: it has more than {largest // MIB} MiB (largest_read); is it the right file?")
    return content
