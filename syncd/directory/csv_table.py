"""CSV files (RFC 4180): a header with the names of the columns, then a row for each entry."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

import msgspec

from syncd.directory.csv_encoding import AUTO, encoding_of
from syncd.directory.csv_text import DelimiterForm, delimiter_of, named_delimiter, text_of
from syncd.directory.rows import Reads, is_read, shortened, usable_columns
from syncd.directory.spreadsheet_marks import error_in, stands_for_nothing, unwrapped
from syncd.errors import SourceBroken


class Form(msgspec.Struct, frozen=True):
    """How a file is written; `auto` finds out. What stands above the line `header_row` is passed over."""

    encoding: str = AUTO
    delimiter: str = AUTO
    header_row: int = 1


class Row(msgspec.Struct, frozen=True):
    """One row: the line that it begins on, and its values by lower-case column; an empty cell is no value.

    `nulls` has the columns in which a word stands for no value, with that word.
    """

    line: int
    values: Mapping[str, tuple[str, ...]]
    nulls: Mapping[str, str] = {}


LARGEST_CELL = 131_072
"""Characters of a cell that is read: more is a picture, or a quote that is never closed."""
csv.field_size_limit(1 << 26)
Cells = tuple[int, list[str]]


class Table:
    """A file, made ready to be read row by row; `reads` has the columns whose faults matter.

    `encoding` is the one that was taken.

    Raises `SourceBroken` with file and line where it cannot be decoded or its header is no header; an empty file has no
    columns.
    """

    def __init__(self, content: bytes, name: str, form: Form, reads: Reads = None) -> None:
        self.encoding = encoding_of(content, name, form.encoding)
        encoding = self.encoding.name
        named = named_delimiter(content, encoding)
        skipped = max(form.header_row - 1, 1 if named else 0)
        wanted = named if named and form.delimiter == AUTO else form.delimiter
        delimiter = delimiter_of(content, encoding, f"{name}:{skipped + 1}", DelimiterForm(wanted, skipped))
        self._name = name
        self._reads = reads
        self._records = _Records(text_of(content, encoding, skipped), delimiter, name, skipped)
        self.header_line, header = next((one for one in self._records if _is_filled(one[1])), (1, []))
        self._header_width = len(header)
        while header and not header[-1].strip():
            header.pop()
        self._width = len(header)
        header = [unwrapped(one) for one in header]
        self._columns = usable_columns(f"{name}:{self.header_line}", header, reads)
        self.header = tuple(one.strip() for one in header if one.strip())

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that have one of their own, in lower case."""
        return tuple(self._columns.values())

    @property
    def open_line(self) -> int | None:
        """Give, once all rows were read, the line of a last row without a line end, as a file that was cut off has."""
        return self._records.open_line

    def rows(self) -> Iterator[Row]:
        """Yield the rows that have any value; raises `SourceBroken` with file and line where one is not whole.

        Columns may be empty at the right, without a name or a value, in all rows alike: a row of another width has lost
        a value, or one that is not quoted has moved the others.
        """
        width = 0
        for line, cells in self._records:
            if not _is_filled(cells):
                continue
            if len(cells) < self._width or (len(cells) > self._width and _is_filled(cells[self._width :])):
                raise self._broken(line, f"there are {len(cells)} fields where the header has {self._header_width}")
            width = width or len(cells)
            if len(cells) != width:
                raise self._broken(line, f"there are {len(cells)} fields where the rows before have {width}")
            texts = {name: text for place, name in self._columns.items() if (text := unwrapped(cells[place])).strip()}
            self._check_cells(line, texts)
            nulls = {name: text.strip() for name, text in texts.items() if stands_for_nothing(text)}
            values = {name: (text,) for name, text in texts.items() if name not in nulls}
            if values:
                yield Row(line, values, nulls)

    def _check_cells(self, line: int, texts: Mapping[str, str]) -> None:
        """Raise `SourceBroken` where a column that is read shows an error, or has what is no text of a person."""
        for name, text in texts.items():
            if len(text) > LARGEST_CELL and is_read(name, self._reads):
                raise SourceBroken(
                    f"{self._name}:{line}: a cell has more than {LARGEST_CELL} characters: a quote is never closed, "
                    "or it is a picture, which wants a file of its own"
                )
            if (error := error_in(text)) and is_read(name, self._reads):
                raise SourceBroken(f'{self._name}:{line}: "{shortened(name)}" shows {error}; mend its formula')

    def _broken(self, line: int, what: str) -> SourceBroken:
        return SourceBroken(
            f"{self._name}:{line}: {what}; the file was cut off, or a value that holds the delimiter is not quoted"
        )


def _is_filled(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)


class _Records:
    """The records of a text with the line that each begins on; lines with nothing on them are left out."""

    def __init__(self, text: TextIO, delimiter: str, name: str, skipped: int) -> None:
        self._name = name
        self._skipped = skipped
        self._lines = _Lines(text)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        apart = re.escape(delimiter)
        field = f'(?:"(?:[^"]|"")*"|[ \']*="[^"\r\n{apart}]*" *|[^"\r\n{apart}]*)'
        self._record = re.compile(f"{field}(?:{apart}{field})*[\r\n]*\\Z")
        self.open_line: int | None = None

    def __iter__(self) -> Iterator[Cells]:
        return self

    def __next__(self) -> Cells:
        while True:
            line = self._skipped + self._reader.line_num + 1
            self._lines.taken.clear()
            try:
                cells = next(self._reader)
            except csv.Error as error:
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
