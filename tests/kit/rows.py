"""Entries of sources that are tables."""

from syncd.model.source import Entry


def row(key: str, **values: str) -> Entry:
    """Return the entry of a row; an empty cell is no value."""
    return Entry(key, f"row {key}", {name.lower(): (value,) for name, value in values.items() if value})
