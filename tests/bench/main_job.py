"""Figures of the main job, as ratios to what this machine can do at all: `make bench`, BENCH="people departments".

Nothing here asserts: the figures are for people.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.platform import Client, ClientSettings
from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.testing.company import Company, generated
from syncd.testing.slapd import Slapd, find_slapd

CONCURRENCY = 16
REPEATS = 3
CONFIGURATION = """[source.directory]
{source}
base = "ou=people,dc=example,dc=com"
[source.directory.departments]
[platform]
url = "{platform}"
appkey = "sandbox"
appsecret = "sandbox-secret"
rate = 0
concurrency = {concurrency}
"""


class Timed:
    """One command, run as its user runs it: seconds of wall and processor, and the most memory in MiB."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "syncd", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        self.out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.code, self.seconds = process.returncode, time.monotonic() - began
        self.processor, self.mebibytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def __str__(self) -> str:
        return f"{self.seconds:6.2f} s wall, {self.processor:6.2f} s processor, {self.mebibytes:5.0f} MiB"


@contextmanager
def directory(company: Company, folder: Path) -> Iterator[str]:
    """Give the lines of a source that holds the company."""
    if find_slapd() is None:
        (folder / "company.ldif").write_bytes(company.ldif())
        yield 'type = "ldif"\npath = "company.ldif"'
        return
    with Slapd(company.ldif()) as server:
        yield f'type = "ldap"\nurls = ["{server.url}"]'


def calls_a_second(url: str, count: int) -> float:
    """Give how many users a bare loop of the client makes in a second: the floor of a first sync."""

    async def make() -> float:
        async with Client(ClientSettings(url, "sandbox", "sandbox-secret", rate=0)) as client:
            await client.users()
            numbers = iter(range(count))

            async def work() -> None:
                for number in numbers:
                    fields = {"name": "n", "account": f"bare{number}", "email": f"bare{number}@example.com"}
                    await client.add_user(f"BARE{number}", fields, "a password")

            began = time.monotonic()
            await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
            return count / (time.monotonic() - began)

    return asyncio.run(make())


def measure(people: int, departments: int) -> tuple[float, float]:
    """Print the figures of one size; give the seconds of a first sync and of a run without changes."""
    company, sandbox = generated(people, departments), Sandbox()
    with tempfile.TemporaryDirectory() as name, running(sandbox) as url:
        folder = Path(name)
        with directory(company, folder) as source:
            text = CONFIGURATION.format(source=source, platform=url, concurrency=CONCURRENCY)
            (folder / "syncd.toml").write_text(text, encoding="utf-8")
            started = Timed(folder, "--version")
            fingerprint = json.loads(Timed(folder, "plan", "--json").out)["fingerprint"]
            first = Timed(folder, "reconcile", "--approve", fingerprint)
            idle = [Timed(folder, "reconcile") for _ in range(REPEATS)]
        bare = calls_a_second(url, min(people, 2000))
    rate = (people + departments) / first.seconds
    middle = statistics.median(one.seconds for one in idle)
    print(
        f"{people} people, {departments} departments ({'slapd' if find_slapd() else 'LDIF'}, sandbox here, no latency)"
    )
    print(f"  start of the program    {started}")
    print(f"  first sync              {first}: {rate:.0f} objects/s, {rate / bare:.2f} of a bare loop ({bare:.0f}/s)")
    print(f"  run without changes     {idle[0]}; median {middle:.2f} s of {REPEATS}")
    if first.code or any(one.code for one in idle):
        print(f"  exit codes: {first.code}, {[one.code for one in idle]}")
    return first.seconds, middle


def main() -> None:
    """Measure a size and its double: nothing may grow faster than the company."""
    people, departments = (int(one) for one in (sys.argv[1:3] or ["5000", "200"]))
    one, other = measure(people, departments), measure(people * 2, departments * 2)
    print(f"twice the company: first sync {other[0] / one[0]:.2f} x, run without changes {other[1] / one[1]:.2f} x")


if __name__ == "__main__":
    main()
