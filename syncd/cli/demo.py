"""demo: the main job on a sandbox and a throwaway directory; every step is the command that a user would type."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Protocol

import typer
from ldap3 import Connection

from syncd.cli.terminal import note, print_text, spoken
from syncd.errors import SyncdError
from syncd.plan.json_form import from_json
from syncd.report.messages import Words
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


def demo_command(
    folder: Annotated[Path | None, typer.Option("--folder", help="Work here, and leave everything for a look.")] = None,
    ldif: Annotated[bool, typer.Option("--ldif", help="Read an LDIF file even where slapd is there.")] = False,
) -> None:
    """Show the main job in a minute: a sandbox, a throwaway directory, the sample company, and a day of changes.

    Example: `syncd demo --folder /tmp/syncd-demo`
    """
    show_demo(folder, ldif=ldif)


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
    words = spoken()
    _title(words.say("demo.next"))
    print_text("\n" + "".join(_advice(words)))


def _first_sync(folder: Path) -> None:
    words = spoken()
    _title(words.say("demo.check"))
    _run(folder, "check")
    _title(words.say("demo.first_plan"))
    _run(folder, "plan", "--out", "plan.json", shortened=True)
    _run(folder, "reconcile", expected=3, shortened=True)
    _title(words.say("demo.approve"))
    fingerprint = from_json((folder / "plan.json").read_bytes()).fingerprint
    _run(folder, "approve", fingerprint, "--reason", words.say("demo.reason"))
    _run(folder, "reconcile", shortened=True)
    _title(words.say("demo.empty"))
    _run(folder, "plan")


def _a_day(folder: Path, directory: Directory) -> None:
    day = Day(sample_ldif())
    words = spoken()
    _title(words.say("demo.day", changes=words.say("day.and").join(day.sentences(words))))
    directory.change(day)
    _run(folder, "plan")
    _run(folder, "reconcile", shortened=True)
    _run(folder, "plan")
    _run(folder, "history")


@contextmanager
def _directory(folder: Path, *, ldif: bool) -> Iterator[Directory]:
    if ldif or find_slapd() is None:
        note(spoken().say("demo.in_file" if ldif else "demo.no_server"))
        yield _File(folder / "company.ldif")
        return
    note(spoken().say("demo.on_server"))
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
        lines = [*lines[:HEAD], spoken().say("demo.more", count=len(lines) - HEAD - TAIL), *lines[-TAIL:]]
    print_text("".join(line + "\n" for line in lines))
    if done.returncode != expected:
        raise SyncdError(f"the demo stops: syncd {arguments[0]} ended with exit {done.returncode}, not {expected}")
    if expected:
        print_text(spoken().say("demo.held", code=expected) + "\n")


def _advice(words: Words) -> Iterator[str]:
    """Give the commands to try next, and what each is good for."""
    yield from (f"{command:<{ADVICE_COLUMNS}}{words.say(key)}\n" for command, key in _NEXT.items())


ADVICE_COLUMNS = 32
_NEXT = {
    "syncd demo --folder demo": "demo.try_folder",
    "syncd sandbox --state p.json": "demo.try_sandbox",
    "syncd init": "demo.try_init",
    "syncd check; syncd plan": "demo.try_plan",
}
