"""The page of the 24 calls has every call, code and quirk, and every test that it names is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.platform import Client
from syncd.sandbox.quirks import Quirks
from syncd.testing.stocked import stocked
from syncd.wire.codes import Code

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "calls.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"tests/(?:contract|unit)/\S+?\.py", PAGE)))
QUIRKS = "tests/unit/sandbox/test_quirks_by_call.py::test_a_call_under_a_quirk"


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


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Give the id of every test in the files that the page names."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *FILES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603 - our own program
    return {line for line in done.stdout.splitlines() if "::" in line}


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


def test_every_test_that_is_named_is_there(collected: set[str]) -> None:
    """Every test that the page names is there, and each call has a happy path of its own."""
    functions = {one.split("[")[0] for one in collected}
    assert set(re.findall(r"tests/[\w/.]+::\w+", PAGE)) <= functions
    happy = [test for _, test, *_ in CALLS.values()]
    assert len(set(happy)) == 24


def test_every_code_of_a_call_is_shown_and_every_one_shown_is_in_the_table(collected: set[str]) -> None:
    """The codes of each call in the table are exactly those that the tests of the codes' rows show."""
    told = {(call, code) for call, (_, _, codes, _) in CALLS.items() for code in codes}
    found = re.findall(r"^(tests/contract/\S+::\w+)\[([\w/]+)-(\d+)\]$", "\n".join(collected), re.MULTILINE)
    assert {(call, code) for test, call, code in found if test in CODES[code]} == told
    assert {test for test, _, _ in found} == set().union(*CODES.values())


def test_every_quirk_of_a_call_is_shown_and_every_one_shown_is_in_the_table(collected: set[str]) -> None:
    """The quirks of each call in the table are exactly those that the test of quirks by call tries."""
    told = {f"{QUIRKS}[{call}-{quirk}]" for call, (*_, quirks) in CALLS.items() for quirk in quirks}
    assert {one for one in collected if one.startswith(QUIRKS)} == told
