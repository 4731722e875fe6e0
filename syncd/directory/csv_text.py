"""The bytes of a CSV file as text: which encoding it has, and which delimiter."""

import codecs
import csv
import io
import re
from typing import TextIO

import msgspec

from syncd.errors import SourceBroken

AUTO = "auto"
UTF8, GB18030 = "utf-8", "gb18030"
DELIMITERS = (",", ";", "\t", "|")
_REPLACED = "\ufffd"
_NAMED = re.compile(r"\"?sep=(.)\"?\s*\Z", re.IGNORECASE)
LONGEST_NAMING = 20  # characters of a line that names the delimiter, more than it has


class DelimiterForm(msgspec.Struct, frozen=True):
    """The delimiter that is wanted, and how many lines stand above the header."""

    wanted: str = AUTO
    skipped: int = 0


def encoding_of(content: bytes, name: str, wanted: str = AUTO) -> str:
    """Give the encoding in which the whole file can be read; `auto` is UTF-8, else GB18030.

    Raises `SourceBroken` with the line where neither, or not the one that is wanted, can be.
    """
    if wanted != AUTO:
        if (line := _undecodable(content, wanted)) is not None:
            raise SourceBroken(f"{name}:{line}: this is not {wanted}; set `encoding`, or mend the export")
        return wanted
    line = _undecodable(content, UTF8)
    if line is None:
        return UTF8
    if _is_damaged_utf8(content):
        raise SourceBroken(
            f"{name}:{line}: this is not UTF-8, which the rest of the file is; it was cut off or damaged, "
            "or `encoding` must be set"
        )
    if (other := _undecodable(content, GB18030)) is not None:
        raise SourceBroken(f"{name}:{line}: this is not UTF-8, and line {other} is not GB18030; set `encoding`")
    return GB18030


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


def _undecodable(content: bytes, encoding: str) -> int | None:
    """Give the line of the first bytes that are no text in an encoding."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return None


def _is_damaged_utf8(content: bytes) -> bool:
    """Tell whether what is not UTF-8 is the exception, for almost any bytes can be read as GB18030."""
    if content.startswith(codecs.BOM_UTF8):
        return True
    text = content.decode(UTF8, "replace")
    wrong = text.count(_REPLACED)
    return len(text) - len(text.encode("ascii", "ignore")) - wrong > wrong


def _width(text: TextIO, delimiter: str) -> int:
    try:
        return next((len(row) for row in csv.reader(text, delimiter=delimiter, strict=True) if row), 0)
    except csv.Error:
        return 0
