"""Faults made by hand (`mutants.toml`): each is put into a copy of the product, and a test must fail for it.

Usage: python -m tests.full.mutants [ID…]

A copy of the last commit is changed, one mutant at a time, and the tests that are to find it run in the copy. Whatever
they start sees the copy too. Those tests pass without a mutant; else nothing would be proven, and nothing is tried.
"""

import io
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

TOP = Path(__file__).parents[2]
LIST = Path(__file__).with_name("mutants.toml")
EVERYTHING = ("tests/unit", "tests/property")
# Hypothesis tries the same examples each time, so that what kills a mutant today kills it tomorrow.
PYTEST = ("-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-seed=0")
LONGEST = 900.0  # seconds; a mutant may make a test wait for ever
PASSED, FAILED = 0, 1  # exit codes of pytest; every other one means that the tests did not run
FIRST = re.compile(r"^(?:FAILED|ERROR) (.+?)(?:\[.*| - .*|)$", re.MULTILINE)


class Mutant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fault: the text that it changes, what a user suffers from it, and the tests that are to fail for it.

    `also` names slower tests that look at the product from outside and are to fail as well.
    """

    id: str
    file: str
    before: str
    after: str
    breaks: str
    tests: tuple[str, ...]
    also: tuple[str, ...] = ()


class Run(msgspec.Struct, frozen=True):
    """How one run of pytest ended, which test failed first, and how long it took in seconds."""

    code: int
    killer: str
    seconds: float
    output: str


class Copy:
    """A copy of the last commit, in which tests are run."""

    def __init__(self, folder: Path) -> None:
        self._tree, self._scratch = folder / "tree", folder / "scratch"
        packed = subprocess.run(["git", "archive", "HEAD"], cwd=TOP, capture_output=True, check=True).stdout  # noqa: S607 - the user's git
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(self._tree, filter="data")
        self._environment = {**os.environ, "PYTHONPATH": str(self._tree)}
        # Commands start by the hundred, and compile nothing but the mutant's own file.
        self._python("-m", "compileall", "-q", "syncd")
        where = self._python("-c", "import syncd; print(syncd.__file__)").strip()
        if not Path(where).is_relative_to(self._tree):
            sys.exit(f"mutants: commands would run {where} and not the copy")

    def _python(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(  # noqa: S603 - our own program
            command, cwd=self._tree, env=self._environment, capture_output=True, check=True, text=True
        )
        return done.stdout

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Put a mutant into the copy, and take it out again; raises `ValueError` where it does not apply."""
        path = self._tree / mutant.file
        text = path.read_text(encoding="utf-8")
        if (count := text.count(mutant.before)) != 1:
            raise ValueError(f"the text before stands {count} times in {mutant.file}")
        path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(text, encoding="utf-8")

    def run(self, tests: Sequence[str]) -> Run:
        """Run tests until the first one fails."""
        command = [sys.executable, *PYTEST, f"--basetemp={self._scratch}", *tests]
        began = time.monotonic()
        with subprocess.Popen(  # noqa: S603 - our own tests
            command,
            cwd=self._tree,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output = f"no end within {LONGEST:.0f} s"
        found = FIRST.search(output)
        return Run(process.returncode, found[1] if found else "", time.monotonic() - began, output)


class Trial(msgspec.Struct, frozen=True):
    """What became of a mutant, by which tests, and after how many seconds."""

    is_killed: bool
    killers: str
    seconds: float


def read(path: Path = LIST) -> tuple[Mutant, ...]:
    """Return the mutants of the list."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return msgspec.convert(found, dict[str, tuple[Mutant, ...]])["mutant"]


def tried(copy: Copy, mutant: Mutant) -> Trial:
    """Return what becomes of one mutant; one that its own tests let pass meets every fast test there is."""
    try:
        with copy.changed(mutant):
            runs = [copy.run(mutant.tests)]
            if runs[0].code == PASSED:
                runs[0] = copy.run(EVERYTHING)
            runs += [copy.run(mutant.also)] if mutant.also else []
    except ValueError as error:
        return Trial(is_killed=False, killers=str(error), seconds=0.0)
    # What no control has run yet may fail without a mutant too.
    unnamed = [one.killer for one in runs if one.code == FAILED and not _is_named(one.killer, mutant)]
    is_killed = all(one.code == FAILED for one in runs) and all(copy.run((one,)).code == PASSED for one in unnamed)
    return Trial(is_killed, ", ".join(map(_told, runs)), sum(one.seconds for one in runs))


def _is_named(killer: str, mutant: Mutant) -> bool:
    return any(killer.startswith(one) for one in (*mutant.tests, *mutant.also))


def _told(run: Run) -> str:
    """Return which test failed, or how the run ended otherwise."""
    if run.code == FAILED:
        return run.killer
    return "nothing failed" if run.code == PASSED else f"not run: {run.output.strip().splitlines()[-1]}"


def main(ids: Sequence[str]) -> int:
    """Try the mutants of these ids, or all; return 0 where each is killed."""
    mutants = [one for one in read() if not ids or one.id in ids]
    if unknown := set(ids) - {one.id for one in mutants}:
        sys.exit(f"mutants: there is none named {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        Path(folder).chmod(0o755)  # database servers of tests run as another user
        copy = Copy(Path(folder))
        named = sorted({test for one in mutants for test in (*one.tests, *one.also)})
        without = copy.run(named)
        if without.code != PASSED:
            sys.exit(f"mutants: without a mutant the tests end with {without.code}:\n{without.output[-2000:]}")
        print(f"without a mutant all pass, {without.seconds:.0f} s", flush=True)
        trials = [_shown(one, tried(copy, one)) for one in mutants]
    killed = sum(one.is_killed for one in trials)
    print(f"{killed} killed, {len(trials) - killed} survived")
    return 0 if killed == len(trials) else 1


def _shown(mutant: Mutant, trial: Trial) -> Trial:
    word = "killed" if trial.is_killed else "survived"
    print(f"{mutant.id:<32} {word:<8} {trial.seconds:5.0f} s  {trial.killers}", flush=True)
    return trial


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
