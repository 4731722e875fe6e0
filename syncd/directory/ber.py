"""The part of BER that LDAP speaks: definite lengths, tags of one byte (RFC 4511, 5.1)."""

from collections.abc import Iterator

SHORT = 0x80  # lengths below it stand in one byte
LONGEST = 4  # bytes of a length; no directory server writes more
Element = tuple[int, int, int]


class Malformed(Exception):
    """Bytes that are no BER, or not what LDAP says should stand there; never leaves this package."""


def element(data: bytes | bytearray, at: int, end: int) -> Element:
    """Give tag, beginning and end of the value whose element begins at `at`.

    Raises `Malformed` where it does not end by `end`.
    """
    if at + 2 > end:
        raise Malformed("an element is cut short")
    length = data[at + 1]
    start = at + 2
    if length >= SHORT:
        octets = length - SHORT
        start += octets
        if not 0 < octets <= LONGEST or start > end:
            raise Malformed("an element has a length that is none")
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > end:
        raise Malformed("an element is longer than what it stands in")
    return data[at], start, start + length


def elements(data: bytes | bytearray, at: int, end: int) -> Iterator[Element]:
    """Give the elements between two places, one after the other."""
    while at < end:
        found = element(data, at, end)
        at = found[2]
        yield found


def expected(data: bytes | bytearray, at: int, end: int, tag: int) -> tuple[int, int]:
    """Give beginning and end of the value of an element that must bear this tag."""
    start = at + 2
    if start <= end and data[at] == tag and (length := data[at + 1]) < SHORT and start + length <= end:
        return start, start + length  # as most are; the rest is read, or refused, with more care
    found, start, stop = element(data, at, end)
    if found != tag:
        raise Malformed(f"an element has the tag 0x{found:02x} where 0x{tag:02x} was expected")
    return start, stop


def integer(data: bytes | bytearray, start: int, stop: int) -> int:
    """Give a number from its bytes."""
    if start == stop:
        raise Malformed("a number has no digits")
    return int.from_bytes(data[start:stop], "big", signed=True)


def encoded(tag: int, *parts: bytes) -> bytes:
    """Give an element of this tag that holds these parts."""
    value = b"".join(parts)
    size = len(value)
    if size < SHORT:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, SHORT | len(length))) + length + value
