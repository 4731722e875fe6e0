"""A plan as people read it: what would be done, what is held and why, what was left out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.model.objects import Kind
from syncd.plan.values import Action, Change, Operation, Plan, Reason

SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.MOVE: ">",
    Action.LOCK: "!",
    Action.PARK: "!",
    Action.REMOVE: "-",
    Action.ADOPT: "=",
}
PERSONAL = frozenset({"phone", "email"})
PLACES = frozenset({"department", "parent"})
READ_ONLY = "read_only"
ROOT = "(root)"
NOTHING: frozenset[str] = frozenset()
NAMELESS: Mapping[str, str] = {}


def plan_text(plan: Plan, masked: frozenset[str] = NOTHING, departments: Mapping[str, str] = NAMELESS) -> str:
    """Give the plan as lines for a terminal; of the fields in `masked` only the beginnings are shown.

    `departments` has the names of departments by platform id; those that the plan makes or renames need not be in it.
    """
    renamed = {one.platform_id: one.name for one in plan.operations if one.kind is Kind.DEPARTMENT}
    return "\n".join(_lines(plan, _Showing(masked, {"": ROOT, **departments, **renamed}))) + "\n"


class _Showing(msgspec.Struct, frozen=True):
    """How values are shown."""

    masked: frozenset[str]
    departments: Mapping[str, str]

    def value(self, field: str, value: str | None) -> str:
        """Show one value of a field: a department by its name, personal data by its beginning where it is masked."""
        if field in PLACES:
            return self.departments.get(value or "", value or "")
        if not value:
            return '""'
        return value if field not in self.masked else value[:2] + "***"


def _lines(plan: Plan, showing: _Showing) -> Iterator[str]:
    for source in plan.sources:
        doubts = "".join(f": {doubt}" for doubt in source.certificate.get("doubts", ()))
        yield f"source {source.name}: {source.grade}{doubts}"
    if not plan.operations:
        yield "Nothing to do: the platform holds what the directory wants."
    for operation in plan.operations:
        yield from _operation(operation, showing)
    yield from _findings(plan)
    if plan.operations:
        yield _totals(plan.operations)
    yield from _guards(plan)


def _operation(operation: Operation, showing: _Showing) -> Iterator[str]:
    held = f"  held by {', '.join(operation.held_by)}" if operation.held_by else ""
    yield (
        f"{SYMBOLS[operation.action]} {operation.action} {operation.kind} {operation.name}"
        f"  ({operation.reason}; {operation.locator or operation.key}){held}"
    )
    if operation.action is not Action.REMOVE:
        for field, change in operation.changes.items():
            yield f"    {field}: {_change(field, change, showing)}"


def _change(field: str, change: Change, showing: _Showing) -> str:
    after = showing.value(field, change.after)
    return after if change.before is None else f"{showing.value(field, change.before)} -> {after}"


def _findings(plan: Plan) -> Iterator[str]:
    for conflict in plan.conflicts:
        yield f"conflict {conflict.kind}: {conflict.message}"
    for skip in plan.skipped:
        yield f"skipped {skip.kind} {skip.reason}: {skip.message}"
    if plan.conflicts or plan.skipped:
        yield f"Findings: {len(plan.conflicts)} conflicts, {len(plan.skipped)} skipped."
    if plan.unmanaged:
        yield f"unmanaged: {len(plan.unmanaged)} objects on the platform belong to no entry and are left alone"


def _totals(operations: Iterable[Operation]) -> str:
    counts = Counter(f"{operation.kind}s to {operation.action}" for operation in operations)
    return "Plan: " + ", ".join(f"{counts[what]} {what}" for what in sorted(counts)) + "."


def _guards(plan: Plan) -> Iterator[str]:
    for guard in plan.guards:
        yield f"HELD by {guard.name}: {guard.message}" if guard.holds else f"note: {guard.message}"
    if any(guard.holds and guard.name != READ_ONLY for guard in plan.guards):
        is_inverse = any(one.reason is Reason.REVERTED for one in plan.operations)
        command = "syncd revert RUN" if is_inverse else "syncd reconcile"
        yield f"To approve exactly this plan: {command} --approve {plan.fingerprint}"
