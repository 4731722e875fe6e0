"""CSV files (RFC 4180): a header with the names of the columns, then a row for each entry."""

import csv
import re
from collections.abc import Iterator, Mapping
from typing import TextIO

import msgspec

from syncd.directory.csv_text import AUTO, delimiter_of, encoding_of, text_of
from syncd.directory.rows import check_columns, column
from syncd.errors import SourceBroken


class Form(msgspec.Struct, frozen=True):
    """How a file is written; `auto` finds out."""

    encoding: str = AUTO
    delimiter: str = AUTO


class Row(msgspec.Struct, frozen=True):
    """One row: the line that it begins on, and its values by lower-case column; an empty cell is no value."""

    line: int
    values: Mapping[str, tuple[str, ...]]


TOO_LARGE = "field larger than field limit"
Cells = tuple[int, list[str]]


class Table:
    """A file, made ready to be read row by row.

    Raises `SourceBroken` with file and line where it cannot be decoded or its header is no header; an empty file has no
    columns.
    """

    def __init__(self, content: bytes, name: str, form: Form) -> None:
        encoding = encoding_of(content, name, form.encoding)
        delimiter = delimiter_of(content, encoding, name, form.delimiter)
        self._name = name
        self._records = _Records(text_of(content, encoding), delimiter, name)
        self.header_line, header = next(self._records, (1, []))
        self.header = tuple(one.strip() for one in header)
        self.columns = tuple(column(one) for one in header)
        self._check_header()

    def _check_header(self) -> None:
        where = f"{self._name}:{self.header_line}"
        if "" in self.columns:
            raise SourceBroken(f"{where}: column {self.columns.index('') + 1} of the header has no name")
        check_columns(where, self.header, {})

    @property
    def open_line(self) -> int | None:
        """Give, once all rows were read, the line of a last row without a line end, as a file that was cut off has."""
        return self._records.open_line

    def rows(self) -> Iterator[Row]:
        """Give the rows that have any value; raises `SourceBroken` with file and line where one is not whole."""
        wanted = len(self.columns)
        for line, cells in self._records:
            if len(cells) != wanted:
                raise SourceBroken(
                    f"{self._name}:{line}: there are {len(cells)} fields where the header has {wanted}; the file was "
                    "cut off, or a value that holds the delimiter is not quoted"
                )
            values = {name: (cell,) for name, cell in zip(self.columns, cells, strict=True) if cell and cell.strip()}
            if values:
                yield Row(line, values)


class _Records:
    """The records of a text with the line that each begins on; lines with nothing on them are left out."""

    def __init__(self, text: TextIO, delimiter: str, name: str) -> None:
        self._name = name
        self._lines = _Lines(text)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        apart = re.escape(delimiter)
        field = f'(?:"(?:[^"]|"")*"|[^"\r\n{apart}]*)'
        self._record = re.compile(f"{field}(?:{apart}{field})*[\r\n]*\\Z")
        self.open_line: int | None = None

    def __iter__(self) -> Iterator[Cells]:
        return self

    def __next__(self) -> Cells:
        while True:
            line = self._reader.line_num + 1
            self._lines.taken.clear()
            try:
                cells = next(self._reader)
            except csv.Error as error:
                if TOO_LARGE in str(error):
                    raise SourceBroken(
                        f"{self._name}:{line}: a cell has more than {csv.field_size_limit()} characters: a quote is "
                        "never closed, or it is a picture, which wants a file of its own"
                    ) from None
                raise self._broken(line, f"the quoting is wrong ({error})") from error
            self._check(line, cells)
            if cells and (len(cells) > 1 or cells[0].strip()):
                return line, cells

    def _check(self, line: int, cells: list[str]) -> None:
        """Look at the text of a record; the module for CSV lets a quote stand where none may (RFC 4180, 2.5)."""
        taken = self._lines.taken
        self.open_line = None if taken[-1].endswith(("\n", "\r")) else line
        if any('"' in cell for cell in cells) and not self._record.match("".join(taken)):
            raise self._broken(line, "a quote stands in a value that is not quoted")
        if any("\0" in cell for cell in cells):
            raise SourceBroken(f"{self._name}:{line}: this is no text; if it is UTF-16, set `encoding`")

    def _broken(self, line: int, what: str) -> SourceBroken:
        return SourceBroken(
            f"{self._name}:{line}: {what}; the file was cut off, or a value that holds a quote is not written as RFC "
            '4180 wants: in quotes, its own doubled ("")'
        )


class _Lines:
    """The lines of a text; `taken` has those that were asked for since it was last emptied."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.taken.append(line)
        return line
