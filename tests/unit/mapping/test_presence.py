"""The attributes of a server tell who is disabled."""

from syncd.mapping.presence import is_enabled

NOW = 1_700_000_000.0
PAST, FUTURE = "133000000000000000", "143000000000000000"


VALUES = (
    ("useraccountcontrol", "512", True),
    ("useraccountcontrol", "514", False),
    ("useraccountcontrol", "8388608", True),
    ("useraccountcontrol", "nonsense", True),
    ("accountexpires", "0", True),
    ("accountexpires", "9223372036854775807", True),
    ("accountexpires", PAST, False),
    ("accountexpires", FUTURE, True),
    ("nsaccountlock", "TRUE", False),
    ("nsaccountlock", "false", True),
    ("pwdaccountlockedtime", "000001010000Z", False),
    ("pwdaccountlockedtime", "20240101000000Z", True),
    ("lockouttime", "133000000000000000", True),
)


def test_only_what_an_administrator_did_for_good_disables() -> None:
    """Only what an administrator did for good disables, and no lock-out or unreadable value does."""
    wrong = [
        (attribute, value)
        for attribute, value, enabled in VALUES
        if is_enabled({attribute: (value,)}, NOW) is not enabled
    ]
    assert wrong == []


def test_absent_unreadable_and_several_values_mean_enabled() -> None:
    """Absent, unreadable and several values mean enabled."""
    assert is_enabled({}, NOW)
    assert is_enabled({"useraccountcontrol": (b"\xff",)}, NOW)
    assert is_enabled({"nsaccountlock": ("true", "false")}, NOW)
