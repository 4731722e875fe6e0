"""The main job, shown on a sandbox and a throwaway directory: every step is the command that a user would type."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from ldap3 import Connection

from syncd.cli.session import note, print_text
from syncd.errors import SyncdError
from syncd.plan.json_form import from_json
from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.testing.sample import SUFFIX, Day, sample_ldif
from syncd.testing.slapd import Slapd, find_slapd

HEAD, TAIL = 10, 6
CONFIGURATION = """{source}
base = "ou=people,{suffix}"

[source.company.users]
filter = "(objectClass=inetOrgPerson)"

[source.company.departments]
filter = "(objectClass=organizationalUnit)"

[platform]
url = "{platform}"
appkey = "sandbox"
appsecret = "sandbox-secret"
rate = 40

[policy]
remove_after = "0d"
"""


class Directory(Protocol):
    """Where the demo's people stand."""

    source: str

    def change(self, day: Day) -> None:
        """Let a day pass."""


class _Server:
    """A throwaway slapd."""

    def __init__(self, url: str, connection: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connection = connection
        self.source = f'[source.company]\ntype = "ldap"\nurls = ["{url}"]'

    def change(self, day: Day) -> None:
        with self._connection() as connection:
            day.on_server(connection)


class _File:
    """The same company in an LDIF file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_bytes(sample_ldif())
        self.source = f'[source.company]\ntype = "ldif"\npath = "{path.name}"'

    def change(self, day: Day) -> None:
        day.in_file(self._path, sample_ldif())


def show_demo(folder: Path | None, *, ldif: bool) -> None:
    """Show the main job, in a folder that is left for a look, or in one that is removed afterwards."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        _show(folder, ldif=ldif)
        return
    with tempfile.TemporaryDirectory(prefix="syncd-demo-") as name:
        _show(Path(name), ldif=ldif)


def _show(folder: Path, *, ldif: bool) -> None:
    if (folder / "syncd.toml").exists():
        raise SyncdError(f"{folder} holds a demo already; name another folder")
    sandbox = _sandbox(folder)
    with running(sandbox) as url, _directory(folder, ldif=ldif) as directory:
        (folder / "syncd.toml").write_text(
            CONFIGURATION.format(source=directory.source, suffix=SUFFIX, platform=url), encoding="utf-8"
        )
        _first_sync(folder)
        _a_day(folder, directory)
    _title("What to try next")
    print_text(_NEXT)


def _first_sync(folder: Path) -> None:
    _title("1. Is everything there?")
    _run(folder, "check")
    _title("2. What would happen? The first plan of a store is always held.")
    _run(folder, "plan", "--out", "plan.json", shortened=True)
    _run(folder, "reconcile", expected=3, shortened=True)
    _title("3. A person looks at it, approves exactly this plan, and it is carried out.")
    fingerprint = from_json((folder / "plan.json").read_bytes()).fingerprint
    _run(folder, "approve", fingerprint, "--reason", "first sync, looked at")
    _run(folder, "reconcile", shortened=True)
    _title("4. The second plan is empty.")
    _run(folder, "plan")


def _a_day(folder: Path, directory: Directory) -> None:
    day = Day(sample_ldif())
    _title("5. A day passes: " + "; ".join(day.sentences()) + ".")
    directory.change(day)
    _run(folder, "plan")
    _run(folder, "reconcile", shortened=True)
    _run(folder, "plan")
    _run(folder, "history")


@contextmanager
def _directory(folder: Path, *, ldif: bool) -> Iterator[Directory]:
    if ldif or find_slapd() is None:
        reason = "as asked for" if ldif else "slapd is not on this machine (apt-get install slapd)"
        note(f"directory: the sample company from an LDIF file, {reason}")
        yield _File(folder / "company.ldif")
        return
    note("directory: the sample company in a throwaway slapd")
    with Slapd(sample_ldif()) as server:
        yield _Server(server.url, server.connection)


def _sandbox(folder: Path) -> Sandbox:
    """Make a platform on which somebody typed a few things by hand; they stay as they are."""
    sandbox = Sandbox(state_file=folder / "platform.json")
    typed = sandbox.company.add_department({"name": "访客 Visitors"})
    sandbox.company.add_user({"name": "前台 Reception", "account": "reception", "departmentId": typed["id"]})
    sandbox.company.add_user({"name": "Meeting Room Tablet", "account": "tablet.1"})
    return sandbox


def _title(text: str) -> None:
    print_text(f"\n== {text}\n")


def _run(folder: Path, *arguments: str, expected: int = 0, shortened: bool = False) -> None:
    """Run a command as a user would, and show it with its output; raises where it does not end as it must."""
    print_text(f"\n$ syncd {' '.join(arguments)}\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SYNCD_")}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "syncd", *arguments], cwd=folder, stdout=subprocess.PIPE, env=environ, check=False
    )
    lines = done.stdout.decode(errors="replace").splitlines()
    if shortened and len(lines) > HEAD + TAIL:
        lines = [*lines[:HEAD], f"    … {len(lines) - HEAD - TAIL} lines more …", *lines[-TAIL:]]
    print_text("".join(line + "\n" for line in lines))
    if done.returncode != expected:
        raise SyncdError(f"the demo stops: syncd {arguments[0]} ended with exit {done.returncode}, not {expected}")
    if expected:
        print_text(f"(exit {expected}: something is held)\n")


_NEXT = """
syncd demo --folder demo        the same, and everything is left in ./demo for a look
syncd sandbox --state p.json    a platform to try things out on, with faults on demand
syncd init                      a commented configuration for your own directory (it writes nothing at first)
syncd check; syncd plan         proof and dry run; then set platform.read_only to false
"""
