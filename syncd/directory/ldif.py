"""LDIF files, content records only (RFC 2849)."""

import base64
import binascii
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from syncd.errors import SourceBroken, SourceUnreachable

_ATTRIBUTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9-]+)*\Z")
_CHANGES = frozenset({"changetype", "control"})
_BEGINNINGS = frozenset({"dn", "version"})
"""What begins an entry or a file, and is no attribute of an entry (RFC 2849, ldif-attrval-record)."""
Line = tuple[int, bytes]


class Record(msgspec.Struct, frozen=True):
    """One entry of a file: its DN, its values by lower-case attribute name, and the line that it begins on.

    A value is text where it is UTF-8, else bytes.
    """

    dn: str
    attributes: Mapping[str, tuple[str | bytes, ...]]
    line: int


def read_records(path: Path) -> Iterator[Record]:
    """Give the entries of a file, one at a time.

    Raises `SourceUnreachable` where the file cannot be read, `SourceBroken` with file and line where it is not LDIF,
    has change records, or ends in the middle of an entry.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceUnreachable(f"{path}: the LDIF file cannot be read: {error.strerror}") from error
    return records(content, path.name)


def records(content: bytes, name: str) -> Iterator[Record]:
    """Give the entries of an LDIF text; `name` is what errors call it."""
    if content and not content.endswith((b"\n", b"\r")):
        last = content.count(b"\n") + 1
        raise _broken(name, last, "the file ends in the middle of a line; it was cut off or is still being written")
    block: list[Line] = []
    is_first = True
    for line in _logical_lines(content, name):
        if line[1]:
            block.append(line)
        elif block:
            yield from _record(block, name, is_first)
            block, is_first = [], False
    if block:
        yield from _record(block, name, is_first)


def _logical_lines(content: bytes, name: str) -> Iterator[Line]:
    """Give the lines with folded ones joined and comments left out; an empty one ends a record."""
    start = 0
    parts: list[bytes] = []
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if raw.startswith(b" "):
            if not parts:
                raise _broken(name, number, "a folded line follows nothing that it could continue")
            parts.append(raw[1:])
            continue
        if parts and not parts[0].startswith(b"#"):
            yield start, b"".join(parts)
        start, parts = number, [raw] if raw else []
        if not raw:
            yield number, b""
    if parts and not parts[0].startswith(b"#"):
        yield start, b"".join(parts)


def _record(block: list[Line], name: str, is_first: bool) -> Iterator[Record]:  # noqa: FBT001 - a fact about the block
    if is_first and block[0][1].lower().startswith(b"version:"):
        number, line = block.pop(0)
        if line.partition(b":")[2].strip() != b"1":
            raise _broken(name, number, "the version is not 1, the only one that RFC 2849 knows")
        if not block:
            return
    start, dn = block[0][0], _distinguished_name(block[0], name)
    values: dict[str, list[str | bytes]] = {}
    for entry_line in block[1:]:
        attribute, value = _value(entry_line, name)
        if attribute in _CHANGES:
            raise _broken(name, entry_line[0], f"{dn} is a change record; export entries, not changes")
        if attribute in _BEGINNINGS:
            raise _broken(
                name,
                entry_line[0],
                f'"{attribute}:" stands within the entry {dn}, which begins on line {start}; the line that separates '
                "two entries must be there and have nothing in it, not even a blank",
            )
        values.setdefault(attribute, []).append(value)
    if not values:
        raise _broken(name, start, f"{dn} has no attribute; the file was cut off or is still being written")
    yield Record(dn, {attribute: tuple(all_) for attribute, all_ in values.items()}, start)


def _distinguished_name(line: Line, name: str) -> str:
    attribute, value = _value(line, name)
    if attribute != "dn" or isinstance(value, bytes):
        raise _broken(name, line[0], 'an entry begins with "dn:" and a DN in UTF-8')
    return value


def _value(line: Line, name: str) -> tuple[str, str | bytes]:
    """Give the attribute and the value of one line: plain, or base64 after two colons."""
    number, text = line
    head, colon, rest = text.partition(b":")
    attribute = head.decode(errors="replace")
    if not colon or not _ATTRIBUTE.match(attribute):
        raise _broken(name, number, f'"{attribute[:40]}" is not an attribute, a colon and a value')
    if rest.startswith(b"<"):
        raise _broken(name, number, f"the value of {attribute} is a URL; values from elsewhere are not fetched")
    raw = _decoded_base64(rest[1:], name, number) if rest.startswith(b":") else rest.lstrip(b" ")
    attribute = sys.intern(attribute.lower())  # there are few names, and each stands in every entry
    try:
        return attribute, raw.decode()
    except UnicodeDecodeError:
        return attribute, raw


def _decoded_base64(text: bytes, name: str, number: int) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise _broken(name, number, "the value after :: is not base64; it was cut off or damaged") from error


def _broken(name: str, number: int, what: str) -> SourceBroken:
    return SourceBroken(f"{name}:{number}: {what}")
