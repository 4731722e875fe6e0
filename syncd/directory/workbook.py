"""Excel workbooks (.xlsx, ECMA-376): the first visible sheet as a header and rows."""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping

import msgspec

from syncd.directory.cell_values import Values, values_of
from syncd.directory.rows import Reads, is_read, usable_columns
from syncd.directory.spreadsheet_marks import stands_for_nothing, unwrapped
from syncd.directory.workbook_cells import read_grid
from syncd.errors import SourceBroken

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LARGEST = 512 << 20  # of all parts together; a sheet of 100,000 rows has 60 MB
MOST_DIGITS = 10**15
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHEET = re.compile(r"<(?:\w+:)?sheet\s([^<>]{0,999})>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s([^<>]{0,999})>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ERROR = re.compile(rb"<(?:\w+:)?c\s([^<>]{0,999}\bt=[\"']e[\"'][^<>]{0,999})>")
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s((?:(?!\bt=[\"']str)[^<>]){0,999})>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>|</(?:\w+:)?c>)"
)
# Strict workbooks write dates as ISO 8601, some with a time of midnight and a zone (ECMA-376, 18.17.4).
_DATE = re.compile(
    rb"<(?:\w+:)?c\s([^<>]{0,999}\bt=[\"']d[\"'][^<>]{0,999})>\s*<(?:\w+:)?v>\s*"
    rb"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.\d{1,9})?)?Z?\s*</(?:\w+:)?v>"
)
MIDNIGHT = "00:00:00"
LARGEST_AREA = 50_000_000  # cells; a million people have 50 columns then
USUAL_ROWS, USUAL_COLUMNS = 99_999, 26
_FAR_ROW = re.compile(rb"\br=[\"'](?:[A-Z]{1,3})?([0-9]{6,7})[\"']")
"""A cell, or a row, from row 100,000 on."""
_WIDE_COLUMN = re.compile(rb"\br=[\"']([A-Z]{2,3})[0-9]{1,7}[\"']")
"""A column behind the 26th."""
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")


class Fault(msgspec.Struct, frozen=True):
    """A cell that has no value to be trusted, and what is said where somebody reads it."""

    message: str


class SheetRow(msgspec.Struct, frozen=True):
    """One row: its number in the sheet, and its values by lower-case column; an empty cell is no value.

    `nulls` has the columns in which a word stands for no value, with that word.
    """

    number: int
    values: dict[str, Values]
    nulls: dict[str, str]


def is_workbook(content: bytes) -> bool:
    """Tell by its first bytes, whatever its name, whether a file is Excel's and not a text."""
    return content.startswith((ZIP, OLE))


class Sheet:
    """The first visible sheet of a workbook; the first row with anything in it has the names of the columns.

    Rows above `header_row` are passed over; `reads` has the columns whose faults matter. Raises `SourceBroken` where
    the file is not whole, has a password or is too large.
    """

    def __init__(self, content: bytes, name: str, header_row: int = 1, reads: Reads = None) -> None:
        self._name = name
        self._reads = reads
        if content.startswith(OLE):
            raise SourceBroken(f"{name}: {_of_old_container(content)}")
        sheet, part = _first_sheet(content, name)
        _prove_extent(part, f"{name}: sheet {sheet}")
        self.title = sheet
        self._rows = _grid(content, sheet, name, _special_cells(part, f"{name}: sheet {sheet}"))
        numbers = range(header_row, len(self._rows) + 1)
        self.header_number = next((one for one in numbers if any(map(_is_filled, self._rows[one - 1]))), header_row)
        first = self._rows[self.header_number - 1] if self.header_number <= len(self._rows) else []
        names = [" ".join("".join(_values(one)).split()) for one in first]  # type: ignore[arg-type]
        self.header = tuple(one for one in names if one)
        self._columns = usable_columns(f"{name}:{self.header_number}", names, reads)

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows that have any value in a column with a name.

        Raises `SourceBroken` where a column that is read has an error, a formula without a result (what a program wrote
        that computes nothing), or a number that Excel has cut.
        """
        for number, row in enumerate(self._rows[self.header_number :], self.header_number + 1):
            values = {}
            for place, name in self._columns.items():
                if place < len(row) and (cell := self._cell(row[place], name, _place(number, place))):
                    values[name] = cell
            nulls = {name: str(value).strip() for name, (value, *_) in values.items() if stands_for_nothing(str(value))}
            values = {name: value for name, value in values.items() if name not in nulls}
            if values:
                yield SheetRow(number, values, nulls)

    def _cell(self, value: object, name: str, place: str) -> Values:
        """Return the values of a cell, none where it is at fault and nobody reads it."""
        if isinstance(value, float) and abs(value) >= MOST_DIGITS and value.is_integer():
            value = Fault(
                f"{self._name}: {place} is a number of more than 15 digits, of which Excel keeps 15; let the column be "
                "text"
            )
        if isinstance(value, str):
            value = unwrapped(value)
        if isinstance(value, Fault) and is_read(name, self._reads):
            raise SourceBroken(value.message)
        return _values(value)


def _values(value: object) -> Values:
    return () if isinstance(value, Fault) else values_of(value)


def _is_filled(value: object) -> bool:
    return bool(_values(value))


def _of_old_container(content: bytes) -> str:
    if ENCRYPTED in content:
        return "the workbook has a password; save it without one, in a folder that only syncd may read"
    return "this is a workbook of Excel 97 to 2003 (.xls); save it as .xlsx, or as CSV"


def _first_sheet(content: bytes, name: str) -> tuple[str, bytes]:
    """Give the name and the XML of the first visible sheet; every part was read whole, and its check sum is right."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if sum(one.file_size for one in file.infolist()) > LARGEST:
                raise SourceBroken(
                    f"{name}: the workbook unpacks to more than {LARGEST >> 20} MiB; is it one of people?"
                )
            names = file.namelist()
            if damaged := file.testzip() or next((one for one in names if names.count(one) > 1), None):
                raise SourceBroken(f"{name}: the workbook is damaged ({damaged})")
            return _visible(file)
    except (LookupError, UnicodeDecodeError):
        raise SourceBroken(f"{name}: this is no Excel workbook (.xlsx) with a visible sheet") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise SourceBroken(
            f"{name}: the workbook is not whole; it was cut off or is still being written ({error})"
        ) from None


def _visible(file: zipfile.ZipFile) -> tuple[str, bytes]:
    relations = map(_attributes, _RELATION.findall(file.read("xl/_rels/workbook.xml.rels").decode()))
    targets = {one["Id"]: one["Target"] for one in relations if one["Type"].endswith("/worksheet")}
    for one in map(_attributes, _SHEET.findall(file.read("xl/workbook.xml").decode())):
        target = targets.get(next((value for key, value in one.items() if key.endswith(":id")), ""))
        if target and one.get("state", "visible") == "visible":
            place = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            return one["name"], file.read(place)
    raise LookupError("no visible sheet")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(text)}


def _prove_extent(part: bytes, where: str) -> None:
    """Raise `SourceBroken` where cells stand so far apart that the area between them is no table of people.

    Whoever reads the sheet makes room for all of the area, also where two cells are all that is in it.
    """
    rows = [int(found) for found in _FAR_ROW.findall(part)]
    columns = [_column(found) for found in set(_WIDE_COLUMN.findall(part))]
    extent = max(rows, default=USUAL_ROWS) * max(columns, default=USUAL_COLUMNS)
    if extent > LARGEST_AREA:
        raise SourceBroken(
            f"{where} reaches to row {max(rows, default=USUAL_ROWS)} and column {max(columns, default=USUAL_COLUMNS)}: "
            "an area of more than "
            f"{LARGEST_AREA // 1_000_000} million cells; delete the cells far away from the table"
        )


def _column(letters: bytes) -> int:
    """Return the number of a column, from 1, by its letters."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - ord("A") + 1
    return index


Place = tuple[int, int]
"""A row and a column, each counted from 0."""


def _special_cells(part: bytes, where: str) -> dict[Place, object]:
    """Return the cells whose values the library does not give: faults, and dates with a time of midnight or a zone.

    Raises `SourceBroken` for a fault that does not say where it stands.
    """
    cells: dict[Place, object] = {}
    for found in _DATE.finditer(part):
        if place := _place_of(found[1]):
            day, time = found[2].decode(), (found[3] or b"").decode()
            cells[place] = day if time in ("", MIDNIGHT) else f"{day}T{time}"
    for pattern, words in (
        (_ERROR, "{} shows an error; mend its formula"),
        (
            _UNCOMPUTED,
            "the formula in {} has no result; open the workbook in Excel and save it, or let the export write values",
        ),
    ):
        for found in pattern.finditer(part):
            place = _place_of(found[1])
            message = f"{where}: {words.format(_place(place[0] + 1, place[1]) if place else 'a cell')}"
            if place is None:
                raise SourceBroken(message)
            cells[place] = Fault(message)
    return cells


def _place_of(attributes: bytes) -> Place | None:
    """Return where a cell stands, by its attributes (`r="B2"`)."""
    found = _PLACE.search(attributes)
    if not found:
        return None
    return int(found[2]) - 1, _column(found[1]) - 1


def _grid(content: bytes, sheet: str, name: str, cells: Mapping[Place, object]) -> list[list[object]]:
    """Return every row from the first on, with `cells` put in.

    Each cell of a merged range has the value that people see in it.
    """
    grid = read_grid(content, sheet, name)
    rows, merged = grid.rows, grid.merged
    for (row, index), value in cells.items():
        if row < len(rows) and index < len(rows[row]):
            rows[row][index] = value
    for (top, left), (bottom, right) in merged:
        for cut in rows[top : bottom + 1]:
            cut[left : right + 1] = [rows[top][left]] * len(cut[left : right + 1])
    return rows


def _place(number: int, index: int) -> str:
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return f"{letters}{number}"
