"""Immutable keys of entries, as text (DESIGN 6, derived ids)."""

import unicodedata
import uuid

from syncd.model.attribute_names import usual_name

KEY_ATTRIBUTES = ("entryUUID", "objectGUID", "nsUniqueId")
GUID_BYTES = 16


def key_text(attribute: str, value: str | bytes) -> str:
    """Give a key as text; an empty text where the value is not readable as one.

    entryUUID and nsUniqueId in lower case, objectGUID as RFC 4122 text in lower case (its bytes are little-endian,
    MS-DTYP 2.3.4), any other in NFC and trimmed, so that 17 and "17 " are one.
    """
    name = usual_name(attribute)
    if name == "objectguid":
        return _guid(value)
    text = _text(value)
    return text.lower() if name in ("entryuuid", "nsuniqueid") else text


def key_bytes(attribute: str, key: str) -> bytes | None:
    """Return the bytes by which a server knows a key, where it keeps bytes; `None` where it keeps the text."""
    return uuid.UUID(key).bytes_le if attribute.lower() == "objectguid" else None


def key_form(key: str) -> str:
    """Return a key without format characters (the category Cf), which nobody sees: keys of one form are one key."""
    if key.isascii():
        return key
    return unicodedata.normalize("NFC", "".join(one for one in key if unicodedata.category(one) != "Cf")).strip()


def _text(value: str | bytes) -> str:
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return ""
    return unicodedata.normalize("NFC", value).strip()


def _guid(value: str | bytes) -> str:
    # Bytes that happen to be UTF-8 come as text; no text form of a GUID is as short.
    raw = value if isinstance(value, bytes) else value.encode()
    if len(raw) == GUID_BYTES:
        return str(uuid.UUID(bytes_le=raw))
    try:
        return str(uuid.UUID(_text(value)))
    except ValueError:
        return ""
