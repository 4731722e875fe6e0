"""Three-way differences of one object, field by field (DESIGN 6, three-way and empty values)."""

from collections.abc import Iterable, Mapping

from syncd.model.links import Link
from syncd.model.objects import Department, User
from syncd.plan.draft import value_of
from syncd.plan.rules import Policy
from syncd.plan.values import Change, Reason

REQUIRED = frozenset({"account", "name"})


def creation(wanted: User | Department, fields: Iterable[str]) -> dict[str, Change]:
    """Give the changes that make a new object: every field that has a value."""
    return {field: Change(None, value) for field in fields if (value := value_of(wanted, field))}


def differences(
    wanted: User | Department, link: Link, shadow: User | Department, policy: Policy, fields: Iterable[str]
) -> tuple[dict[str, Change], Reason]:
    """Compare what is wanted with what the source said, what we wrote and what the platform holds.

    Gives the changes to write and the reason: `directory_changed` if any field changed in the directory,
    else `platform_drifted`.
    """
    changes: dict[str, Change] = {}
    drifted_only = True
    for field in fields:
        want, have = value_of(wanted, field), value_of(shadow, field) or ""
        if want is None or want == have:
            continue
        written = value_of(link.written, field)
        drifted = value_of(link.said, field) == want and written == want
        if drifted and field in policy.report_drift:
            continue
        if want == "" and not _may_clear(field, have, written, policy):
            continue
        changes[field] = Change(have, want)
        drifted_only = drifted_only and drifted
    reason = Reason.PLATFORM_DRIFTED if drifted_only and changes else Reason.DIRECTORY_CHANGED
    return changes, reason


def _may_clear(field: str, have: str, written: str | None, policy: Policy) -> bool:
    """Tell whether an empty directory value may clear the field: only what we wrote, or what `clear` names."""
    if field in REQUIRED:
        return False
    if field in ("department", "parent"):
        return True
    return field in policy.clear or bool(written and written == have)


def without(changes: Mapping[str, Change], fields: Iterable[str]) -> dict[str, Change]:
    """Give the changes less some fields."""
    gone = set(fields)
    return {field: change for field, change in changes.items() if field not in gone}
