"""The page of accidents names tests in every row, and every test that it names is there."""

import re
from pathlib import Path

from tests.kit.names_of_tests import node_ids

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
    assert named - node_ids(*{node_id.partition("::")[0] for node_id in named}) == set()
