"""An hour of generated payloads for each reader of what others wrote, all of them side by side.

Usage: python -m tests.full.fuzzing [SECONDS [READER…]]

Prints for each reader how many payloads it read, how many of them reached something new, what they cover of its
modules, whether memory grew, and what was found. Ends with 1 where anything was found. A payload that ends the process,
takes 30 seconds or 2 GiB is a finding too, and the reader goes on in a new process.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tests.full.fuzzing.readers import READERS
from tests.full.fuzzing.watching import Figures

HOUR = 3600
TIMES = 10
MOST_GROWTH = 1.1
"""Memory after the tenth time over memory after the second."""
ENDED = re.compile(r"ERROR: libFuzzer: (.*)|(panicked at .*)")


class Outcome(msgspec.Struct, frozen=True):
    """What came of one reader; memory is in MiB, `covered` a percentage of lines and branches."""

    reader: str
    figures: Figures
    ended: tuple[str, ...]
    kept: int
    covered: float
    resident: tuple[float, float]

    @property
    def grows(self) -> bool:
        """Whether reading the same again takes more and more memory."""
        return self.resident[1] > MOST_GROWTH * self.resident[0]


def fuzzed(name: str, seconds: float, folder: Path) -> Outcome:
    """Let one reader read for so long, and look at what came of it."""
    corpus, figures = folder / name, folder / f"{name}.json"
    corpus.mkdir(exist_ok=True)
    until = time.monotonic() + seconds
    ended = []
    while (rest := int(until - time.monotonic())) > 0:
        command = [sys.executable, "-m", "tests.full.fuzzing.fuzzer", name, str(rest), str(corpus), str(figures)]
        with (folder / f"{name}.log").open("wb") as log:
            code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode  # noqa: S603
        if code:
            found = ENDED.search((folder / f"{name}.log").read_text(errors="replace"))
            ended.append(found[0] if found else f"exit {code}")
            if time.monotonic() + seconds - 10 < until:
                break
    kept, covered, resident = _replayed(name, corpus, folder)
    content = (figures.exists() and figures.read_bytes()) or b"{}"
    return Outcome(name, msgspec.json.decode(content, type=Figures), tuple(ended), kept, covered, resident)


def _replayed(name: str, corpus: Path, folder: Path) -> tuple[int, float, tuple[float, float]]:
    module = ["-m", "tests.full.fuzzing.replay", name, str(corpus)]
    grown = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *module, str(TIMES)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    data, report = folder / f"{name}.coverage", folder / f"{name}.coverage.json"
    files = ",".join(READERS[name].modules)
    for command in (
        ["run", "--rcfile=/dev/null", "--branch", f"--data-file={data}", f"--include={files}", *module, "1"],
        ["json", "--rcfile=/dev/null", "-q", f"--data-file={data}", "-o", str(report)],
    ):
        done = [sys.executable, "-m", "coverage", *command]
        subprocess.run(done, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own program
    covered = json.loads(report.read_text())["totals"]["percent_covered"]
    return int(grown[0]), covered, (float(grown[1]), float(grown[2]))


def main() -> None:
    """Fuzz the readers side by side, and print a table and each finding."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else HOUR
    names = sys.argv[2:] or list(READERS)
    folder = Path(tempfile.mkdtemp(prefix="syncd-fuzzing-"))
    with ThreadPoolExecutor(len(names)) as pool:
        outcomes = list(pool.map(lambda name: fuzzed(name, seconds, folder), names))
    print("| reader | payloads | kept, for they reach something new | covered | MiB, 2nd and 10th time | findings |")
    print("|---|---|---|---|---|---|")
    for one in outcomes:
        found = len(one.figures.findings) + len(one.ended) + one.grows
        memory = f"{one.resident[0]:.0f} → {one.resident[1]:.0f}"
        print(f"| {one.reader} | {one.figures.payloads:,} | {one.kept:,} | {one.covered:.0f} % | {memory} | {found} |")
    for one in outcomes:
        for ended in one.ended:
            print(f"{one.reader}: {ended}")
        for finding in one.figures.findings.values():
            print(f"{one.reader}: {finding.place}: {finding.error}\n{finding.trace}\n{finding.payload[:2000]}")
    print(f"corpora, logs and payloads: {folder}")
    sys.exit(any(one.figures.findings or one.ended or one.grows for one in outcomes))


if __name__ == "__main__":
    main()
