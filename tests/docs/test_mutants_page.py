"""The page of mutants says what their list says, and the list fits the code and the tests as they stand."""

import ast
from pathlib import Path

from tests.full.mutants import Mutant, read

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
MUTANTS = read()


def row(mutant: Mutant) -> str:
    """Return the row that the page has of a mutant."""
    tests = "<br>".join(f"`{one}`" for one in (*mutant.tests, *mutant.also))
    return f"| `{mutant.id}` | `{mutant.file}` | {mutant.breaks} | {tests} |"


def functions(file: str) -> set[str]:
    """Return the names of the functions of a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_page_has_a_row_for_every_mutant() -> None:
    """The table shows each mutant of the list with its file, what it breaks and the tests that kill it, in order."""
    assert [line for line in PAGE.splitlines() if line.startswith("| `")] == [row(one) for one in MUTANTS]
    assert len({one.id for one in MUTANTS}) == len(MUTANTS) == 50


def test_every_mutant_fits_the_code() -> None:
    """The text that a mutant changes stands exactly once in its file, and the text after it is another one."""
    counts = {one.id: (ROOT / one.file).read_text(encoding="utf-8").count(one.before) for one in MUTANTS}
    assert {name: count for name, count in counts.items() if count != 1} == {}
    assert [one.id for one in MUTANTS if one.before == one.after] == []


def test_every_test_that_a_mutant_names_is_there() -> None:
    """Each test that is to kill a mutant is a function of the file that the list names."""
    named = {test for one in MUTANTS for test in (*one.tests, *one.also)}
    split = [one.partition("::") for one in sorted(named)]
    assert [f"{file}::{name}" for file, _, name in split if name not in functions(file)] == []
