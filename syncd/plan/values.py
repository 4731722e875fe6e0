"""The plan as a value: operations, conflicts, skips, guards."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from syncd.model.desired import Skip
from syncd.model.objects import Kind
from syncd.model.source import Grade


class Action(StrEnum):
    """What an operation does."""

    CREATE = "create"
    UPDATE = "update"
    MOVE = "move"
    LOCK = "lock"
    PARK = "park"
    REMOVE = "remove"
    ADOPT = "adopt"
    LEAVE = "leave"


class Reason(StrEnum):
    """Why an operation is wanted (DESIGN 4, plan as JSON)."""

    NEW = "new"
    DIRECTORY_CHANGED = "directory_changed"
    PLATFORM_DRIFTED = "platform_drifted"
    REMOVED_ON_PLATFORM = "removed_on_platform"
    ADOPTED = "adopted"
    LEFT = "left"
    DISABLED = "disabled"
    OUT_OF_SCOPE = "out_of_scope"
    OUT_OF_SCOPE_BY_CONFIGURATION = "out_of_scope_by_configuration"
    RETURNED = "returned"
    GIVES_WAY = "gives_way"
    REPLACED = "replaced"
    TEMPORARY = "temporary"
    REVERTED = "reverted"


class Change(msgspec.Struct, frozen=True):
    """One field before and after; `before` is `None` for a create."""

    before: str | None
    after: str | None


class Operation(msgspec.Struct, frozen=True):
    """One call that changes one object. `changes` is sorted by field; `depends_on` and `held_by` are sorted."""

    id: str
    kind: Kind
    action: Action
    key: str
    source: str
    platform_id: str
    locator: str
    name: str
    changes: Mapping[str, Change]
    reason: Reason
    depends_on: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()


class ConflictKind(StrEnum):
    """What stands in the way of an entry (DESIGN 4)."""

    DUPLICATE_VALUE = "duplicate_value"
    HELD_BY_UNLINKED = "held_by_unlinked"
    HELD_BY_PROTECTED = "held_by_protected"
    REPLACED = "replaced"
    AMBIGUOUS_ADOPTION = "ambiguous_adoption"
    CYCLE = "cycle"


class Conflict(msgspec.Struct, frozen=True):
    """Entries that cannot all have what they want; `message` names them and the way out."""

    kind: ConflictKind
    keys: tuple[str, ...]
    field: str
    value: str
    message: str


class Unmanaged(msgspec.Struct, frozen=True):
    """An object below our root that no link owns; it is never changed."""

    kind: Kind
    platform_id: str
    account: str
    name: str


class Guard(msgspec.Struct, frozen=True):
    """A rule that holds the plan (`holds` is `"all"`) or some operations, with the numbers to judge it by."""

    name: str
    holds: str | tuple[str, ...]
    kind: str = ""
    action: str = ""
    limit: float | None = None
    actual: int | None = None
    base: int | None = None
    message: str = ""


class SourceGrade(msgspec.Struct, frozen=True):
    """The grade that the plan rests on, for one source."""

    name: str
    grade: str
    certificate: Mapping[str, tuple[str, ...]]


class NextStep(msgspec.Struct, frozen=True):
    """What happens next to an object in grace, and when (ISO 8601)."""

    action: Action
    at: str


class Leaver(msgspec.Struct, frozen=True):
    """An object in grace: it stays as it is until `next`. Times are ISO 8601 in UTC.

    `since` is the first whole read without the entry. `kept_until` is set where somebody stopped the clock with `keep`;
    `next` is `None` where it was stopped for good.
    """

    kind: Kind
    key: str
    platform_id: str
    account: str
    name: str
    since: str
    reason: Reason
    next: NextStep | None
    kept_until: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """Desired minus shadow, made without side effects. `operations` stand by kind, level in the graph, key."""

    fingerprint: str
    as_of: str
    store: str
    company: str
    config_fingerprint: str
    sources: tuple[SourceGrade, ...] = ()
    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skip, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    guards: tuple[Guard, ...] = ()
    leaving: tuple[Leaver, ...] = ()


def is_unproven(plan: Plan) -> bool:
    """Whether a plan rests on a read that is not proven whole."""
    return bool(unproven_sources(plan))


def unproven_sources(plan: Plan) -> frozenset[str]:
    """Return the names of the sources of which the read is not proven whole, the platform among them."""
    return frozenset(source.name for source in plan.sources if source.grade == Grade.UNPROVEN)
