"""Excel workbooks (.xlsx, ECMA-376): the first visible sheet as a header and rows."""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

import msgspec

from syncd.directory.cell_values import Values, values_of
from syncd.directory.rows import check_columns, column
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
_PLACE = re.compile(rb"\br=[\"']([A-Z]+[0-9]+)")


class SheetRow(msgspec.Struct, frozen=True):
    """One row: its number in the sheet, and its values by lower-case column; an empty cell is no value."""

    number: int
    values: dict[str, Values]


def is_workbook(content: bytes) -> bool:
    """Tell by its first bytes, whatever its name, whether a file is Excel's and not a text."""
    return content.startswith((ZIP, OLE))


class Sheet:
    """The first visible sheet of a workbook; the first row with anything in it has the names of the columns.

    Raises `SourceBroken` where the file is not whole, has a password or is too large, and where a formula has no
    result or an error: what a program wrote that computes nothing, or what Excel could not compute.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        if content.startswith(OLE):
            raise SourceBroken(f"{name}: {_of_old_container(content)}")
        sheet, part = _first_sheet(content, name)
        _check_formulas(part, f"{name}: sheet {sheet}")
        self.title = sheet
        self._rows = _grid(content, sheet, name)
        self.header_number = next((number for number, row in enumerate(self._rows, 1) if any(map(_is_filled, row))), 1)
        first = self._rows[self.header_number - 1] if self._rows else []
        names = [" ".join("".join(values_of(one)).split()) for one in first]  # type: ignore[arg-type]
        self.header = tuple(one for one in names if one)
        self._columns = [column(one) for one in names]
        check_columns(f"{name}:{self.header_number}", self.header, {})

    def rows(self) -> Iterator[SheetRow]:
        """Give the rows that have any value; raises `SourceBroken` where one stands outside the columns."""
        for number, row in enumerate(self._rows[self.header_number :], self.header_number + 1):
            cells = [self._cell(value, number, index) for index, value in enumerate(row)]
            values = {name: cell for name, cell in zip(self._columns, cells, strict=True) if cell}
            if "" in values:
                place = _place(number, next(i for i, one in enumerate(cells) if one and not self._columns[i]))
                raise SourceBroken(f"{self._name}: {place} has a value, and its column no name in the header")
            if values:
                yield SheetRow(number, values)

    def _cell(self, value: object, number: int, index: int) -> Values:
        if isinstance(value, float) and abs(value) >= MOST_DIGITS and value.is_integer():
            raise SourceBroken(
                f"{self._name}: {_place(number, index)} is a number of more than 15 digits, of which Excel keeps 15; "
                "let the column be text"
            )
        return values_of(value)


def _is_filled(value: object) -> bool:
    return bool(values_of(value))


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
        target = targets.get(next(value for key, value in one.items() if key.endswith(":id")))
        if target and one.get("state", "visible") == "visible":
            place = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            return one["name"], file.read(place)
    raise LookupError("no visible sheet")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(text)}


def _check_formulas(part: bytes, where: str) -> None:
    if found := _ERROR.search(part):
        raise SourceBroken(f"{where}: {_cell_of(found[1])} shows an error; mend its formula")
    if found := _UNCOMPUTED.search(part):
        raise SourceBroken(
            f"{where}: the formula in {_cell_of(found[1])} has no result; open the workbook in Excel and save it, "
            "or let the export write values"
        )


def _cell_of(attributes: bytes) -> str:
    found = _PLACE.search(attributes)
    return found[1].decode() if found else "a cell"


def _grid(content: bytes, sheet: str, name: str) -> list[list[object]]:
    """Give every row from the first on; each cell of a merged range has the value that people see in it."""
    import python_calamine  # noqa: PLC0415 - slow to load, and most files of this kind of source are CSV

    try:
        with python_calamine.CalamineWorkbook.from_object(io.BytesIO(content)) as book:
            found = book.get_sheet_by_name(sheet)
            rows: list[list[object]] = [list(row) for row in found.to_python(skip_empty_area=False)]
            merged = found.merged_cell_ranges or []
    except python_calamine.CalamineError as error:
        raise SourceBroken(f"{name}: the workbook cannot be read: {error}") from None
    for (top, left), (bottom, right) in merged:
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


def _place(number: int, index: int) -> str:
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return f"{letters}{number}"
