"""Immutable keys of entries, as text (DESIGN 6, derived ids)."""

import unicodedata
import uuid

from syncd.model.attribute_names import usual_name

KEY_ATTRIBUTES = ("entryUUID", "objectGUID", "nsUniqueId")
GUID_BYTES = 16
LITTLE_ENDIAN_GUIDS = frozenset({"objectguid", "ms-ds-consistencyguid"})
SID, SID_HEAD = "objectsid", 8
OCTETS, BINARY = "guid", "0x"


def key_text(attribute: str, value: str | bytes) -> str:
    """Give a key as text; an empty text where the value is not readable as one.

    entryUUID and nsUniqueId in lower case; objectGUID and mS-DS-ConsistencyGuid as RFC 4122 text in lower case (their
    bytes are little-endian, MS-DTYP 2.3.4); objectSid as S-1-… (MS-DTYP 2.4.2.1); the bytes of eDirectory's GUID in
    hexadecimal; any other in NFC and trimmed, so that 17 and "17 " are one.
    """
    name = usual_name(attribute)
    if name in LITTLE_ENDIAN_GUIDS:
        return _guid(value)
    if name == SID and (sid := _sid(value)):
        return sid
    text = _text(value)
    if name == OCTETS and not text and isinstance(value, bytes):
        return f"{BINARY}{value.hex()}"
    return text.lower() if name in ("entryuuid", "nsuniqueid") else text


def key_bytes(attribute: str, key: str) -> bytes | None:
    """Return the bytes by which a server knows a key, where it keeps bytes; `None` where it keeps the text."""
    name = usual_name(attribute)
    if name in LITTLE_ENDIAN_GUIDS:
        return uuid.UUID(key).bytes_le
    if name == SID and key.startswith("S-1-"):
        _, _, authority, *others = key.split("-")
        parts = (int(other).to_bytes(4, "little") for other in others)
        return bytes((1, len(others))) + int(authority).to_bytes(6, "big") + b"".join(parts)
    return bytes.fromhex(key.removeprefix(BINARY)) if key.startswith(BINARY) else None


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


def _sid(value: str | bytes) -> str:
    """Return a security identifier as text, or nothing where the bytes are none."""
    if isinstance(value, str) and value.strip().upper().startswith("S-1-"):
        return value.strip().upper()
    raw = value if isinstance(value, bytes) else value.encode()
    if len(raw) < SID_HEAD or raw[0] != 1 or len(raw) != SID_HEAD + 4 * raw[1]:
        return ""
    authority = int.from_bytes(raw[2:SID_HEAD], "big")
    others = (int.from_bytes(raw[at : at + 4], "little") for at in range(SID_HEAD, len(raw), 4))
    return "-".join(["S-1", str(authority), *map(str, others)])


def _guid(value: str | bytes) -> str:
    # Bytes that happen to be UTF-8 come as text; no text form of a GUID is as short.
    raw = value if isinstance(value, bytes) else value.encode()
    if len(raw) == GUID_BYTES:
        return str(uuid.UUID(bytes_le=raw))
    try:
        return str(uuid.UUID(_text(value)))
    except ValueError:
        return ""
