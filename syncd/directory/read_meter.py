"""How much a read of a source may give, and for how long: one way for every kind of source."""

import time
from collections.abc import Callable

import msgspec

from syncd.config.values import shown_size
from syncd.errors import SourceBroken

OVERHEAD = 1024
"""Bytes that an entry takes beside its values: many small ones need more memory than few large ones."""


class ReadLimits(msgspec.Struct, frozen=True):
    """The bytes that one read of a source may have, each entry with `OVERHEAD` more, and its seconds.

    A company of a million people stays far below both.
    """

    largest_read: int = 4 << 30
    longest_read: float = 4 * 3600.0


READ_LIMITS = ReadLimits()


class ReadMeter:
    """Counts one read, from when it is made; raises `SourceBroken` that names the source, the limit and the setting."""

    def __init__(
        self, source: str, limits: ReadLimits = READ_LIMITS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source, self._limits, self._clock = source, limits, clock
        self._until = clock() + limits.longest_read
        self._left = limits.largest_read

    @property
    def left(self) -> int:
        """Return how many bytes may still come."""
        return max(self._left, 0)

    @property
    def seconds_left(self) -> float:
        """Return for how many seconds the read may still last."""
        return max(self._until - self._clock(), 0.0)

    def take(self, size: int) -> None:
        """Count bytes that have come; raises `SourceBroken` where they are too many, or come too late."""
        self._left -= size
        if self._left < 0:
            raise SourceBroken(
                f"source {self._source}: the read was broken off: it has more than "
                f"{shown_size(self._limits.largest_read)}; is it a list without end? Else raise "
                f"source.{self._source}.largest_read"
            )
        self.check_time()

    def check_time(self) -> None:
        """Raise `SourceBroken` where the time is over."""
        if self._clock() >= self._until:
            raise self.too_late()

    def too_late(self) -> SourceBroken:
        """Return the error of a read that takes too long."""
        return SourceBroken(
            f"source {self._source}: the read was broken off: it was not whole after "
            f"{self._limits.longest_read:g} s; is it a list without end? Else raise source.{self._source}.longest_read"
        )
