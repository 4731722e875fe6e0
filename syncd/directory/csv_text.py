"""The bytes of a CSV file as text, and which delimiter it has."""

import csv
import io
import re
from typing import TextIO

import msgspec

from syncd.directory.csv_encoding import AUTO
from syncd.errors import SourceBroken

DELIMITERS = (",", ";", "\t", "|")
_NAMED = re.compile(r"\"?sep=(.)\"?\s*\Z", re.IGNORECASE)
LONGEST_NAMING = 20  # characters of a line that names the delimiter, more than it has


class DelimiterForm(msgspec.Struct, frozen=True):
    """The delimiter that is wanted, and how many lines stand above the header."""

    wanted: str = AUTO
    skipped: int = 0


def text_of(content: bytes, encoding: str, skipped: int = 0) -> TextIO:
    """Return the text line by line, line ends kept, without a byte order mark and its first lines."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    if text.read(1) != "\ufeff":
        text.seek(0)
    for _ in range(skipped):
        text.readline()
    return text


def named_delimiter(content: bytes, encoding: str) -> str:
    """Return the delimiter that the first line names, as Excel writes and reads it (`sep=;`), or empty text."""
    found = _NAMED.match(text_of(content, encoding).readline(LONGEST_NAMING))
    return found[1] if found else ""


def delimiter_of(content: bytes, encoding: str, where: str, form: DelimiterForm) -> str:
    """Return what stands between the values: with `auto`, what makes most columns of the header.

    Raises `SourceBroken` where two make as many; `where` is its file and line.
    """
    if form.wanted != AUTO:
        return form.wanted
    widths = {one: _width(text_of(content, encoding, form.skipped), one) for one in DELIMITERS}
    most = max(widths.values())
    found = [one for one, width in widths.items() if width == most]
    if most > 1 and len(found) > 1:
        shown = " or ".join(f'"{one}"' for one in found)
        raise SourceBroken(f"{where}: the header can be read with {shown} between its columns; set `delimiter`")
    return found[0]


def _width(text: TextIO, delimiter: str) -> int:
    try:
        return next((len(row) for row in csv.reader(text, delimiter=delimiter, strict=True) if row), 0)
    except csv.Error:
        return 0
