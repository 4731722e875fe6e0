"""Processes of real users, for what the kernel says of them; numbers without a name, so that no account is needed."""

import ctypes
import os
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.kit.installation.commands import Ended, command_line, is_forked, run_command

ALICE, BOB, CAROL = 20001, 20002, 20003
SERVICE = 997
"""A number below 1000, as system accounts have."""
REPOSITORY = Path(__file__).parents[2]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can begin processes of other users")

# The caller waits as itself, so that the process below has it above, as `sudo` leaves it.
CALL = """
import os, sys
called_by = int(sys.argv[1])
is_ready, ready = os.pipe()
child = os.fork()
if not child:
    os.close(ready)
    os.read(is_ready, 1)
    os.execvp(sys.argv[2], sys.argv[2:])
os.setresuid(called_by, called_by, called_by)
os.close(ready)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
READS = "+dac_read_search"  # the interpreter may be in root's home


USERS = "TEST_USERS"
"""In the environment of a command that is forked: who calls, a colon, and as whom it runs."""
KEEP_CAPABILITIES = 8  # prctl(2)
CAPABILITIES_VERSION = 0x20080522  # capset(2)
DAC_READ_SEARCH = 1 << 2


def become_called_by(called_by: int, user: int) -> None:
    """Go on as a user in a process below one of another user, which waits for it and ends as it does."""
    is_ready, ready = os.pipe()
    if child := os.fork():
        os.setresuid(called_by, called_by, called_by)
        os.close(ready)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.close(ready)
    os.read(is_ready, 1)
    os.close(is_ready)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    header = struct.pack("Ii", CAPABILITIES_VERSION, 0)
    if user and libc.capset(header, struct.pack("6I", DAC_READ_SEARCH, DAC_READ_SEARCH, 0, 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "capset")


def run_called_by(
    called_by: int, user: int, arguments: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None
) -> Ended:
    """Run `syncd ARGUMENTS` as `as_called_by` does, forked where it may be."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("SYNCD_")} | dict(environ or {})
    if is_forked(known):
        return run_command(arguments, folder, {**known, USERS: f"{called_by}:{user}"})
    done = as_called_by(called_by, user, command_line(*arguments), folder, environ)
    return Ended(done.returncode, done.stdout, done.stderr)


def becoming(user: int) -> list[str]:
    """Return what begins a command as another user, who may read everything and write only what is theirs."""
    return [
        "setpriv",
        f"--reuid={user}",
        f"--regid={user}",
        "--clear-groups",
        f"--inh-caps={READS}",
        f"--ambient-caps={READS}",
        "--",
    ]


def as_called_by(
    called_by: int,
    user: int,
    command: Sequence[str],
    folder: Path = Path("/"),
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command as a user, called by another one, as by `sudo -u`; needs root."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("SYNCD_")}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", CALL, str(called_by), *becoming(user), *command],
        cwd=folder,
        env={**known, "PYTHONPATH": os.pathsep.join((str(REPOSITORY), known.get("PYTHONPATH", ""))), **(environ or {})},
        capture_output=True,
        check=False,
    )
