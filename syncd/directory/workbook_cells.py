"""The cells of a sheet, read by a library in a process of its own: whatever a file does to it, ours goes on.

A file of some kilobytes can make the library ask for hundreds of gigabytes, or end its process. So the process has
bounds for memory and time, and what it gives is data alone (no code, as pickles are).
"""

import datetime as dt
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping

import msgspec

from syncd.errors import SourceBroken

MEMORY = 3 << 30  # bytes of address space; a sheet of 100,000 people takes a tenth of that
SECONDS = 600
KINDS = (dt.datetime, dt.date, dt.time, dt.timedelta)
"""Kinds of values that have no form in the answer: each is sent as its name and a text."""
READERS: Mapping[str, Callable[[str], object]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda text: dt.timedelta(seconds=float(text)),
}


class Grid(msgspec.Struct):
    """Every row from the first on, and the ranges that are merged, each as (top, left) and (bottom, right)."""

    rows: list[list[object]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]


def read_grid(content: bytes, sheet: str, name: str) -> Grid:
    """Return the cells of a sheet; raises `SourceBroken`, which begins with `name`, where they cannot be had."""
    command = [sys.executable, "-m", __name__, sheet]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SYNCD_")}  # secrets may be there
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, input=content, capture_output=True, timeout=SECONDS, check=False, env=environ
        )
    except subprocess.TimeoutExpired:
        told = f"{name}: the workbook was not read within {SECONDS // 60} minutes; is it one of people?"
        raise SourceBroken(told) from None
    if done.returncode:
        said = done.stdout.decode(errors="replace") or _how(done.returncode)
        raise SourceBroken(f"{name}: the workbook cannot be read: {said}")
    grid = msgspec.msgpack.decode(done.stdout, type=Grid)
    return Grid([[_back(value) for value in row] for row in grid.rows], grid.merged)


def _how(code: int) -> str:
    if code < 0:
        return f"what reads it was ended by {signal.Signals(-code).name}; it asks for too much, or is broken"
    return f"what reads it failed ({code}); it is broken"


def _sent(value: object) -> object:
    if isinstance(value, KINDS):
        kind = next(kind for kind in KINDS if isinstance(value, kind))
        text = str(value.total_seconds()) if isinstance(value, dt.timedelta) else value.isoformat()
        return {kind.__name__: text}
    return value


def _back(value: object) -> object:
    if not isinstance(value, dict):
        return value
    ((name, text),) = value.items()
    return READERS[name](text)


def _rows(found: Iterable[Iterable[object]]) -> list[list[object]]:
    return [[_sent(value) for value in row] for row in found]


def main() -> None:
    """Read a workbook on standard input and print the cells of the sheet that is named, else why not."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import io  # noqa: PLC0415 - the bounds hold for what is loaded too

    import python_calamine  # noqa: PLC0415 - likewise

    try:
        with python_calamine.CalamineWorkbook.from_object(io.BytesIO(sys.stdin.buffer.read())) as book:
            found = book.get_sheet_by_name(sys.argv[1])
            grid = Grid(_rows(found.to_python(skip_empty_area=False)), list(found.merged_cell_ranges or []))
    except python_calamine.CalamineError as error:
        sys.stdout.write(str(error))
        sys.exit(1)
    except BaseException:  # noqa: BLE001 - the library panics outside of Python's errors
        sys.exit(2)
    sys.stdout.buffer.write(msgspec.msgpack.encode(grid))


if __name__ == "__main__":
    main()
