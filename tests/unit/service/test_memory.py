"""The daemon gives memory back that nobody uses any more."""

import os
import platform
from pathlib import Path

import pytest

from syncd.service.memory import give_back

MEBIBYTE = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Give what this process holds of the machine's memory, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed")
def test_what_was_freed_below_something_in_use_goes_back_to_the_system() -> None:
    """Memory that was freed below something in use goes back to the system."""
    blocks = [bytes(4096) for _ in range(40_000)]
    kept = bytes(4096)
    del blocks
    before = resident()
    give_back()
    assert before - resident() > 100 * MEBIBYTE
    assert kept
