"""Three-way differences of one object, field by field (DESIGN 6, three-way and empty values)."""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.model.links import Link, Ownership
from syncd.model.objects import Fields
from syncd.plan.draft import value_of
from syncd.plan.forms import is_contended, is_settled
from syncd.plan.rules import Policy
from syncd.plan.values import Change, Reason

REQUIRED = frozenset({"account", "name"})


def creation(wanted: Fields, fields: Iterable[str]) -> dict[str, Change]:
    """Give the changes that make a new object: every field that has a value."""
    return {field: Change(None, value) for field in fields if (value := value_of(wanted, field))}


class Left(msgspec.Struct, frozen=True):
    """A field that differs and is left as it is: `contended`, `drift_reported`, or `not_ours` to clear."""

    field: str
    reason: str
    message: str


class Difference(msgspec.Struct, frozen=True):
    """What to write, why, and what is left as it is.

    The reason is `directory_changed` if any field changed in the directory, else `platform_drifted`; `adopted` at the
    first comparison after an adoption.
    """

    changes: Mapping[str, Change]
    reason: Reason
    left: tuple[Left, ...] = ()


def differences(wanted: Fields, link: Link, shadow: Fields, policy: Policy, fields: Iterable[str]) -> Difference:
    """Compare what is wanted with what the source said, what we wrote and what the platform holds."""
    changes: dict[str, Change] = {}
    left: list[Left] = []
    drifted_only = True
    for field in fields:
        want, have = value_of(wanted, field), value_of(shadow, field) or ""
        if want is None or want == have or is_settled(link, field, want, have):
            continue
        drifted = is_drift(link, field, want)
        if field in policy.report_drift and (_is_news_to(link, field) or value_of(link.said, field) == want):
            left.append(Left(field, "drift_reported", _REPORTED))
            continue
        if drifted and is_contended(link.enforced.get(field, ())):
            left.append(Left(field, "contended", _CONTENDED))
        elif want == "" and not _may_clear(field, have, link, policy):
            left += [] if field in REQUIRED else [Left(field, "not_ours", _NOT_OURS)]
        else:
            changes[field] = Change(have, want)
            drifted_only = drifted_only and drifted
    reason = Reason.PLATFORM_DRIFTED if drifted_only and changes else Reason.DIRECTORY_CHANGED
    if link.ownership is Ownership.ADOPTED and link.said is None:
        reason = Reason.ADOPTED
    return Difference(changes, reason, tuple(left))


_CONTENDED = (
    "somebody else keeps changing it back: it was enforced three times within a day and is left as it is; "
    "find who changes it on the platform, or set policy.on_drift for it"
)
_REPORTED = (
    'it was changed on the platform, and policy.on_drift = "report" leaves it; "enforce" for the field writes what the '
    "directory says"
)
_NOT_OURS = (
    "the directory has no value, and what the platform shows was not written by us, so it stays; "
    "name the field in policy.clear to have such values cleared"
)


def is_drift(link: Link, field: str, want: str | None) -> bool:
    """Tell whether the source still says what it said and we wrote, so that any difference came from elsewhere."""
    return value_of(link.said, field) == want and value_of(link.written, field) == want


def _is_news_to(link: Link, field: str) -> bool:
    """Tell whether the link knows nothing yet of what the source says of a field, for its object was adopted."""
    said = value_of(link.said, field)
    return link.ownership is Ownership.ADOPTED and (said is None or (field in REQUIRED and not said))


def _may_clear(field: str, have: str, link: Link, policy: Policy) -> bool:
    """Tell whether an empty directory value may clear the field: only what we wrote, or what `clear` names."""
    if field in REQUIRED:
        return False
    if field in ("department", "parent"):
        return True
    written = value_of(link.written, field)
    return field in policy.clear or bool(written and have in (written, link.kept.get(field)))


def without(changes: Mapping[str, Change], fields: Iterable[str]) -> dict[str, Change]:
    """Give the changes less some fields."""
    gone = set(fields)
    return {field: change for field, change in changes.items() if field not in gone}
