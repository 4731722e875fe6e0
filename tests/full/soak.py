"""Runs `syncd serve` for half an hour, while directory and platform give it no peace, and looks at what it holds.

    python -m tests.full.soak [MINUTES [FILE.svg]]

People come, go, move and are renamed; an administrator edits on the platform, which tells of every change; tokens die
every 45 seconds; every few seconds a call fails in one of fourteen ways. At the end everything must be in step, and
neither memory nor open files nor threads may have grown from the middle third of the time to the last. The plot shows
all of it.
"""

import contextlib
import dataclasses
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from syncd.sandbox.api import Sandbox
from syncd.sandbox.faults import Fault, Order
from syncd.sandbox.serving import running
from syncd.testing.company import Company, generated, key_of
from tests.kit.installation.callbacks import AES_KEY, SETTINGS, TOKEN
from tests.kit.installation.calls import Caller
from tests.kit.installation.site import Site

PEOPLE, DEPARTMENTS = 600, 40
FAULTS = tuple(one for one in Fault if one not in (Fault.LATENCY, Fault.REDIRECT))
BETWEEN_SAMPLES = 2.0
PATIENCE = 120.0
TAIL = f"""{SETTINGS}
[listener]
bind = "127.0.0.1:0"
[admin]
bind = "127.0.0.1:0"
[policy]
on_configuration = "apply"
remove_after = "0d"
[limits]
remove = {{}}
update = {{}}
create = {{}}
clear = {{}}
replaced = {{}}
window = "60s"
[schedule]
reconcile = "10s"
refresh = "30s"
prune = "30s"
[retention]
inbox = "60s"
journal = "60s"
"""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What two processes hold at a moment: kilobytes of memory, open files, threads; of the daemon and its listener."""

    seconds: float
    memory: tuple[int, int]
    files: tuple[int, int]
    threads: tuple[int, int]


def sample(began: float, daemon: int) -> Sample | None:
    """Look at a daemon; nothing while it has no listener."""
    with contextlib.suppress(OSError, IndexError):
        children = Path(f"/proc/{daemon}/task/{daemon}/children").read_text(encoding="ascii").split()
        both = (daemon, int(children[0]))
        return Sample(
            time.monotonic() - began,
            (_status(both[0], "VmRSS"), _status(both[1], "VmRSS")),
            (_files(both[0]), _files(both[1])),
            (_status(both[0], "Threads"), _status(both[1], "Threads")),
        )
    return None


def _status(process: int, name: str) -> int:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith(f"{name}:")).split()[1])


def _files(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


class Unrest:
    """Changes the directory, the platform and what fails, a little at each turn."""

    def __init__(self, site: Site, people: int = PEOPLE, beside: bytes = b"") -> None:
        self._site, self._people, self._beside = site, people, beside
        self._random = random.Random(20261126)  # noqa: S311 - the same unrest every time
        self._turn = self._next = 0
        self.company = generated(people, DEPARTMENTS)
        self.counts = dict.fromkeys(("directory", "edits", "faults"), 0)
        self._write()

    def turn(self) -> None:
        """Make some of it, once a second."""
        self._turn += 1
        if self._turn % 12 == 0:
            self._change_directory()
        if self._turn % 3 == 0:
            self._fail()
        if self._turn % 4 == 0:
            self._edit()

    def _change_directory(self) -> None:
        units, staff = dict(self.company.units), dict(self.company.people)
        places = sorted(units)
        for key in self._random.sample(sorted(staff), 4):
            staff[key] = msgspec.structs.replace(staff[key], department=self._random.choice(places))
        for key in self._random.sample(sorted(staff), 3):
            staff[key] = msgspec.structs.replace(staff[key], name=f"{staff[key].name[:6]}{self._turn}")
        del staff[self._random.choice(sorted(staff))]
        number = self._people + self._turn
        joiner = generated(number + 1, DEPARTMENTS).people[key_of("person", number)]
        staff[key_of("person", number)] = joiner
        unit = self._random.choice(places)
        units[unit] = msgspec.structs.replace(units[unit], name=f"改组 {self._turn}")
        self.company = Company(units, staff)
        self._write()
        self.counts["directory"] += 1

    def _write(self) -> None:
        """Let the directory hold the company, and what stands beside it."""
        file = self._site.folder / "company.ldif"
        file.with_suffix(".new").write_bytes(self.company.ldif() + self._beside)
        file.with_suffix(".new").replace(file)

    def _fail(self) -> None:
        fault = self._random.choice(FAULTS)
        seconds = 0.2 if fault in (Fault.BUSY, Fault.DRIP) else 0.0
        order = Order(
            fault, count=self._random.randint(1, 3), seconds=seconds, changes=5, after=self._random.randint(0, 9)
        )
        self._site.sandbox.faults.order(order)
        self.counts["faults"] += 1

    def _edit(self) -> None:
        """Edit each user once at most, for a field that is written over three times a day is left alone."""
        company = self._site.sandbox.company
        people = sorted(company.state.users)
        if self._next < len(people) and (one := people[self._next]) != "1":
            company.update_user({"id": one, "name": f"改名 {self._turn}"})
        self._next += 1
        guest = company.add_user({"name": "来客", "account": f"guest-{self._turn}", "password": "x"})["id"]
        company.remove_user({"userId": guest})
        self.counts["edits"] += 3


@contextlib.contextmanager
def serving(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """Run the daemon, let the platform tell it of changes, and give it with what it says."""
    site.configure(tail=TAIL)
    file = site.folder / "serve.out"
    with file.open("wb") as out:
        process = subprocess.Popen(site.command("serve"), cwd=site.folder, stdout=out, stderr=out)  # noqa: S603 - our own

    def said() -> str:
        return file.read_text(encoding="utf-8")

    try:
        until(lambda: "events are received at " in said(), "it listens")
        url = said().partition("events are received at ")[2].partition(";")[0]
        Caller(site.sandbox, site.url).own("POST", "callback", {"url": url, "token": TOKEN, "aes_key": AES_KEY})
        yield process, said
    finally:
        process.kill()
        process.wait()


def until(is_so: Callable[[], object], what: str, said: Callable[[], str] = str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"soak: it is not so that {what}\n{said()}")
        time.sleep(0.5)


def soaked(site: Site, seconds: float) -> tuple[list[str], Unrest, str]:
    """Give what of a daemon grew in so many seconds, after which everything is in step."""
    unrest = Unrest(site)
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, token_dies_after=45.0)
    samples: list[Sample] = []
    with serving(site) as (process, said):
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            unrest.turn()
            if not samples or now - samples[-1].seconds >= BETWEEN_SAMPLES:
                samples += [one] if (one := sample(began, process.pid)) else []
            if process.poll() is not None:
                raise SystemExit(f"soak: the daemon ended: {said()[-2000:]}")
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began - now)))
        site.sandbox.faults.clear()
        bad = measured(samples)
        until(
            lambda: not differences(site, unrest),
            "the platform shows what the directory says",
            lambda: _why(site, unrest),
        )
        until(lambda: site.run("status", "--json").json["inbox"]["pending"] == 0, "every event is ingested")
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
        plan = site.run("plan", "--json").json
        if code or plan["operations"] or "Traceback" in said():
            raise SystemExit(f"soak: exit code {code}, still to do: {len(plan['operations'])}; {site.folder}")
        return bad, unrest, said()


def differences(site: Site, unrest: Unrest) -> dict[str, tuple[object, object]]:
    """Give what the platform shows and the directory says of whom they do not agree on."""
    shown, wanted = site.shown, unrest.company.wanted()
    found = {one: (shown.get(one), wanted.get(one)) for one in {*shown, *wanted} if shown.get(one) != wanted.get(one)}
    if not found:
        return {}
    # A list as it was some changes ago looks like somebody who undoes what we write: that is rightly left alone.
    contended = {one["key"] for one in site.run("status", "--json").json["contended"]}
    alone = {one.account for key, one in unrest.company.people.items() if key in contended}
    return {one: pair for one, pair in found.items() if one not in alone}


def _why(site: Site, unrest: Unrest) -> str:
    """Give all that may tell why, as it is said: what a command cannot say is told by its fault."""
    found = differences(site, unrest)
    commands = (("status",), ("plan",), *(("explain", one) for one in list(found)[:2]), ("history", "-n", "30"))
    asked = [site.run(*one) for one in commands]
    said = (site.folder / "serve.out").read_text(encoding="utf-8")[-20_000:]
    return "\n".join((str(found), *(f"{one.out}\n{one.err}" for one in asked), said))


def measured(samples: list[Sample]) -> list[str]:
    """Print what was held, draw it, and give what grew."""
    bad = []
    for which, process in enumerate(("daemon", "listener")):
        for name, slack in (("memory", 4096), ("files", 2), ("threads", 1)):
            middle, last = grown(samples, name, which)
            print(f"{process:9}{name:8} median of the middle third {middle:8.0f}, of the last {last:8.0f}", flush=True)
            bad += [f"{name} of the {process}"] if last > middle * 1.02 + slack else []
    if len(sys.argv) > 2:
        plot(samples, Path(sys.argv[2]))
    return bad


def grown(samples: list[Sample], name: str, which: int) -> tuple[float, float]:
    """Give the median of the middle third and that of the last."""
    third = len(samples) // 3
    values = [getattr(one, name)[which] for one in samples]
    return statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])


def plot(samples: list[Sample], file: Path) -> None:
    """Draw memory, files and threads of both processes over time."""
    width, height = 900, 200
    parts = []
    for row, (name, unit) in enumerate((("memory", "MiB"), ("files", "open files"), ("threads", "threads"))):
        scale = 1024 if name == "memory" else 1
        top = max(max(getattr(one, name)) for one in samples) * 1.15
        base = (row + 1) * (height + 50)
        parts.append(f'<text x="0" y="{base - height - 8}">{unit}, up to {top / scale:.0f}</text>')
        parts.append(f'<path d="M0 {base}H{width}M0 {base}v-{height}" stroke="#888" fill="none"/>')
        for which, colour in ((0, "#1565c0"), (1, "#c62828")):
            points = " ".join(
                f"{one.seconds / samples[-1].seconds * width:.1f},{base - getattr(one, name)[which] / top * height:.1f}"
                for one in samples
            )
            parts.append(f'<polyline points="{points}" stroke="{colour}" fill="none" stroke-width="1.5"/>')
    title = f"syncd serve (blue) and its listener (red), {samples[-1].seconds / 60:.0f} minutes"
    text = "".join((f'<text x="0" y="20" font-size="18">{title}</text>', *parts))
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -10 {width + 40} {3 * (height + 50) + 30}" '
        'font-family="sans-serif" font-size="14"><rect x="-20" y="-10" width="100%" height="100%" fill="#fff"/>'
        f"{text}</svg>\n",
        encoding="utf-8",
    )


def main() -> None:
    """Soak, and say what was seen."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    sandbox = Sandbox()
    with tempfile.TemporaryDirectory() as folder, running(sandbox) as url:
        bad, unrest, said = soaked(Site(Path(folder), sandbox, url), minutes * 60)
        store = (Path(folder) / "syncd.db").stat().st_size
    runs = said.count('"action": "run"')
    print(f"{minutes:g} minutes: {runs} passes, {said.count('small_plan')} small plans, {unrest.counts}")
    print(f"{len(sandbox.calls)} calls; failed passes: {said.count('duty_failed')}; store {store >> 10} KiB at the end")
    if bad:
        raise SystemExit(f"soak: {', '.join(bad)} grew")


if __name__ == "__main__":
    main()
