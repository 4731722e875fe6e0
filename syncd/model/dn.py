"""Distinguished names, parsed (RFC 4514) and never cut by hand.

A parsed DN is a tuple of normalised RDNs from the entry up to the root: attribute types by their usual names, values
folded letter by letter as servers match them (RFC 4518, in Unicode 3.2), with spaces at the ends removed and inner ones
collapsed, the parts of a multi-valued RDN sorted.

The parsed form serves to look entries up, and never to tell whether two of them are one: that is the key's part. It
folds no more than a server's own matching does. So `Maß` and `Mass`, which a server holds as two entries, are two here.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator

from syncd.errors import SourceBroken
from syncd.model.attribute_names import usual_name

Path = tuple[str, ...]
OPAQUE = "\\\\"  # no RDN in normal form begins so
UNICODE = unicodedata.ucd_3_2_0
CAPITALS = frozenset({"Lu", "Lt"})
_HEX = "0123456789abcdefABCDEF"
_SPECIAL = '"+,;<>\\ #='
_DEEPEST_SHARED = 64  # levels; what stands deeper is parsed at once, without what many entries share
_BER_TEXTS = {0x04: "utf-8", 0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii"}
_BER_TEXTS |= {0x1C: "utf-32-be", 0x1E: "utf-16-be"}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PARTS = re.compile(r"([^+=]+)=((?:[^\\+]|\\.)*)", re.DOTALL)
_TYPE = re.compile(r"(?:[Oo][Ii][Dd]\.\d+(?:\.\d+)*|[A-Za-z][A-Za-z0-9_-]*|\d+(?:\.\d+)*)\Z")


def parse(dn: str) -> Path:
    """Parse a DN; the empty DN is the root. Raises `SourceBroken` where it is not one."""
    head, _, above = dn.partition(",")
    is_shared = above.strip() and not any(letter in head for letter in '\\;+"') and dn.count(",") <= _DEEPEST_SHARED
    if is_shared and (path := _above(above)) is not None:
        return (_rdn([head], dn), *path)
    return () if not dn.strip() else tuple(_rdn(parts, dn) for parts in _rdns(dn))


@functools.lru_cache(4096)
def _above(dn: str) -> Path | None:
    """Parse what many entries stand below; nothing where that is no DN."""
    try:
        return parse(dn)
    except SourceBroken:
        return None


def place(text: str) -> Path:
    """Return the parsed form of a DN that a directory gave; of a text that is none a path of its own.

    Such a path equals that of the same text alone and is below nothing, so that one odd DN stops nobody else. What an
    administrator wrote is parsed by `parse`, which says what is wrong.
    """
    try:
        return parse(text)
    except SourceBroken:
        return (f"{OPAQUE}{text}",)


def is_opaque(path: Path) -> bool:
    """Whether a path stands for a text that is no DN."""
    return len(path) == 1 and path[0].startswith(OPAQUE)


def is_below(path: Path, base: Path) -> bool:
    """Tell whether an entry is the base or stands below it."""
    return len(path) >= len(base) and path[len(path) - len(base) :] == base


def parent(path: Path) -> Path:
    """Give the DN above an entry."""
    return path[1:]


def rdn_of(dn: str) -> str:
    """Return the first RDN of a DN as it is written there, escapes and all."""
    return "+".join(next(_rdns(dn))).strip()


def named_by(path: Path) -> dict[str, str]:
    """Return what an entry's RDN is made of: the values, as `value_form` gives them, by attribute type."""
    return dict(_PARTS.findall(path[0])) if path else {}


def value_form(text: str) -> str:
    """Return the value of an attribute as it stands in the RDN of a parsed DN."""
    form = " ".join(part for part in folded(text).split(" ") if part)
    return form.replace("\\", "\\\\").replace("+", "\\+").replace("=", "\\=")


def _rdn(parts: list[str], dn: str) -> str:
    """Give one RDN in normal form from its `type=value` parts, escapes and all."""
    return "+".join(sorted(_normal(part, dn) for part in parts))


def _normal(part: str, dn: str) -> str:
    kind, equals, value = part.partition("=")
    if not equals or not _TYPE.match(kind.strip()):
        raise SourceBroken(f'the DN "{dn}" has "{part.strip()}" where type=value was expected')
    return f"{usual_name(kind)}={value_form(_unescaped(value, dn))}"


def folded(text: str) -> str:
    """Return a text as servers compare it in any letter case (RFC 4518, 2.2 and 2.3), letter by letter.

    A letter becomes its own small letter and never two letters, and only letters of Unicode 3.2 do.
    """
    return text.lower() if text.isascii() else UNICODE.normalize("NFKC", text.translate(_SMALL))


class _SmallLetters(dict[int, int]):
    """The small letter of each letter that has been asked for, by code point."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        small = letter.lower() if UNICODE.category(letter) in CAPITALS else letter
        self[code] = ord(small) if len(small) == 1 else code
        return self[code]


_SMALL = _SmallLetters()


def _rdns(dn: str) -> Iterator[list[str]]:
    """Cut a DN at commas (or semicolons) that are neither escaped nor quoted, and each RDN at such plus signs."""
    parts, start, at = [], 0, 0
    while at < len(dn):
        if dn[at] == "\\":
            at += 1
        elif dn[at] == '"' and not dn[start:at].partition("=")[2].strip(" ") and "=" in dn[start:at]:
            at = _end_of_quotes(dn, at)
        elif dn[at] in ",;+":
            parts.append(dn[start:at])
            start = at + 1
            if dn[at] != "+":
                yield parts
                parts = []
        at += 1
    parts.append(dn[start:])
    yield parts


def _end_of_quotes(dn: str, at: int) -> int:
    """Return where the quotes end that begin here (RFC 2253, 4), or here, where they do not end and are no quotes."""
    found = _QUOTED.match(dn, at)
    return found.end() - 1 if found else at


def _unescaped(value: str, dn: str) -> str:
    """Return the text of a value: quotes, escapes and hex pairs undone, unescaped spaces at the ends gone."""
    value = _stripped(value)
    if value.startswith("#"):
        return _hex_value(_hex_bytes(value[1:], dn))
    if quoted := _QUOTED.fullmatch(value):
        value = quoted[1]
    out, at = bytearray(), 0
    while at < len(value):
        if value[at] != "\\":
            out += value[at].encode(errors="surrogateescape")
            at += 1
        elif value[at + 1 : at + 2] in _SPECIAL and at + 1 < len(value):
            out += value[at + 1].encode()
            at += 2
        else:
            out += _hex_bytes(value[at + 1 : at + 3], dn)
            at += 3
    return _text(bytes(out))


def _stripped(value: str) -> str:
    value = value.lstrip(" ")
    bare = value.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and len(value) > len(bare) else bare


def _hex_bytes(text: str, dn: str) -> bytes:
    if not text or len(text) % 2 or any(digit not in _HEX for digit in text):
        raise SourceBroken(f'the DN "{dn}" has a backslash or # that is not followed by pairs of hex digits')
    return bytes.fromhex(text)


def _hex_value(raw: bytes) -> str:
    """Return the text of a value that is written as its BER encoding (RFC 4514, 2.4); else the text of the bytes."""
    tag, content = _ber_content(raw)
    try:
        return content.decode(_BER_TEXTS[tag])
    except (KeyError, UnicodeDecodeError):
        return _text(raw)


def _ber_content(raw: bytes) -> tuple[int, bytes]:
    """Return tag and content of one element that fills the bytes (X.690, 8.1); no tag where there is none."""
    if len(raw) < 2:
        return -1, b""
    more = raw[1] & 0x7F if raw[1] & 0x80 else 0
    length = int.from_bytes(raw[2 : 2 + more]) if more else raw[1]
    content = raw[2 + more :]
    return (raw[0], content) if length == len(content) else (-1, b"")


def _text(raw: bytes) -> str:
    """Return bytes as text; those that are no UTF-8 stand for themselves, so that two values stay two."""
    return raw.decode(errors="surrogateescape")
