"""The tests sync tables as spreadsheets and staff systems write them: what nobody mapped in them stops nobody."""

import io
from collections.abc import Callable, Sequence

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

SOURCE = """[source.hr]
type = "csv"
users = {{path = "people.csv", key = "no"{more}}}
[mapping.user]
account = "login"
name = "name"
phone = "mobile"
email = ""
position = ""
department = "@path:unit"
"""
TABLE = "no,login,name,mobile,unit\n1,u1,王芳,13800000001,研发部\n2,u2,张伟,13800000002,研发部\n"
SHOWN = {"u1": ("王芳", "13800000001"), "u2": ("张伟", "13800000002")}
Cells = Sequence[object]
HEADER: Cells = ["no", "login", "name", "mobile", "unit"]
ROWS: list[Cells] = [[1, "u1", "王芳", 13800000001, "研发部"], [2, "u2", "张伟", 13800000002, "研发部"]]


def sheet(*rows: Cells, change: Callable[[Worksheet], None] | None = None) -> bytes:
    """Return a workbook of these rows; `change` is made to its sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    if change:
        change(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write(site: Site, content: str | bytes, more: str = "") -> None:
    """Write the file, and a configuration with more keys of its table."""
    site.configure(SOURCE.format(more=more), tail=APPLY_AT_ONCE)
    write_long_ago(site.folder / "people.csv", content)


def shown(site: Site) -> dict[str, tuple[str, str]]:
    """Return name and phone of everybody whom the file has, by account."""
    return {account: (one[0], one[1]) for account, one in site.shown.items() if account.startswith("u")}


def lines(text: str, *more: str) -> str:
    """Return a table with more text at the end of its lines, in turn."""
    found = text.splitlines()
    return "".join(f"{line}{more[min(number, len(more) - 1)]}\n" for number, line in enumerate(found))


def title(worksheet: Worksheet) -> None:
    """Put a title, which three cells are merged for, and a note above the header."""
    worksheet.insert_rows(1, 2)
    worksheet["A1"] = "Staff, as of 2024"
    worksheet.merge_cells("A1:C1")


def faults(worksheet: Worksheet) -> None:
    """Put what nobody maps into the sheet: an error, an identity number, a formula, notes and a doubled name."""
    cells: list[tuple[str | None, str | int]] = [("bonus", "#N/A"), ("id", 110101199001011234), ("sum", "=1+1")]
    cells += [("x", 1), ("X ", 2), (None, "note")]
    for column, (name, value) in enumerate(cells, 6):
        worksheet.cell(1, column).value = name
        worksheet.cell(3, column).value = value
    worksheet["J9"] = "a note below the table"


FORMS: dict[str, tuple[str | bytes, str]] = {
    "empty columns in the header": (lines(TABLE, ",,", ""), ""),
    "empty columns in the rows": (lines(TABLE, "", ",,"), ""),
    "empty columns in both": (lines(TABLE, ",,", ",,"), ""),
    "more of them in the rows": (lines(TABLE, ",", ",,,"), ""),
    "rows of delimiters at the end": (lines(TABLE, ",,") + ",,,,,,\n,,,,\n", ""),
    "a column without a name at the left": ("".join(f"{n or ''},{x}\n" for n, x in enumerate(TABLE.split())), ""),
    "a title": (f'Staff; "as of" 2024\n{TABLE}', ", header_row = 2"),
    "notes and an empty line": (f"Staff\n\nfrom HR\n{TABLE}", ", header_row = 4"),
    "the delimiter on the first line": ("sep=;\r\n" + TABLE.replace(",", ";"), ""),
    "a doubled name": (lines(TABLE, ",x,X ", ",1,2"), ""),
    "a sheet": (sheet(HEADER, *ROWS), ""),
    "empty columns in a sheet": (sheet([*HEADER, None, " "], *([*row, None, " "] for row in ROWS)), ""),
    "a title in a sheet": (sheet(HEADER, *ROWS, change=title), ", header_row = 2"),
    "faults that nobody mapped in a sheet": (sheet(HEADER, *ROWS, change=faults), ""),
}


def test_what_nobody_mapped_stops_nobody(site: Site) -> None:
    """Empty columns, titles above the header and faults in columns that nobody mapped leave the people as they are."""
    for name, (content, more) in FORMS.items():
        write(site, content, more)
        done = site.run("reconcile")
        assert (done.code, "source hr: whole" in done.out) == (0, True), (name, done.err, done.out)
        assert shown(site) == SHOWN, name


def second(value: str | int, column: str = "D") -> Callable[[Worksheet], None]:
    """Return what puts a value into the second row of people."""

    def change(worksheet: Worksheet) -> None:
        worksheet[f"{column}3"] = value

    return change


FAULTS: dict[str, tuple[str | bytes, str, str]] = {
    "a row that is cut": (TABLE.replace(",13800000002,研发部", ""), "", "people.csv:3: there are 3 fields where the"),
    "a delimiter that is not quoted": (lines(TABLE, ",", ",", ",x"), "", "people.csv:3: there are 6 fields where the"),
    "one that hides in empty columns": (
        lines(TABLE, "", "", ","),
        "",
        "people.csv:3: there are 6 fields where the rows",
    ),
    "a mapped name that is doubled": (lines(TABLE, ",Mobile", ",1"), "", 'the header has "mobile" more than once'),
    "an error": (sheet(HEADER, *ROWS, change=second("#N/A")), "", "D3 shows an error"),
    "a number that Excel has cut": (sheet(HEADER, *ROWS, change=second(10**17)), "", "D3 is a number of more than 15"),
    "a formula": (sheet(HEADER, *ROWS, change=second("=1+1")), "", "the formula in D3 has no result"),
    "a header that is no header": (TABLE, ", header_row = 2", 'people.csv:2: there is no column "login"'),
}


def test_what_somebody_mapped_is_broken_where_it_is_at_fault(site: Site) -> None:
    """A fault in a mapped column, and a row that may have moved by a column, end a run with exit code 1."""
    write(site, TABLE)
    assert site.run("reconcile").code == 0
    for name, (content, more, words) in FAULTS.items():
        write(site, content, more)
        broken = site.run("reconcile")
        assert (broken.code, words in broken.fault) == (1, True), (name, broken.err, broken.out)
    assert shown(site) == SHOWN


def test_messages_can_be_read_whatever_the_file_holds(site: Site) -> None:
    """A header of many or of very long names is told in a message of readable length."""
    for content in (
        ",".join(f"column {number}" for number in range(500)) + "\n",
        "people: " + 100_000 * "x" + "\n",
    ):
        write(site, content)
        broken = site.run("check")
        assert (broken.code, "there is no column" in broken.out) == (1, True), broken.out[:1000]
        assert max(map(len, broken.out.splitlines())) < 1000
