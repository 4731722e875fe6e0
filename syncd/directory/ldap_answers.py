"""What directory servers answer, read from its bytes (RFC 4511): a tenth of the time that ldap3 takes for it.

Everything is checked against its bounds: what is cut short or is no LDAP raises `Malformed`, never gives half an entry.
"""

import msgspec

from syncd.directory.ber import Malformed, element, elements, expected, integer

INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x02, 0x04, 0x0A, 0x30, 0x31
CONTROLS, REFERRALS = 0xA0, 0xA3
ENTRY, DONE, REFERENCE, INTERMEDIATE, EXTENDED = 0x64, 0x65, 0x73, 0x79, 0x78
PAGED_RESULTS = b"1.2.840.113556.1.4.319"
MESSAGE_LIMIT = 64 * 1024 * 1024  # bytes; a group of half a million members has fewer

Values = tuple[str | bytes, ...]


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message: its number, the tag of its operation, the whole, and where in it the operation stands."""

    number: int
    kind: int
    data: bytes
    start: int
    stop: int


class Result(msgspec.Struct, frozen=True):
    """How an operation ended; `cookie` is `None` where no page control came back."""

    code: int
    text: str = ""
    referrals: tuple[str, ...] = ()
    cookie: bytes | None = None


def message(data: bytes) -> Message:
    """Read the frame of a message, given without its own tag and length."""
    end = len(data)
    start, stop = expected(data, 0, end, INTEGER)
    kind, first, last = element(data, stop, end)
    return Message(integer(data, start, stop), kind, data, first, last)


def entry(found: Message, names: dict[bytes, str]) -> tuple[str, dict[str, Values]]:
    """Give DN and values of an entry, by lower-case attribute name; `names` remembers the names met before.

    Values that are UTF-8 are text, others bytes. Attributes without a value are left out.
    """
    data, end = found.data, found.stop
    start, at = expected(data, found.start, end, OCTETS)
    dn = _text(data[start:at])
    at, end = expected(data, at, end, SEQUENCE)
    values: dict[str, Values] = {}
    while at < end:
        inner, at = expected(data, at, end, SEQUENCE)
        start, inner = expected(data, inner, at, OCTETS)
        raw = data[start:inner]
        name = names.get(raw)
        if name is None:
            name = names[raw] = _text(raw).lower()
        inner, last = expected(data, inner, at, SET)
        if inner < last:
            values[name] = values.get(name, ()) + _values(data, inner, last)
    return dn, values


def _values(data: bytes, at: int, end: int) -> Values:
    """Give the values of a set that is not empty; most have one."""
    start, stop = expected(data, at, end, OCTETS)
    if stop == end:
        return (_value(data[start:stop]),)
    found = [_value(data[start:stop])]
    while stop < end:
        start, stop = expected(data, stop, end, OCTETS)
        found.append(_value(data[start:stop]))
    return tuple(found)


def _value(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def references(found: Message) -> tuple[str, ...]:
    """Give the URLs of a reference to where a search would have to go on."""
    return _texts(found.data, found.start, found.stop)


def result(found: Message) -> Result:
    """Read the end of a search: its code, what the server says, where it refers to, and the page control."""
    data, end = found.data, found.stop
    start, at = expected(data, found.start, end, ENUMERATED)
    code = integer(data, start, at)
    _, at = expected(data, at, end, OCTETS)
    start, at = expected(data, at, end, OCTETS)
    referrals: tuple[str, ...] = ()
    if at < end:
        tag, first, last = element(data, at, end)
        referrals = _texts(data, first, last) if tag == REFERRALS else ()
    return Result(code, data[start:at].decode(errors="replace"), referrals, _cookie(found))


def _cookie(found: Message) -> bytes | None:
    """Give the cookie of the page control, `None` where there is no such control."""
    data, end = found.data, len(found.data)
    if found.stop == end:
        return None
    first, last = expected(data, found.stop, end, CONTROLS)
    for tag, start, stop in elements(data, first, last):
        if tag != SEQUENCE:
            raise Malformed("a control is none")
        parts = list(elements(data, start, stop))
        if parts and data[parts[0][1] : parts[0][2]] == PAGED_RESULTS:
            return _page_cookie(data, parts[-1])
    return None


def _page_cookie(data: bytes, value: tuple[int, int, int]) -> bytes:
    """Give the cookie from the value of a page control (RFC 2696)."""
    tag, at, end = value
    if tag != OCTETS:
        raise Malformed("the page control has no value")
    at, end = expected(data, at, end, SEQUENCE)
    _, at = expected(data, at, end, INTEGER)
    start, stop = expected(data, at, end, OCTETS)
    return data[start:stop]


def _texts(data: bytes, at: int, end: int) -> tuple[str, ...]:
    return tuple(_text(data[start:stop]) for _, start, stop in elements(data, at, end))


def _text(raw: bytes) -> str:
    """Return a name; bytes that are no UTF-8, such as Latin-1 of old servers, are shown by their escapes."""
    return raw.decode(errors="backslashreplace")
