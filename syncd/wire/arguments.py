"""Arguments of calls."""

from collections.abc import Mapping

from syncd.errors import PlatformError

Argument = str | int | float | list[str] | list[dict[str, str]]


def argument_name(call: str, field: str, names: Mapping[str, str]) -> str:
    """Give the document's name of a field; one that the call does not take raises `PlatformError`."""
    try:
        return names[field]
    except KeyError:
        raise PlatformError(f"{call}: {field} is no field of it; it takes {', '.join(names)}") from None
