"""What of an entry people are shown: secrets never, binary values as their size, long ones cut (I8)."""

import re
from collections.abc import Mapping

from syncd.mapping.facts import EVERY_ATTRIBUTE
from syncd.mapping.rules import PRESENCE_ATTRIBUTES

HIDDEN = "(not shown)"
LONGEST = 1000
"""Characters of one value that are shown: the rest of a picture in base64 tells nobody anything."""
# userPassword, unicodePwd, supplementalCredentials, krbPrincipalKey, userPKCS12, ipaNTHash, msLAPS-Password …
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|credential|hash|krb.*key|privatekey|pkcs12|otp", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\{[A-Za-z0-9./-]+\}.")  # RFC 2307, 5.3: {SSHA}…, {crypt}…

Attributes = Mapping[str, tuple[str | bytes, ...]]


def shown_entry(attributes: Attributes, passwords: frozenset[str], read: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Give the attributes as they may be shown, by name.

    `passwords` names what initial passwords are made of; where only running the template would tell (`*`), no more is
    shown than what the mapping has `read`.
    """
    secret, known = _lower(passwords), _lower(read)
    return {
        name: tuple(_shown(value) for value in values) if _may_be_shown(name, secret, known) else (HIDDEN,)
        for name, values in sorted(attributes.items())
    }


def _may_be_shown(name: str, secret: frozenset[str], known: frozenset[str]) -> bool:
    if name in secret or (EVERY_ATTRIBUTE in secret and name not in known):
        return False
    return name in PRESENCE_ATTRIBUTES or not _SECRET_NAME.search(name)


def _shown(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if _SECRET_VALUE.match(value):
        return HIDDEN
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"


def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
