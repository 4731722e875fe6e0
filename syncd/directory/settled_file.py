"""Files that another program writes: read once nobody is writing them any more."""

import time
from pathlib import Path

import msgspec

from syncd.directory.bounded_file import read_bounded
from syncd.directory.read_meter import ReadMeter
from syncd.errors import SourceBroken, SourceUnreachable


class Waiting(msgspec.Struct, frozen=True):
    """How long a file must have been left alone, and how long that is waited for; both in seconds."""

    quiet: float = 2.0
    patience: float = 10.0


WAITING = Waiting()


class _Mark(msgspec.Struct, frozen=True):
    """What differs between two looks at a file if anybody wrote or replaced it in between."""

    inode: int
    size: int
    changed: int


def read_settled(path: Path, meter: ReadMeter, waiting: Waiting = WAITING) -> bytes:
    """Give the content of a file that was the same before and after it was read.

    A file that changed only just now is looked at again when it has been quiet for a while. Raises
    `SourceUnreachable` where it cannot be read, `SourceBroken` where it does not come to rest or has more than the
    meter allows.
    """
    until = time.monotonic() + waiting.patience
    try:
        while True:
            before = _mark(path)
            time.sleep(_rest(before, waiting.quiet))
            content = read_bounded(path, meter)
            if before == _mark(path) and len(content) == before.size:
                return content
            if time.monotonic() >= until:
                break
    except OSError as error:
        raise SourceUnreachable(f"{path}: the file cannot be read: {error.strerror}") from error
    raise SourceBroken(
        f"{path.name}: it was still being written after {waiting.patience:.0f} s; "
        "let the export write another name, and rename it when it is whole"
    )


def _mark(path: Path) -> _Mark:
    found = path.stat()
    return _Mark(found.st_ino, found.st_size, found.st_mtime_ns)


def _rest(mark: _Mark, quiet: float) -> float:
    """Give the seconds to wait; a time to come is another machine's clock, and is taken for now."""
    age = max(0.0, time.time() - mark.changed / 1e9)
    return max(0.0, quiet - age)
