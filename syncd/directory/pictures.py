"""Pictures that are values of the entries themselves: of LDIF files, tables and web services."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

from syncd.errors import PictureUnreadable
from syncd.model.attribute_names import values_of
from syncd.model.faces import Picture, Sought
from syncd.model.source import Entry

SHOWN = 40


class ValuePictures:
    """The pictures in one attribute of a source that gives every attribute with its ordinary read.

    A value is the picture's bytes, or base64 where the source knows only text.
    """

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute

    def marks(self, sought: Sequence[Sought]) -> dict[str, str]:
        """Give the hashes of the values."""
        found = ((one.key, self._value(one.entry)) for one in sought)
        return {key: _mark(value) for key, value in found if value}

    def picture(self, sought: Sought, mark: str) -> Picture:
        """Give the value."""
        value = self._value(sought.entry)
        if not value:
            return Picture()
        found = _mark(value)
        return Picture(mark=found, is_same=True) if found == mark else Picture(_bytes(value, sought.entry), found)

    def close(self) -> None:
        """Nothing is held open."""

    def _value(self, entry: Entry) -> str | bytes:
        return first_value(entry, self._attribute)


def first_value(entry: Entry, attribute: str) -> str | bytes:
    """Give one value of an attribute, the same one whatever the order that they came in; of none nothing.

    `jpegPhoto` may have several (RFC 2798, 2.6), and no order.
    """
    values = [one for one in values_of(entry.attributes, attribute) if one]
    return min(values, key=lambda one: one.encode() if isinstance(one, str) else one) if values else ""


def _mark(value: str | bytes) -> str:
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()


def _bytes(value: str | bytes, entry: Entry) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise PictureUnreadable(
            f'{entry.locator}: its face is the text "{value[:SHOWN]}", no picture and no base64; a path or an address '
            'is written as a template, such as "photos/{{ uid }}.jpg"'
        ) from None
