"""Excel workbooks are files of people and departments, and are read only where they are whole."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from syncd.directory import workbook
from syncd.directory.csv_source import CsvFile, CsvSource
from syncd.directory.csv_table import Form
from syncd.errors import SourceBroken
from syncd.model.source import Grade, Snapshot
from tests.kit.long_ago import write_long_ago

Cells = list[object]
HEADER: Cells = ["no", "Login", "name", "unit"]
PEOPLE: list[Cells] = [[17, "wang.fang", "王芳", "D2"], ["0018", "zhang.wei", "张伟", None]]


def content(*rows: Cells, change: Callable[[Worksheet], None] | None = None) -> bytes:
    """Give a workbook of these rows; `change` is made to its sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "员工"
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(folder: Path, data: bytes, columns: dict[str, str] | None = None) -> Snapshot:
    """Read it as a file that nobody has written just now; its name says nothing."""
    write_long_ago(folder / "staff", data)
    return CsvSource("hr", CsvFile(folder / "staff", "no", columns or {})).read()


def test_a_fault_that_nobody_reads_is_no_value(tmp_path: Path) -> None:
    """An error, a formula without a result and a number that was cut are no values where nobody reads the column."""
    names: Cells = ["no", "a", "b", "c"]
    write_long_ago(tmp_path / "staff", content(names, [1, "#N/A", "=1+1", 110101199001011234], [2, "x", "y", "z"]))
    users = CsvSource("hr", CsvFile(tmp_path / "staff", "no", reads=frozenset({"no"}))).read().users
    assert [len(one.attributes) for one in users] == [1, 4]


def test_rows_above_the_header_are_passed_over(tmp_path: Path) -> None:
    """Rows above `header_row` are passed over, and rows keep their numbers."""
    write_long_ago(tmp_path / "staff", content(["Staff"], HEADER, *PEOPLE))
    file = CsvFile(tmp_path / "staff", "no", {"login": "mapping.user.account"}, Form(header_row=2))
    assert [one.locator for one in CsvSource("hr", file).read().users] == ["staff:3", "staff:4"]


def broken(folder: Path, data: bytes) -> str:
    """Give what is said of it."""
    with pytest.raises(SourceBroken) as caught:
        read(folder, data, {"login": "mapping.user.account"})
    return str(caught.value)


def values(folder: Path, *cells: object) -> list[tuple[str | bytes, ...]]:
    """Give what becomes of the values of one row."""
    names: Cells = ["no", *(f"c{number}" for number in range(len(cells)))]
    (found,) = read(folder, content(names, [1, *cells])).users
    return [found.attributes.get(f"c{number}", ()) for number in range(len(cells))]


def test_a_sheet_is_read_whole(tmp_path: Path) -> None:
    """In a sheet whole numbers are read as shown, texts keep their zeros, and a row is named by its number."""
    found = read(tmp_path, content(HEADER, *PEOPLE), {"login": "mapping.user.account"})
    assert found.certificate.grade is Grade.WHOLE
    assert found.certificate.proofs == ("staff was read to its end: 2 rows of sheet 员工",)
    assert [(one.key, one.locator) for one in found.users] == [("17", "staff:2"), ("0018", "staff:3")]
    assert dict(found.users[0].attributes) == {
        "no": ("17",),
        "login": ("wang.fang",),
        "name": ("王芳",),
        "unit": ("D2",),
    }


def test_values_are_what_people_see(tmp_path: Path) -> None:
    """Dates are read in ISO 8601, numbers without exponents, and texts with their line breaks."""
    day, moment = dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 8, 30)  # noqa: DTZ001 - a sheet knows no time zones
    cells = [day, moment, dt.time(8, 30), True, 3.5, 13800000001, 1e-7, "a\nb", " ", "00017"]
    assert values(tmp_path, *cells) == [
        ("2024-01-31",),
        ("2024-01-31T08:30:00",),
        ("08:30:00",),
        ("true",),
        ("3.5",),
        ("13800000001",),
        ("0.0000001",),
        ("a\nb",),
        (),
        ("00017",),
    ]


def test_empty_and_hidden_rows(tmp_path: Path) -> None:
    """Hidden rows of a sheet are read, empty ones are not, and the header may stand lower."""

    def change(sheet: Worksheet) -> None:
        sheet.insert_rows(1, 2)
        sheet.row_dimensions[4].hidden = True
        sheet.cell(9, 1).value = " "

    found = read(tmp_path, content(HEADER, *PEOPLE, change=change))
    assert [one.locator for one in found.users] == ["staff:4", "staff:5"]


def test_merged_cells_have_their_value_in_each_row(tmp_path: Path) -> None:
    """Merged cells have their value in each of their rows, as people see it."""

    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("D2:D4")

    found = read(tmp_path, content(HEADER, *PEOPLE, [19, "c", "C", None], [20, "d", "D", None], change=change))
    assert [one.attributes.get("unit") for one in found.users] == [("D2",), ("D2",), ("D2",), None]


def test_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    """The first visible sheet is read; hidden ones before it and charts are not."""

    def change(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        hidden = sheet.parent.create_sheet("hidden", 0)
        hidden.append(["no"])
        hidden.sheet_state = "veryHidden"
        sheet.parent.create_chartsheet("chart", 0)
        sheet.title = "A & B"

    found = read(tmp_path, content(HEADER, *PEOPLE, change=change))
    assert found.certificate.proofs == ("staff was read to its end: 2 rows of sheet A & B",)


def test_the_result_of_a_formula_is_its_value(tmp_path: Path) -> None:
    """A formula's value is its result, an empty one too; without a result the read is broken at its cell."""
    data = content(HEADER, [17, '="a"&"b"', "x", None])
    assert broken(tmp_path, data).startswith("staff: sheet 员工: the formula in B2 has no result; open the workbook in")

    def computed(text: str) -> bytes:
        return changed(data, "xl/worksheets/sheet1.xml", r'<c r="B2"><f>(.*?)</f><v ?/>', text)

    (found,) = read(tmp_path, computed(r'<c r="B2" t="str"><f>\1</f><v>ab</v>')).users
    assert found.attributes["login"] == ("ab",)
    (found,) = read(tmp_path, computed(r'<c r="B2" t="str"><f>\1</f><v></v>')).users
    assert "login" not in found.attributes


def changed(data: bytes, part: str, was: str, now: str) -> bytes:
    """Give a workbook with a part of it changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as file, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as other:
        for name in file.namelist():
            text = file.read(name).decode()
            other.writestr(name, re.sub(was, now, text) if name == part else text)
    return out.getvalue()


def test_what_excel_could_not_compute_is_broken(tmp_path: Path) -> None:
    """A cell that shows an error like `#N/A` is a broken read, and neither a name nor an empty value."""
    assert broken(tmp_path, content(HEADER, [17, "#N/A", "x", None])) == (
        "staff: sheet 员工: B2 shows an error; mend its formula"
    )


def test_a_number_that_excel_has_cut_is_broken(tmp_path: Path) -> None:
    """A number of more than 15 digits is a broken read, because Excel has cut it."""
    said = broken(tmp_path, content(HEADER, [17, 110101199001011234, "x", None]))
    assert said.startswith("staff: B2 is a number of more than 15 digits")


def test_a_column_without_a_name_is_nothing(tmp_path: Path) -> None:
    """A column without a name is nothing, whether it has values, such as notes, or none."""
    (found,) = read(tmp_path, content([*HEADER, None], [17, "a", "b", "c", "d"], [None] * 4 + ["a note"])).users
    assert found.attributes == {"no": ("17",), "login": ("a",), "name": ("b",), "unit": ("c",)}
    assert len(read(tmp_path, content(["no", None, "x"], [17, None, "b"])).users) == 1


def test_dates_of_strict_workbooks_are_those_of_others(tmp_path: Path) -> None:
    """Dates that a strict workbook writes with a time of midnight or a zone are read as days and times."""
    plain = content(["no", "a", "b", "c", "d"], [1, 2, 3, 4, 5])
    texts = ("2024-01-31T00:00:00Z", "2024-01-31T00:00:00.000", "2024-01-31", "2024-01-31T08:30:00Z")
    for cell, text in zip("BCDE", texts, strict=True):
        was = rf'<c r="{cell}2" t="n"><v>\d</v></c>'
        plain = changed(plain, "xl/worksheets/sheet1.xml", was, f'<c r="{cell}2" t="d"><v>{text}</v></c>')
    (found,) = read(tmp_path, plain).users
    days = [found.attributes[name] for name in "abcd"]
    assert days == [("2024-01-31",), ("2024-01-31",), ("2024-01-31",), ("2024-01-31T08:30:00",)]
    assert values(tmp_path, "2024-01-31T00:00:00Z") == [("2024-01-31T00:00:00Z",)]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            ["no", "user"],
            'staff:1: there is no column "login", which mapping.user.account names; the columns are no, user',
        ),
        (["no", "login", "LOGIN "], 'staff:1: the header has "login" more than once'),
    ],
)
def test_a_header_that_does_not_do_is_broken(tmp_path: Path, header: Cells, words: str) -> None:
    """A header that lacks a mapped column or has one twice is a broken read, as in CSV."""
    assert broken(tmp_path, content(header, [17, "x"])).startswith(words)


def test_nobody_proves_nothing(tmp_path: Path) -> None:
    """An empty sheet, or one with a header alone, proves nothing."""
    assert "staff: sheet 员工 is empty, without even a header" in read(tmp_path, content()).certificate.doubts
    assert read(tmp_path, content(HEADER)).certificate.grade is Grade.UNPROVEN


WHOLE = content(HEADER, *PEOPLE)


# A workbook has the time in it, and a length of its own each time: that stands in no name of a test.
ENDS = {"soon": 10, "half way": len(WHOLE) // 2, "30 bytes early": len(WHOLE) - 30, "a byte early": len(WHOLE) - 1}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_workbook_that_was_cut_is_broken(tmp_path: Path, end: int) -> None:
    """A workbook that was cut off is a broken read, wherever it ends."""
    assert "the workbook is not whole; it was cut off" in broken(tmp_path, WHOLE[:end])


def test_a_damaged_workbook_is_broken(tmp_path: Path) -> None:
    """A workbook with damaged content is a broken read, as its check sums say."""
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as file:
        start = file.getinfo("xl/worksheets/sheet1.xml").header_offset
    damaged = bytearray(WHOLE)
    damaged[start + 120] ^= 0xFF
    assert "the workbook is" in broken(tmp_path, bytes(damaged))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that unpacks to more than the limit is refused."""
    monkeypatch.setattr(workbook, "LARGEST", 1 << 20)
    out = io.BytesIO(WHOLE)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/more.xml", b" " * (2 << 20))
    assert "the workbook unpacks to more than 1 MiB" in broken(tmp_path, out.getvalue())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (workbook.OLE + bytes(512) + workbook.ENCRYPTED, "the workbook has a password"),
        (workbook.OLE + bytes(512), "this is a workbook of Excel 97 to 2003 (.xls)"),
    ],
)
def test_other_workbooks_are_named(tmp_path: Path, data: bytes, words: str) -> None:
    """A workbook with a password, or of Excel 97 to 2003, is refused as what it is."""
    assert words in broken(tmp_path, data)


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    """An archive without sheets, or with hidden sheets only, is no workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("people.csv", "no,login\n")
    assert broken(tmp_path, out.getvalue()) == "staff: this is no Excel workbook (.xlsx) with a visible sheet"
    hidden = changed(WHOLE, "xl/workbook.xml", 'state="visible"', 'state="hidden"')
    assert broken(tmp_path, hidden) == "staff: this is no Excel workbook (.xlsx) with a visible sheet"
