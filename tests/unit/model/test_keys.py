"""The keys of entries become texts."""

import pytest

from syncd.model.keys import key_bytes, key_text

GUID = "00112233-4455-6677-8899-aabbccddeeff"
SID = "S-1-5-21-3623747015-3361019580-30300564-1013"
SID_BYTES = bytes.fromhex("010500000000000515000000c7fdfdd7bc1655c89459ce01f5030000")


@pytest.mark.parametrize(
    ("attribute", "value", "key"),
    [
        ("objectGUID", bytes.fromhex("33221100554477668899aabbccddeeff"), GUID),
        ("objectguid", "{00112233-4455-6677-8899-AABBCCDDEEFF}", GUID),
        ("objectGUID", "abcdefghijklmnop", "64636261-6665-6867-696a-6b6c6d6e6f70"),
        ("objectGUID", "\u738b" * 5 + " ", "e78b8ee7-8b8e-8ee7-8be7-8e8be78e8b20"),
        ("entryUUID", b"00112233-4455-6677-8899-AABBCCDDEEFF", GUID),
        ("nsUniqueId", "ABCD-1", "abcd-1"),
        ("employeeNumber", "17 ", "17"),
        ("employeeNumber", b"\xff", ""),
        ("objectGUID", b"short", ""),
        ("mS-DS-ConsistencyGuid", bytes.fromhex("33221100554477668899aabbccddeeff"), GUID),
        ("objectSid", SID_BYTES, SID),
        ("objectSid", "s-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-500"),
        ("objectSid", b"\xff\xfe", ""),
        ("GUID", bytes.fromhex("ff22110055"), "0xff22110055"),
        ("guid", "A-17 ", "A-17"),
        ("employeeNumber", "e\u0301", "\u00e9"),
    ],
)
def test_a_key_has_one_form_whatever_the_server_sends(attribute: str, value: str | bytes, key: str) -> None:
    """A key has one form, whatever the server sends (DESIGN 6, derived ids)."""
    assert key_text(attribute, value) == key


@pytest.mark.parametrize(
    ("attribute", "raw"),
    [
        ("objectGUID", bytes.fromhex("33221100554477668899aabbccddeeff")),
        ("mS-DS-ConsistencyGuid", bytes.fromhex("33221100554477668899aabbccddeeff")),
        ("objectSid", SID_BYTES),
        ("GUID", bytes.fromhex("ff22110055")),
    ],
)
def test_a_server_is_asked_by_the_bytes_that_it_keeps(attribute: str, raw: bytes) -> None:
    """The bytes of a key are those of the value that it was made of; a key that is text has none."""
    assert key_bytes(attribute, key_text(attribute, raw)) == raw
    assert key_bytes("entryUUID", GUID) is None
