"""The page of the 24 calls has every call, code and quirk, and every test that it names is there."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

from syncd.platform import Client
from syncd.sandbox.quirks import Quirks
from syncd.testing.stocked import stocked
from syncd.wire.codes import Code
from tests.kit.names_of_tests import functions, node_ids

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "calls.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"tests/[\w/.]+::\w+", PAGE))
QUIRKS = "tests/unit/sandbox/test_quirks_by_call.py::test_a_call_under_a_quirk"
PAIR = re.compile(r"(\w+/\w+)-(\w+)")
Pairs = set[tuple[str, str]]


def rows(title: str) -> list[list[str]]:
    """Give the cells of the table below a title."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def listed(cell: str) -> set[str]:
    """Give what a cell lists."""
    return set(cell.split(", ")) if cell else set()


CALLS = {call: (method, test, listed(codes), listed(quirks)) for call, method, test, codes, quirks in rows("Calls")}
CODES = {code: set(re.findall(r"tests/[\w/.]+::\w+", tests)) for code, _, tests in rows("Codes")}


def contents(node_id: str) -> dict[str, Any]:
    """Return all that the file of a test has in it, by name."""
    return vars(importlib.import_module(node_id.partition("::")[0].removesuffix(".py").replace("/", ".")))


def parameters(node_id: str) -> Pairs:
    """Return each pair of a call and what is shown of it that stands in the parameters of a test."""
    marks = getattr(contents(node_id)[node_id.partition("::")[2]], "pytestmark", [])
    ids = [str(case) for mark in marks for case in mark.kwargs.get("ids") or ()]
    return {pair.groups() for case in ids if (pair := PAIR.fullmatch(case))}  # type: ignore[misc]


def codes_shown(node_id: str) -> Pairs:
    """Return each call with a code that a test shows, by its parameters or by the tables that it goes through.

    A table has rows of a call and a code, or calls alone; then the codes are those that the test itself names.
    """
    if found := parameters(node_id):
        return {(call, code) for call, code in found if code.isdecimal()}
    file, _, name = node_id.partition("::")
    function = dict(functions(ROOT / file))[name]
    constants = [contents(node_id).get(node.id) for node in ast.walk(function) if isinstance(node, ast.Name)]
    rows = [row for table in constants if isinstance(table, (list, tuple, dict)) for row in table]
    codes = re.findall(r"\b71\d{3}\b", ast.unparse(function))
    return {(row, code) for row in rows for code in codes if isinstance(row, str) and "/" in row} | {
        (row[0], str(row[1])) for row in rows if isinstance(row, tuple) and "/" in str(row[0])
    }


def test_every_call_of_client_and_sandbox_has_a_row() -> None:
    """Every call of client and sandbox has a row, and there is no other row."""
    assert set(CALLS) == {"oapi/gettoken", *stocked().calls}
    assert len(CALLS) == 24
    methods = {name for name in vars(Client) if not name.startswith("_")} - {
        "aclose",
        "under",
        "faces",
    }  # faces: user/list again
    assert {method for method, *_ in CALLS.values()} == methods


def test_every_code_and_every_quirk_is_covered() -> None:
    """Every code but success, and every quirk, is in the row of at least one call."""
    codes = {str(int(one)) for one in Code} - {"10000"}
    assert set().union(*(codes for _, _, codes, _ in CALLS.values())) == codes == set(CODES)
    assert set().union(*(quirks for *_, quirks in CALLS.values())) == set(Quirks.__struct_fields__)


def test_every_test_that_is_named_is_there() -> None:
    """Every test that the page names is there, and each call has a happy path of its own."""
    assert NAMED - node_ids(*{node_id.partition("::")[0] for node_id in NAMED}) == set()
    happy = [test for _, test, *_ in CALLS.values()]
    assert len(set(happy)) == 24


def test_every_code_of_a_call_is_shown_and_every_one_shown_is_in_the_table() -> None:
    """The codes of each call in the table are exactly those that the tests of the codes' rows show."""
    told = {(call, code) for call, (_, _, codes, _) in CALLS.items() for code in codes}
    files = {node_id.partition("::")[0] for node_id in NAMED if node_id.startswith("tests/contract/")}
    found = {node_id: pairs for node_id in node_ids(*files) if (pairs := codes_shown(node_id))}
    assert {
        (call, code) for node_id, pairs in found.items() for call, code in pairs if node_id in CODES.get(code, ())
    } == told
    assert found.keys() == set().union(*CODES.values())


def test_every_quirk_of_a_call_is_shown_and_every_one_shown_is_in_the_table() -> None:
    """The quirks of each call in the table are exactly those that the test of quirks by call tries."""
    told = {(call, quirk) for call, (*_, quirks) in CALLS.items() for quirk in quirks}
    checks = contents(QUIRKS)["CHECKS"]
    assert QUIRKS in node_ids(QUIRKS.partition("::")[0])
    assert {(call, quirk) for quirk, (calls, _) in checks.items() for call in calls} == told
    assert (parameters(QUIRKS) or told) == told
