"""A workbook that asks for more than there is, or makes its library panic, breaks one read and nothing else."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from syncd.directory import workbook_cells
from syncd.directory.csv_source import CsvFile, CsvSource
from syncd.errors import SourceBroken
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

Change = Callable[[bytes], bytes]
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def workbook(part: str, change: Change) -> bytes:
    """Return a workbook of two people of which one part was changed."""
    book = openpyxl.Workbook()
    for row in (["no", "account", "name"], [1, "wang.fang", "王芳"], [2, "li.na", "李娜"]):
        book.worksheets[0].append(row)
    whole, found = io.BytesIO(), io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, change(content) if name == part else content)
    return found.getvalue()


def far(place: str, value: str = '<c r="{}" t="inlineStr"><is><t></t></is></c>') -> Change:
    """Let a cell stand far away."""
    row = re.sub(r"[A-Z]+", "", place)
    cell = f'<row r="{row}">{value.format(place)}</row>'.encode()
    return lambda content: content.replace(b"</sheetData>", cell + b"</sheetData>")


def replaced(old: str, new: str) -> Change:
    """Let a part have another text."""

    def change(content: bytes) -> bytes:
        found = re.sub(old.encode(), new.encode(), content, count=1)
        assert found != content
        return found

    return change


BROKEN: dict[str, tuple[str, Change, str]] = {
    "a blank text in the last cell": (SHEET, far("XFD1048576"), "reaches to row 1048576 and column 16384"),
    "a far row": (SHEET, far("ZZ999999"), "reaches to row 999999 and column 702"),
    "a column beyond all": (SHEET, far("ZZZ1000000"), "million cells"),
    "a cell reference of letters": (SHEET, replaced(r'r="B2"', 'r="B"'), "cannot be read"),
    "a cell reference of digits": (SHEET, replaced(r'r="B2"', 'r="22"'), "cannot be read"),
    "a cell reference without end": (SHEET, replaced(r'r="B2"', 'r="' + "A" * 5000 + '2"'), "cannot be read"),
    "a text that is not there": (
        SHEET,
        replaced(r'<c r="B2".*?</c>', '<c r="B2" t="s"><v>4294967295</v></c>'),
        "",
    ),
    "more texts than memory": (STRINGS, replaced(r"<sst ", '<sst count="4294967295" '), ""),
    "a sheet without an id": ("xl/workbook.xml", replaced(r' r:id="rId1"', ""), "no Excel workbook"),
    "a count beyond memory": (STRINGS, replaced(r'uniqueCount="\d+"', 'uniqueCount="4294967295"'), ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_workbook_beyond_reason_breaks_its_read_alone(tmp_path: Path, name: str) -> None:
    """A workbook that would take all memory, or makes its library panic, is read or breaks the read with a sentence."""
    part, change, words = BROKEN[name]
    write_long_ago(tmp_path / "people.xlsx", workbook(part, change))
    said, people = "", 0
    try:
        people = len(CsvSource("hr", CsvFile(tmp_path / "people.xlsx", "no")).read().users)
    except SourceBroken as broken:
        said = str(broken)
    if words:
        assert words in said
    assert said.startswith("source hr: people.xlsx") or people <= 2
    assert "\n" not in said


def test_what_reads_a_workbook_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet that takes more time than is allowed breaks the read."""
    monkeypatch.setattr(workbook_cells, "SECONDS", 0.001)
    write_long_ago(tmp_path / "people.xlsx", workbook(SHEET, lambda content: content))
    with pytest.raises(SourceBroken, match="was not read within"):
        CsvSource("hr", CsvFile(tmp_path / "people.xlsx", "no")).read()


def test_the_command_goes_on(site: Site) -> None:
    """`check` tells of such a workbook in one line, and of everything else as ever."""
    write_long_ago(site.folder / "people.xlsx", workbook(SHEET, far("XFD1048576")))
    site.configure('[source.hr]\ntype = "csv"\nkey = "no"\n[source.hr.users]\npath = "people.xlsx"\n')
    checked = site.run("check")
    assert checked.code == 1
    assert "delete the cells far away from the table" in checked.out
    assert "ok   platform: " in checked.out
