"""What has changed in the configuration since it was last applied, in so far as it decides scope or values."""

from collections.abc import Mapping

SHOWN = 5
WHO = (".when", ".enabled")


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Give a sentence for each key that differs; values are the configuration's own, in JSON."""
    return tuple(
        f"{key}: {before.get(key, 'not there')} → {after.get(key, 'not there')}" for key in _differing(before, after)
    )


def is_rescoped(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Tell whether other people may now be looked at: a source's selection, `when` or `enabled` is another one."""
    return bool(before) and any(key.startswith("source.") or key.endswith(WHO) for key in _differing(before, after))


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def listed(changes: tuple[str, ...]) -> str:
    """Give the changes as part of a sentence, or nothing."""
    more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return f" ({'; '.join(changes[:SHOWN])}{more})" if changes else ""
