"""The directory as it was last read, in memory: of a pass, or for a small plan."""

from collections.abc import Mapping

import msgspec

from syncd.model.desired import Desired
from syncd.model.source import Certificate, Snapshot


class Directory(msgspec.Struct, frozen=True):
    """What was read of the sources, what it makes desired, and how far to trust it.

    `at` is when, in seconds since the epoch.
    """

    snapshots: tuple[Snapshot, ...]
    desired: Desired
    certificates: Mapping[str, Certificate]
    at: float


class LastRead:
    """Keeps the latest read; what reads the directory gives it, and who needs no newer one takes it."""

    def __init__(self) -> None:
        self.directory: Directory | None = None

    def keep(self, directory: Directory) -> Directory:
        """Keep a read in place of the one before, and give it."""
        self.directory = directory
        return directory
