"""The daemon tells systemd how it is."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from syncd.service.supervision import Supervisor


def test_without_systemd_nothing_is_told() -> None:
    """A supervisor without systemd tells nothing and fails at nothing."""
    quiet = Supervisor.of({})
    quiet.ready()
    quiet.reloading()
    quiet.stopping()
    asyncio.run(quiet.feed())


@pytest.mark.parametrize("address", ["@{folder}", "{folder}/notify"])
def test_it_is_told_at_either_kind_of_address(tmp_path: Path, address: str) -> None:
    """Systemd is told at an address in the file system and at one in the kernel's name space."""
    named = address.format(folder=tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{named[1:]}" if named.startswith("@") else named)
        heard.settimeout(5)
        Supervisor.of({"NOTIFY_SOCKET": named}).ready()
        assert heard.recv(100) == b"READY=1"


def test_nobody_who_hears_is_no_fault(tmp_path: Path) -> None:
    """An address of systemd where nobody hears is no fault."""
    Supervisor.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_watchdog_that_means_another_process_is_not_fed(tmp_path: Path) -> None:
    """A watchdog that means another process is not fed, because the environment is inherited."""
    other = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": str(os.getpid() + 1)}
    asyncio.run(Supervisor.of(other).feed())
