"""Masking: what may never stand in a log line, and what may only where personal data is wanted (I8)."""

import re
from collections.abc import Mapping

from syncd.model.secrets import MASK, without_patterns

SECRET_NAMES = re.compile(
    r"(pass(word|wd)?|secret|token|aes_?key|appkey|authorization|cookie|credential|private_?key)", re.IGNORECASE
)
PERSONAL_NAMES = frozenset(
    {"phone", "email", "mobile", "mail", "memo", "face", "name", "account", "locator", "message"}
)
"""Names of fields that hold personal data; a message of the journal names people."""


def masked_text(text: str) -> str:
    """Return a text without the queries and credentials of its URLs and without the values of secret names."""
    return without_patterns(text)


def masked(value: object, hidden: frozenset[str]) -> object:
    """Give a value as it may be logged: secrets never, the fields in `hidden` neither, texts without secrets."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, Mapping):
        return masked_mapping(value, hidden)
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(inner, hidden) for inner in value]
    if isinstance(value, BaseException):
        return masked_text(str(value))
    return value


def masked_mapping(values: Mapping[str, object], hidden: frozenset[str]) -> dict[str, object]:
    """Give named values as they may be logged."""
    return {name: _named(str(name), inner, hidden) for name, inner in values.items()}


def _named(name: str, value: object, hidden: frozenset[str]) -> object:
    if SECRET_NAMES.search(name) or name.lower() in hidden:
        return MASK if value else value
    return masked(value, hidden)
