"""The bytes of a CSV file as text: which encoding it has, and which delimiter."""

import codecs
import csv
import io
from typing import TextIO

from syncd.errors import SourceBroken

AUTO = "auto"
UTF8, GB18030 = "utf-8", "gb18030"
DELIMITERS = (",", ";", "\t", "|")
_REPLACED = "\ufffd"


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


def text_of(content: bytes, encoding: str) -> TextIO:
    """Give the text line by line, line ends kept, without a byte order mark."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding, newline="")
    if text.read(1) != "\ufeff":
        text.seek(0)
    return text


def delimiter_of(content: bytes, encoding: str, name: str, wanted: str = AUTO) -> str:
    """Give what stands between the values: with `auto`, what makes most columns of the header.

    Raises `SourceBroken` where two make as many.
    """
    if wanted != AUTO:
        return wanted
    widths = {one: _width(text_of(content, encoding), one) for one in DELIMITERS}
    most = max(widths.values())
    found = [one for one, width in widths.items() if width == most]
    if most > 1 and len(found) > 1:
        shown = " or ".join(f'"{one}"' for one in found)
        raise SourceBroken(f"{name}:1: the header can be read with {shown} between its columns; set `delimiter`")
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
