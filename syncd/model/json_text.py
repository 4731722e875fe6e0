"""JSON that somebody else wrote, read with one kind of error whatever is wrong with it (RFC 8259)."""

from typing import TypeVar

import msgspec

Value = TypeVar("Value")
BOM = b"\xef\xbb\xbf"
TOO_DEEP = "it is nested too deeply"


def decoded(text: bytes | msgspec.Raw, kind: type[Value]) -> Value:
    """Return the value of a whole text, which is a `kind`; a byte order mark before it is passed over.

    Raises `msgspec.DecodeError` whatever is wrong with it, and its subclass `msgspec.ValidationError` where it is too
    deep. The library's own function also raises errors of Python for bytes that are no UTF-8, and for depth.
    """
    try:
        return msgspec.json.decode(bytes(text).removeprefix(BOM), type=kind)
    except RecursionError:
        raise msgspec.ValidationError(TOO_DEEP) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from None
