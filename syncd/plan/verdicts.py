"""What is thought of each field of one object, and why it is written or left: the core of `explain`."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from syncd.model.desired import Skip
from syncd.model.links import Link
from syncd.model.objects import Fields, Kind
from syncd.plan.departments_by_path import AMBIGUOUS
from syncd.plan.draft import FIELDS, value_of
from syncd.plan.forms import form_of, is_opaque, is_settled
from syncd.plan.rules import Policy
from syncd.plan.values import Action, Conflict, Operation

NO_FIELDS: frozenset[str] = frozenset()


class Verdict(StrEnum):
    """What is thought of one field."""

    EQUAL = "equal"
    CHANGES = "changes"
    PLATFORM_FORM = "platform_form"
    DRIFT_REPORTED = "drift_reported"
    CONTENDED = "contended"
    UNMAPPED = "unmapped"
    UNMAPPABLE = "unmappable"
    NOT_OURS = "not_ours"
    LEFT_ALONE = "left_alone"
    CONFLICT = "conflict"
    OUT_OF_REACH = "out_of_reach"
    WAITS = "waits"
    NOT_ASKED = "not_asked"


class FieldVerdict(msgspec.Struct, frozen=True):
    """One field: what is wanted, what the platform holds, the verdict, and why in a few words.

    `None` is nothing said or nothing there. Departments are platform ids.
    """

    field: str
    desired: str | None
    shadow: str | None
    verdict: Verdict
    message: str = ""


class Case(msgspec.Struct, frozen=True):
    """One object on both sides, with what the plan says of it.

    `wanted` is `None` where no entry says what the object should be. `untouchable` names the fields that are never
    changed, for the object is protected or an administrator's.
    """

    kind: Kind
    policy: Policy
    link: Link | None = None
    wanted: Fields | None = None
    shadow: Fields | None = None
    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skip, ...] = ()
    untouchable: frozenset[str] = NO_FIELDS


def verdicts(case: Case) -> tuple[FieldVerdict, ...]:
    """Judge every field of an object, in the order of the mapping."""
    return tuple(_judged(case, field) for field in FIELDS[case.kind])


def _judged(case: Case, field: str) -> FieldVerdict:
    want, have = value_of(case.wanted, field), value_of(case.shadow, field)
    verdict, message = next(_opinions(case, field, want, have or ""))
    return FieldVerdict(field, want, have, verdict, message)


def _opinions(case: Case, field: str, want: str | None, have: str) -> Iterator[tuple[Verdict, str]]:
    """Give what can be thought of a field; the first holds."""
    yield from _planned(case, field)
    if case.wanted is None:
        yield Verdict.NOT_ASKED, "no entry says what it should be"
    yield from _found(case, field)
    if want is None:
        yield Verdict.UNMAPPED, f"not ours: [mapping.{case.kind}] leaves it empty, so it is never written"
    elif want == have:
        yield Verdict.EQUAL, ""
    elif case.link is not None and is_settled(case.link, field, want, have):
        yield Verdict.PLATFORM_FORM, _OWN_ADDRESS if is_opaque(field, have) else _kept(want, have)
    if field in case.untouchable:
        yield Verdict.OUT_OF_REACH, "it differs and is never changed: the user is protected or an administrator"
    if case.link is not None and field in case.policy.report_drift:
        yield Verdict.DRIFT_REPORTED, 'it was changed on the platform, and policy.on_drift = "report" leaves it'
    yield Verdict.WAITS, "it differs and is left until what stands in the way of the whole object is settled"


_OWN_ADDRESS = "it was written, and the platform shows a picture under an address of its own"


def _kept(want: str, have: str) -> str:
    """Say what became of a value that was written."""
    return f"it was written, and this is what the platform makes of it ({form_of(want, have).replace('_', ' ')})"


def _planned(case: Case, field: str) -> Iterator[tuple[Verdict, str]]:
    """Give the last operation that writes the field, for a temporary value is not what remains."""
    for operation in reversed(case.operations):
        if field in operation.changes:
            goes = operation.action is Action.REMOVE
            yield Verdict.CHANGES, "goes with the removal" if goes else f"will be written ({operation.reason})"


def _found(case: Case, field: str) -> Iterator[tuple[Verdict, str]]:
    """Give what the plan says of the field: a conflict, or why it is left as it is."""
    for conflict in case.conflicts:
        if field in conflict.field.split(", "):
            yield Verdict.CONFLICT, conflict.message
    for skip in case.skipped:
        if skip.field == field and skip.reason != Verdict.DRIFT_REPORTED:  # said of the field below, with its values
            yield _SKIPPED.get(skip.reason, Verdict.UNMAPPABLE), skip.message


_SKIPPED = {
    "contended": Verdict.CONTENDED,
    "not_ours": Verdict.NOT_OURS,
    "removed_on_platform": Verdict.LEFT_ALONE,
    "unknown_department": Verdict.LEFT_ALONE,
    "unknown_user": Verdict.LEFT_ALONE,
    AMBIGUOUS: Verdict.LEFT_ALONE,
}
