"""Files of a source, read no further than it may give: neither a pipe nor a device nor one that grows for ever."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from syncd.directory.read_meter import ReadMeter

PORTION = 1 << 20


def opened_file(path: Path) -> BinaryIO:
    """Return a file that is open for reading; raises `OSError`, also where it is a pipe, a device or a folder."""
    # A pipe that nobody writes to would keep whoever opens it waiting.
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0)
    mode = os.fstat(file.fileno()).st_mode
    if stat.S_ISREG(mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, f"it is {'a pipe' if stat.S_ISFIFO(mode) else 'a device'}, and no file")


def read_bounded(path: Path, meter: ReadMeter) -> bytes:
    """Return the content of a file; raises what `opened_file` and the meter raise."""
    with opened_file(path) as file:
        meter.check_time()
        content = bytearray()
        while portion := file.read(min(PORTION, meter.left + 1)):
            content += portion
            meter.take(len(portion))
        return bytes(content)
