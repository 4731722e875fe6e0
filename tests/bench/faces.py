"""Figures of faces: put in, unchanged, changed, refused, taken away; `python -m tests.bench.faces [PEOPLE [RATE]]`.

A directory server holds the pictures, each run is `syncd reconcile` as its user runs it, and the platform refuses one
picture of ten. Nothing here asserts: the figures are for people. RATE is platform.rate, 0 (no limit) unless said.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ldap3 import MODIFY_REPLACE, Connection

from syncd.platform.fitting import fitted
from syncd.sandbox.api import Sandbox
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.serving import running
from syncd.testing.company import Company, generated
from syncd.testing.likenesses import likeness, pictured
from syncd.testing.slapd import Slapd

CONFIGURATION = """[source.directory]
type = "ldap"
urls = ["{server}"]
base = "ou=people,dc=example,dc=com"
[source.directory.departments]
[mapping.user]
face = "jpegPhoto"
[platform]
url = "{platform}"
appkey = "sandbox"
appsecret = "sandbox-secret"
rate = {rate}
[policy]
on_configuration = "apply"
"""
SIZES = ((480, 640), (648, 648), (1080, 1080), (200, 200))


def picture(number: int) -> bytes:
    """Give one of the sizes that directories have."""
    return likeness(number, *SIZES[number % len(SIZES)])


class Run:
    """One command, run as its user runs it: seconds, and the most memory in MiB.

    The memory is the system's own high-water mark of the new program: what `wait4` tells begins with this process's.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        began, self.mebibytes = time.monotonic(), 0.0
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "syncd", *arguments], cwd=folder, stdout=out, stderr=subprocess.DEVNULL
            )
        marked = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            for line in marked.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self.mebibytes = max(self.mebibytes, int(line.split()[1]) / 1024)
            time.sleep(0.02)
        self.code, self.seconds = process.returncode, time.monotonic() - began
        self.out = (folder / "out").read_bytes()


class Bench:
    """One installation; `show` runs it and prints what that cost."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self._sandbox = folder, sandbox

    def show(self, what: str, *arguments: str) -> dict[str, object]:
        """Run `reconcile` and print time, memory, calls about faces, and what became of how many."""
        before = len(self._sandbox.calls)
        run = Run(self.folder, "reconcile", "--json", *arguments)
        calls = sum(call[0].endswith("Face") for call in self._sandbox.calls[before:])
        found: dict[str, object] = json.loads(run.out).get("faces", {})
        cost = f"{run.seconds:6.2f} s, {run.mebibytes:4.0f} MiB"
        print(f"{what:<26} {cost}, exit {run.code}, {calls:5} calls  {found.get('counts', '')}", flush=True)
        return found


def change(connection: Connection, pictures: Mapping[str, bytes | None]) -> None:
    """Put other pictures, or none, into entries, by account."""
    for account, content in pictures.items():
        connection.search("dc=example,dc=com", f"(uid={account})", attributes=["1.1"])
        change_ = (MODIFY_REPLACE, [content] if content else [])
        connection.modify(connection.entries[0].entry_dn, {"jpegPhoto": [change_]})  # type: ignore[no-untyped-call]


@contextmanager
def installation(company: Company, pictures: Mapping[str, bytes], rate: str) -> Iterator[tuple[Bench, Slapd]]:
    """Give an installation whose directory holds the company with its pictures."""
    sandbox = Sandbox()
    sandbox.quirks = Quirks(faces="tenth_refused")
    with (
        tempfile.TemporaryDirectory() as name,
        running(sandbox) as url,
        Slapd(pictured(company.ldif(), pictures)) as ldap,
    ):
        text = CONFIGURATION.format(server=ldap.url, platform=url, rate=rate)
        (Path(name) / "syncd.toml").write_text(text, encoding="utf-8")
        yield Bench(Path(name), sandbox), ldap


def fitting(pictures: Iterable[bytes]) -> str:
    """Say what it costs to make one picture fit."""
    taken = []
    for one in pictures:
        began = time.perf_counter()
        fitted(one)
        taken.append((time.perf_counter() - began) * 1000)
    return f"{statistics.mean(taken):.1f} ms a picture, {max(taken):.1f} ms at most"


def main(people: int, rate: str) -> None:
    """Print the figures."""
    company = generated(people, max(3, people // 20))
    accounts = sorted(one.account for one in company.people.values())
    pictures = {account: picture(number) for number, account in enumerate(accounts)}
    weight = sum(map(len, pictures.values())) / (1 << 20)
    print(f"{people} people, {len(pictures)} pictures of {weight:.0f} MiB in all; rate {rate}")
    print(f"made fit: {fitting(list(pictures.values())[:40])}")
    with installation(company, pictures, rate) as (bench, server), server.connection() as connection:
        bench.show("people, without faces", "--no-faces")
        bench.show("without faces again", "--no-faces")
        bench.show("every face in")
        bench.show("nothing has changed")
        tenth = accounts[: people // 10]
        change(connection, {one: picture(people + number) for number, one in enumerate(tenth)})
        bench.show("a tenth changed")
        few, many = accounts[: people // 25], accounts[people // 25 : people // 5]
        change(connection, dict.fromkeys(few))
        bench.show("a twenty-fifth gone")
        change(connection, dict.fromkeys(many))
        bench.show("another sixth gone: held")
        held = json.loads(Run(bench.folder, "status", "--json").out)["held"][0]["fingerprint"]
        bench.show("approved", "--approve", held)
        bench.show("nothing has changed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, sys.argv[2] if len(sys.argv) > 2 else "0")
