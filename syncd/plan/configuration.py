"""What has changed in the configuration since it was last applied, in so far as it decides scope or values."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from syncd.plan.normal_ids import normal_id

SHOWN = 5
WHO = (".when", ".enabled")
TIMES = ("remove_after",)
DEPARTMENTS = ("root_department", "park_department")
UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def changed(
    before: Mapping[str, str], after: Mapping[str, str], departments: Mapping[str, str] = MappingProxyType({})
) -> tuple[str, ...]:
    """Return a sentence for each key that differs; values are as a configuration has them.

    `departments` has the names of the platform's departments by id.
    """
    return tuple(
        f"{key}: {_written(key, before, departments)} → {_written(key, after, departments)}"
        for key in _differing(before, after)
    )


def _written(key: str, values: Mapping[str, str], departments: Mapping[str, str]) -> str:
    """Return a value as a person would write it: a time in its largest unit that is whole, anything else in JSON.

    The id of a department has its name beside it.
    """
    value = values.get(key)
    if value is None:
        return "not there"
    if key.endswith(DEPARTMENTS) and (name := departments.get(normal_id(json.loads(value) or ""))):
        return f"{value} ({name})"
    return duration(json.loads(value)) if key.endswith(TIMES) else value


def duration(seconds: float | None) -> str:
    """Return a time as a configuration has it, such as `7d` for 604800 seconds; `None` is never."""
    if seconds is None:
        return "never"
    size, unit = next((each for each in UNITS if seconds % each[0] == 0), (1, "s"))
    return f"{seconds / size:g}{unit}" if seconds else "0d"


def is_rescoped(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Tell whether other people may now be looked at: a source's selection, `when` or `enabled` is another one."""
    return bool(before) and any(key.startswith("source.") or key.endswith(WHO) for key in _differing(before, after))


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def listed(changes: tuple[str, ...]) -> str:
    """Give the changes as part of a sentence, or nothing."""
    more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return f" ({'; '.join(changes[:SHOWN])}{more})" if changes else ""
