"""Columns on a terminal, where a Chinese character is two wide."""

import unicodedata

WIDE = frozenset("WF")


def padded(text: str, width: int) -> str:
    """Fill a text up with spaces to so many columns of a terminal."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """Count the columns that a text takes up on a terminal."""
    return sum(2 if unicodedata.east_asian_width(one) in WIDE else 1 for one in text)
