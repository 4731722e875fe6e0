"""Whether an account is disabled: `enabled = "@auto"` (DESIGN 6, enabled).

A temporary lock-out, an expired password, an absent or unreadable attribute mean enabled: nobody loses an account for
what cannot be read.
"""

from collections.abc import Mapping

from syncd.model.numbers import whole_number

ACCOUNT_DISABLED = 0x2  # userAccountControl, ADS_UF_ACCOUNTDISABLE (MS-ADTS 2.2.16)
NEVER = (0, 0x7FFFFFFFFFFFFFFF)  # accountExpires (MS-ADA1 2.1)
FILETIME_OF_EPOCH = 116_444_736_000_000_000
FILETIME_SECOND = 10_000_000
LOCKED_FOR_GOOD = "000001010000Z"  # pwdAccountLockedTime (draft-behera-ldap-password-policy, 5.3.3)

Attributes = Mapping[str, tuple[str | bytes, ...]]


def is_enabled(attributes: Attributes, now: float) -> bool:
    """Tell whether the entry's account is enabled at `now` (seconds since the epoch)."""
    return not (
        _flags(attributes) & ACCOUNT_DISABLED
        or _has_expired(attributes, now)
        or _text(attributes, "nsaccountlock").lower() == "true"
        or _text(attributes, "pwdaccountlockedtime") == LOCKED_FOR_GOOD
    )


def _flags(attributes: Attributes) -> int:
    return _number(attributes, "useraccountcontrol") or 0


def _has_expired(attributes: Attributes, now: float) -> bool:
    expires = _number(attributes, "accountexpires")
    if expires is None or expires in NEVER or expires < 0:
        return False
    return (expires - FILETIME_OF_EPOCH) / FILETIME_SECOND <= now


def _number(attributes: Attributes, name: str) -> int | None:
    return whole_number(_text(attributes, name))


def _text(attributes: Attributes, name: str) -> str:
    """Give the only value of an attribute as text; nothing where it is absent, several or no text."""
    values = attributes.get(name, ())
    return values[0].strip() if len(values) == 1 and isinstance(values[0], str) else ""
