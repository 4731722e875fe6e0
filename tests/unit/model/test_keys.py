"""The keys of entries become texts."""

import pytest

from syncd.model.keys import key_text

GUID = "00112233-4455-6677-8899-aabbccddeeff"


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
        ("employeeNumber", "e\u0301", "\u00e9"),
    ],
)
def test_a_key_has_one_form_whatever_the_server_sends(attribute: str, value: str | bytes, key: str) -> None:
    """A key has one form, whatever the server sends (DESIGN 6, derived ids)."""
    assert key_text(attribute, value) == key
