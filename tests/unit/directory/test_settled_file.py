"""A file that another program writes is read once it has come to rest."""

import os
import threading
import time
from pathlib import Path

import pytest

from syncd.directory.read_meter import ReadMeter
from syncd.directory.settled_file import Waiting, read_settled
from syncd.errors import SourceBroken, SourceUnreachable

QUIET = 1.0
"""Seconds in which the thread that writes beside a reader gets its turn, on a busy machine too."""


def test_a_file_at_rest_is_read_at_once(tmp_path: Path) -> None:
    """A file that was written long ago is read without waiting."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"a\n")
    os.utime(path, (0, 0))
    assert read_settled(path, ReadMeter("hr"), Waiting(quiet=1e6)) == b"a\n"


def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """A file that is being written is read as it stands in the end."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"a\n")
    later = threading.Timer(0.05, path.write_bytes, (b"a\nb\n",))
    later.start()
    assert read_settled(path, ReadMeter("hr"), Waiting(QUIET, patience=60)) == b"a\nb\n"
    later.join()


def test_a_file_that_is_replaced_meanwhile_is_read_anew(tmp_path: Path) -> None:
    """A file that is replaced while it is waited for is read anew, even with the same size and time."""
    path, other = tmp_path / "people.csv", tmp_path / "people.csv.part"
    path.write_bytes(b"old\n")
    other.write_bytes(b"new\n")
    moment = time.time_ns()
    for one in (path, other):
        os.utime(one, ns=(moment, moment))
    later = threading.Timer(0.05, other.replace, (path,))
    later.start()
    assert read_settled(path, ReadMeter("hr"), Waiting(QUIET, patience=60)) == b"new\n"
    later.join()


def test_a_file_that_never_comes_to_rest_is_a_broken_read(tmp_path: Path) -> None:
    """A file that never comes to rest is a broken read, and the error says what the export should do."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"")
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.05):
            with path.open("ab") as file:
                file.write(b"a\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(SourceBroken, match=r"people\.csv: it was still being written after 1 s; .* rename it"):
            read_settled(path, ReadMeter("hr"), Waiting(QUIET, patience=0.6))
    finally:
        ended.set()
        writer.join()


def test_a_file_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    """A file that does not exist makes the source unreachable, and the error names the file."""
    with pytest.raises(SourceUnreachable, match=r"none\.csv: the file cannot be read: No such file"):
        read_settled(tmp_path / "none.csv", ReadMeter("hr"))


def test_a_time_to_come_is_the_clock_of_another_machine(tmp_path: Path) -> None:
    """A file whose time lies in the future is waited for no longer than one of now."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"a\n")
    os.utime(path, (time.time() + 1e6,) * 2)
    assert read_settled(path, ReadMeter("hr"), Waiting(quiet=0.05, patience=0.0)) == b"a\n"
