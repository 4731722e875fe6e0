"""JSON that others wrote, read with one kind of error whatever is wrong with it, and JSON for others (RFC 8259)."""

import re
from typing import TypeVar

import msgspec

Value = TypeVar("Value")
BOM = b"\xef\xbb\xbf"
TOO_DEEP = "it is nested too deeply"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)
_REPLACEMENT = rb"\ufffd"
# The characters of `visible.STEERING` that JSON does not escape by itself, as UTF-8.
_STEERING = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def encoded(value: object, indent: int = 0) -> bytes:
    """Return a value as JSON for people and programs: what steers a terminal or reorders a line is an escape."""
    text = msgspec.json.encode(value)
    return _STEERING.sub(_escaped, msgspec.json.format(text, indent=indent) if indent else text)


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())


def without_lone_surrogates(text: bytes) -> bytes:
    """Return JSON in which a half of a pair (RFC 8259, 8.2), as of an emoji that was cut, is the replacement character.

    The library refuses it, and one name would make a whole list unusable.
    """
    if not _SURROGATE.search(text):
        return text
    return _ESCAPES.sub(lambda found: _REPLACEMENT if found[1] else found[0], text)


def decoded(text: bytes | msgspec.Raw, kind: type[Value]) -> Value:
    """Return the value of a whole text, which is a `kind`; a byte order mark before it is passed over.

    Half a pair of surrogates is read as the replacement character.

    Raises `msgspec.DecodeError` whatever is wrong with it, and its subclass `msgspec.ValidationError` where it is too
    deep. The library's own function also raises errors of Python for bytes that are no UTF-8, and for depth.
    """
    try:
        return msgspec.json.decode(without_lone_surrogates(bytes(text).removeprefix(BOM)), type=kind)
    except RecursionError:
        raise msgspec.ValidationError(TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from None
