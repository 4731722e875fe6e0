"""A source that is files, CSV or Excel: of people, departments and rooms."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from syncd.directory.csv_table import Form, Table
from syncd.directory.read_meter import OVERHEAD, READ_LIMITS, ReadLimits, ReadMeter
from syncd.directory.reading import Found
from syncd.directory.rows import NO_ROWS, Reads, Rows, check_columns, is_read, rows_snapshot, shortened
from syncd.directory.settled_file import WAITING, Waiting, read_settled
from syncd.directory.workbook import Sheet, is_workbook
from syncd.errors import SourceBroken
from syncd.model.source import Finding, Snapshot

Values = Mapping[str, tuple[str | bytes, ...]]
Counted = TypeVar("Counted")


class CsvFile(msgspec.Struct, frozen=True):
    """One file, the column with the keys, and the columns that it must have, each with the setting that names it.

    A last row without a line end may have been cut off; `may_end_open` takes it for whole. `may_repeat`: see `Rows`.
    `reads` has the columns whose faults matter.
    """

    path: Path
    key: str
    columns: Mapping[str, str] = {}
    form: Form = Form()
    may_end_open: bool = False
    may_repeat: bool = False
    reads: Reads = None


class CsvSource:
    """Reads people, departments and rooms from files."""

    def __init__(
        self,
        name: str,
        users: CsvFile | None = None,
        departments: CsvFile | None = None,
        rooms: CsvFile | None = None,
        waiting: Waiting = WAITING,
        limits: ReadLimits = READ_LIMITS,
    ) -> None:
        self._name = name
        self._users, self._departments, self._rooms = users, departments, rooms
        self._waiting, self._limits = waiting, limits

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._name

    def read(self) -> Snapshot:
        """Read the files whole; what is not whole, and a mapped column that is not there, is a broken read."""
        meter = ReadMeter(self._name, self._limits)
        users = self._rows("person", self._users, meter, is_first=True)
        departments = self._rows("department", self._departments, meter, is_first=not self._users)
        rooms = self._rows("room", self._rooms, meter, is_first=not (self._users or self._departments))
        return rows_snapshot(self._name, users or NO_ROWS, departments or NO_ROWS, rooms)

    def _rows(self, kind: str, file: CsvFile | None, meter: ReadMeter, *, is_first: bool) -> Rows | None:
        """Read a file; an empty one is doubted where the source is there for nothing before it."""
        if file is None:
            return None
        rows = _read(file, self._waiting, meter)
        if rows.found or not is_first:
            return rows
        nothing = f"source {self._name}: no {kind} is in {file.path.name}; look at what writes it"
        return msgspec.structs.replace(rows, doubts=(*rows.doubts, nothing))


def _read(file: CsvFile, waiting: Waiting, meter: ReadMeter) -> Rows:
    name = file.path.name
    content = read_settled(file.path, meter, waiting)
    if is_workbook(content):
        return _sheet(file, content, meter)
    table = Table(content, name, file.form, file.reads)
    if not table.columns:
        return Rows(key=file.key, doubts=(f"{name} is empty, without even a header",))
    check_columns(f"{name}:{table.header_line}", table.header, file.columns)
    nulls: list[Finding] = []
    found = tuple(_found(row.line, row.values, row.nulls, file, nulls) for row in _counted(table.rows(), meter))
    if table.open_line and not file.may_end_open:
        raise SourceBroken(
            f"{name}:{table.open_line}: the file ends in the middle of a line; it was cut off or is still being "
            'written (an export that never ends its last line needs proof = "none")'
        )
    encoding = table.encoding
    proof = f"{name} was read as {encoding.shown} to its end: {len(found)} rows"
    guess = encoding.shown if encoding.is_guessed else ""
    return Rows(found, file.key, (proof,), may_repeat=file.may_repeat, guessed_encoding=guess, findings=tuple(nulls))


def _sheet(file: CsvFile, content: bytes, meter: ReadMeter) -> Rows:
    name = file.path.name
    sheet = Sheet(content, name, file.form.header_row, file.reads)
    if not sheet.header:
        return Rows(key=file.key, doubts=(f"{name}: sheet {sheet.title} is empty, without even a header",))
    check_columns(f"{name}:{sheet.header_number}", sheet.header, file.columns)
    nulls: list[Finding] = []
    found = tuple(_found(row.number, row.values, row.nulls, file, nulls) for row in _counted(sheet.rows(), meter))
    proof = f"{name} was read to its end: {len(found)} rows of sheet {sheet.title}"
    return Rows(found, file.key, (proof,), may_repeat=file.may_repeat, findings=tuple(nulls))


def _counted(rows: Iterable[Counted], meter: ReadMeter) -> Iterator[Counted]:
    """Yield rows, each counted as an entry."""
    for row in rows:
        meter.take(OVERHEAD)
        yield row


def _found(line: int, values: Values, nulls: Mapping[str, str], file: CsvFile, findings: list[Finding]) -> Found:
    """Return a row by its place, and add a finding where a word stands for no value in columns that are read."""
    locator = f"{file.path.name}:{line}"
    if nulls and (read := [name for name in nulls if is_read(name, file.reads)]):
        columns, word = ", ".join(map(shortened, read)), nulls[read[0]]
        message = f'{locator}: "{word}" stands for no value in {columns}; let the export leave such cells empty'
        findings.append(Finding(locator, "null_word", message))
    return Found(locator, values)
