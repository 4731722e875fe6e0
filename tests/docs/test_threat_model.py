"""Every promise of the threat model names tests that are there."""

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")


def test_every_promise_is_held_by_a_test() -> None:
    """Each row of the table of promises names tests that exist, and every file of `tests/security` is named."""
    rows = PAGE.partition("| promise | held by |")[2].partition("\n\n")[0].splitlines()[2:]
    assert rows
    named: set[str] = set()
    for row in rows:
        found = set(re.findall(r"`(tests/\S+\.py)`", row))
        assert found, row
        named |= found
    assert all((TOP / name).is_file() for name in named)
    assert {f"tests/security/{path.name}" for path in (TOP / "tests" / "security").glob("test_*.py")} <= named
