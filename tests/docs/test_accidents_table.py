"""The page of accidents names tests in every row, and every test that it names is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "accidents.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
TESTS = re.compile(r"`(tests/[\w/]+\.py::\w+)`")


def test_every_accident_has_a_test() -> None:
    """Every accident on the page names at least one test."""
    assert len(ROWS) > 20
    assert [row for row in ROWS if not TESTS.search(row)] == []


def test_every_test_that_is_named_is_there() -> None:
    """Every test that the page names exists under this name in this file."""
    named = set(TESTS.findall(PAGE))
    files = sorted({one.partition("::")[0] for one in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603 - our own program
    collected = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert named - collected == set()
