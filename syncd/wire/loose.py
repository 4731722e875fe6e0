"""Fields as an installation may send them, and what they mean: the document leaves the types of many open."""

Loose = str | int | None
Number = str | int | float | None
ROOTS = frozenset({"", "0"})


def text(value: Loose) -> str:
    """Give a text; null and missing are `""`."""
    return "" if value is None else str(value)


def place(value: Loose) -> str:
    """Give a department's id; the root is `""`, whichever of `""`, `"0"`, 0, null and missing stands for it."""
    found = text(value)
    return "" if found in ROOTS else found


def whole(value: Number) -> int | None:
    """Give a whole number that came as a number or as text; what is neither is unknown."""
    found = decimal(value)
    return int(found) if found is not None else None


def decimal(value: Number) -> float | None:
    """Give a number that came as a number or as text; what is neither is unknown."""
    if value is None:
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):  # a whole number of 309 digits is no float
        return None
    return found if abs(found) < LARGEST else None  # not a number fails this too


LARGEST = 2.0**53  # beyond it a float is no longer every whole number
