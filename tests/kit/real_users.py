"""Processes of real users, for what the kernel says of them; numbers without a name, so that no account is needed."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

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
