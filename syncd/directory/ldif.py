"""LDIF files (RFC 2849): entries, as content or as changes that only add, and what ldapsearch writes beside them."""

import base64
import binascii
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from syncd.directory.bounded_file import read_bounded
from syncd.directory.ldif_searches import Line, Searches
from syncd.directory.read_meter import ReadMeter
from syncd.errors import SourceBroken, SourceUnreachable

# Underscores are in no standard, and servers have them.
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:;[A-Za-z0-9_.=*-]+)*\Z")
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15}|\*)\Z")
_RANGE_OPTION = ";range="
_BEGINNINGS = frozenset({"dn", "version", "changetype"})
"""What begins an entry or a file, and is no attribute of an entry (RFC 2849, ldif-attrval-record)."""
NO_FAULTS: Mapping[str, "Fault"] = {}


class Fault(msgspec.Struct, frozen=True):
    """Why the values of an attribute are not, or not all, in the file, and on which line it says so."""

    line: int
    message: str


class Record(msgspec.Struct, frozen=True):
    """One entry of a file: its DN, its values by lower-case attribute name, and the line that it begins on.

    A value is text where it is UTF-8, else bytes. `unread` has the attributes whose values the file does not have.
    """

    dn: str
    attributes: Mapping[str, tuple[str | bytes, ...]]
    line: int
    unread: Mapping[str, Fault] = NO_FAULTS


def read_ldif(path: Path, meter: ReadMeter, *, may_end_open: bool = False) -> "LdifText":
    """Return the entries of a file; raises `SourceUnreachable` where it cannot be read.

    Raises `SourceBroken` where it has more than the meter allows.
    """
    try:
        content = read_bounded(path, meter)
    except OSError as error:
        raise SourceUnreachable(f"{path}: the LDIF file cannot be read: {error.strerror}") from error
    return LdifText(content, path.name, may_end_open=may_end_open)


def records(content: bytes, name: str) -> Iterator[Record]:
    """Yield the entries of an LDIF text; `name` is what errors call it."""
    return iter(LdifText(content, name))


class LdifText:
    """The entries of a text, one at a time; `searches` knows all that it says once they were read.

    Iterating raises `SourceBroken` with file and line where the text is no LDIF, has records that change or delete
    entries, or ends in the middle of an entry. `may_end_open` takes a last line without its end for whole.
    """

    def __init__(self, content: bytes, name: str, *, may_end_open: bool = False) -> None:
        self._content, self._name, self._may_end_open = content, name, may_end_open
        self.searches = Searches(name)

    def __iter__(self) -> Iterator[Record]:
        self._check_bytes()
        bare: Record | None = None
        for block in self._blocks():
            if bare:
                yield bare
            record = self._record(block)
            bare = record if record and not record.attributes and not record.unread else None
            if record and not bare:
                yield record
        if bare:
            raise self._broken(bare.line, f"{bare.dn} has no attribute; the file was cut off or is still being written")
        self.searches.check_end()

    def _check_bytes(self) -> None:
        content = self._content
        if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:2]:
            raise self._broken(
                1, "this is UTF-16, and LDIF is UTF-8 (RFC 2849); let ldifde write it without -u, or save it as UTF-8"
            )
        if content and not content.endswith((b"\n", b"\r")) and not self._may_end_open:
            raise self._broken(
                content.count(b"\n") + 1,
                "the file ends in the middle of a line; it was cut off or is still being written "
                '(an export that never ends its last line needs proof = "none")',
            )

    def _blocks(self) -> Iterator[list[Line]]:
        """Yield the lines between two empty ones, without a `version: 1` that stands before them."""
        block: list[Line] = []
        for line in self._logical_lines():
            if line[1]:
                block.append(line)
            elif block:
                yield from self._without_version(block)
                block = []
        if block:
            yield from self._without_version(block)

    def _without_version(self, block: list[Line]) -> Iterator[list[Line]]:
        """Yield the block unless nothing is left of it; files that were joined have several versions."""
        if block[0][1][:8].lower() == b"version:":
            number, line = block.pop(0)
            if line.partition(b":")[2].strip() != b"1":
                raise self._broken(number, "the version is not 1, the only one that RFC 2849 knows")
        if block:
            yield block

    def _logical_lines(self) -> Iterator[Line]:
        """Yield the lines with folded ones joined and comments left out; an empty one ends a block."""
        start = 0
        parts: list[bytes] = []
        for number, raw in enumerate(self._content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
            if raw.startswith(b" "):
                if not parts:
                    raise self._broken(number, "a folded line follows nothing that it could continue")
                parts.append(raw[1:])
                continue
            if parts:
                yield from self._line(start, parts)
            start, parts = number, [raw] if raw else []
            if not raw:
                yield number, b""
        if parts:
            yield from self._line(start, parts)

    def _line(self, number: int, parts: list[bytes]) -> Iterator[Line]:
        line = number, b"".join(parts)
        if parts[0].startswith(b"#"):
            self.searches.hear_comment(line)
        else:
            yield line

    def _record(self, block: list[Line]) -> Record | None:
        """Return the entry of a block, nothing where it is what ldapsearch says of a search."""
        start = block[0][0]
        if block[0][1][:3].lower() != b"dn:":
            if self.searches.takes(start, [self._text_field(line) for line in block]):
                return None
            raise self._broken(start, 'an entry begins with "dn:" and a DN in UTF-8')
        dn = self._distinguished_name(block[0])
        values: dict[str, list[str | bytes]] = {}
        unread: dict[str, Fault] = {}
        lines: dict[str, int] = {}
        for position, line in enumerate(block[1:]):
            attribute, value = self._value(line)
            if attribute in _BEGINNINGS or attribute == "control":
                self._check_beginning(dn, block, position, (attribute, value))
            elif value is None:
                unread[attribute] = Fault(
                    line[0], f"the value of {attribute} is a URL; values from elsewhere are not fetched"
                )
            else:
                values.setdefault(attribute, []).append(value)
                if _RANGE_OPTION in attribute:
                    lines.setdefault(attribute, line[0])
        attributes = {attribute: tuple(all_) for attribute, all_ in values.items()}
        if lines:
            attributes, cut = _joined_ranges(attributes, lines)
            unread |= cut
        return Record(dn, attributes, start, unread)

    def _check_beginning(
        self, dn: str, block: Sequence[Line], position: int, field: tuple[str, str | bytes | None]
    ) -> None:
        """Pass over `changetype: add` right after the DN; raise `SourceBroken` at whatever else begins something."""
        attribute, value = field
        number = block[position + 1][0]
        is_first = position == 0
        if attribute == "control" or (attribute == "changetype" and is_first):
            change = value.strip().lower() if isinstance(value, str) else ""
            if attribute == "changetype" and change == "add":
                return
            what = f"changetype: {change}" if attribute == "changetype" else "control"
            raise self._broken(
                number, f"{dn} is a change record ({what}); export entries: of changes only those that add are read"
            )
        raise self._broken(
            number,
            f'"{attribute}:" stands within the entry {dn}, which begins on line {block[0][0]}; the line that separates '
            "two entries must be there and have nothing in it, not even a blank",
        )

    def _distinguished_name(self, line: Line) -> str:
        _, value = self._value(line)
        if not isinstance(value, str):
            raise self._broken(line[0], 'an entry begins with "dn:" and a DN in UTF-8')
        return value

    def _text_field(self, line: Line) -> tuple[str, str]:
        attribute, value = self._value(line)
        return attribute, value if isinstance(value, str) else ""

    def _value(self, line: Line) -> tuple[str, str | bytes | None]:
        """Return attribute and value of a line: plain, base64 after two colons, nothing where it is a URL."""
        number, text = line
        head, colon, rest = text.partition(b":")
        attribute = head.decode(errors="replace")
        if not colon or not _ATTRIBUTE.match(attribute):
            raise self._broken(number, f'"{attribute[:40]}" is not an attribute, a colon and a value')
        attribute = sys.intern(attribute.lower())  # there are few names, and each stands in every entry
        if rest.startswith(b"<"):
            return attribute, None
        raw = self._decoded_base64(rest[1:], number) if rest.startswith(b":") else rest.lstrip(b" ")
        try:
            return attribute, raw.decode()
        except UnicodeDecodeError:
            return attribute, raw

    def _decoded_base64(self, text: bytes, number: int) -> bytes:
        try:
            return base64.b64decode(text.strip(), validate=True)
        except binascii.Error as error:
            raise self._broken(number, "the value after :: is not base64; it was cut off or damaged") from error

    def _broken(self, number: int, what: str) -> SourceBroken:
        return SourceBroken(f"{self._name}:{number}: {what}")


def _joined_ranges(
    attributes: Mapping[str, tuple[str | bytes, ...]], lines: Mapping[str, int]
) -> tuple[dict[str, tuple[str | bytes, ...]], dict[str, Fault]]:
    """Return the attributes with the ranges of each joined (MS-ADTS 3.1.1.3.1.3.3), and those that are not whole."""
    plain = {attribute: values for attribute, values in attributes.items() if attribute not in lines}
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for attribute in lines:
        by_name[attribute.partition(_RANGE_OPTION)[0]].append(attribute)
    cut: dict[str, Fault] = {}
    for name, parts in by_name.items():
        ordered = sorted(parts, key=_range_begin)
        plain[name] = (*plain.get(name, ()), *(value for part in ordered for value in attributes[part]))
        if not _is_whole_range(ordered):
            ranges = ", ".join(part.rpartition(";")[2] for part in ordered)
            cut[name] = Fault(
                lines[ordered[0]],
                f"of {name} the file has {ranges}, which are not all its values; export the others too",
            )
    return plain, cut


def _range_begin(attribute: str) -> int:
    found = _RANGE.match(attribute.partition(_RANGE_OPTION)[2])
    return int(found[1]) if found else -1


def _is_whole_range(ordered: Sequence[str]) -> bool:
    """Whether ranges in their order begin at 0, follow each other and end with `*`."""
    follows: int | None = 0
    for attribute in ordered:
        found = _RANGE.match(attribute.partition(_RANGE_OPTION)[2])
        if found is None or follows is None or int(found[1]) != follows:
            return False
        follows = None if found[2] == "*" else int(found[2]) + 1
    return follows is None
