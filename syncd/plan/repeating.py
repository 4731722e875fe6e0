"""What a person undid with `revert` is not done again behind their back (docs/decisions/0007)."""

from collections.abc import Iterable, Sequence

from syncd.model.objects import Kind
from syncd.plan.rules import Undone
from syncd.plan.situation import Situation
from syncd.plan.values import Action, Guard, Operation

GUARD = "reverted"
CHANGES = frozenset({Action.UPDATE, Action.MOVE})
GOING = frozenset({Action.REMOVE, Action.LOCK, Action.PARK})
NAMES_SHOWN = 5


def repeating_guards(
    operations: Sequence[Operation], undone: Iterable[Undone], approved: frozenset[str]
) -> tuple[Guard, ...]:
    """Hold the operations that would do again what a person undid."""
    known = {(one.kind, one.source, one.key): one for one in undone}
    again = [
        (one, before)
        for one in operations
        if one.id not in approved and (before := known.get((one.kind, one.source, one.key))) and _repeats(one, before)
    ]
    if not again:
        return ()
    names = ", ".join(one.name for one, _ in again[:NAMES_SHOWN])
    more = f" and {len(again) - NAMES_SHOWN} others" if len(again) > NAMES_SHOWN else ""
    runs = ", ".join(sorted({before.run for _, before in again}))
    message = (
        f"{names}{more}: this would do again what `syncd revert` undid of run {runs}; change the directory or the "
        "configuration, or approve"
    )
    return (Guard(GUARD, tuple(sorted(one.id for one, _ in again)), actual=len(again), message=message),)


def still_undone(situation: Situation, operations: Iterable[Operation], undone: Iterable[Undone]) -> tuple[Undone, ...]:
    """Leave out what is settled: the directory no longer wants it, or somebody let it be done again.

    A removal that was undone stays undone while the entry is away, though it is not planned before the grace is over.
    """
    planned: dict[tuple[Kind, str, str], list[Operation]] = {}
    for one in operations:
        planned.setdefault((one.kind, one.source, one.key), []).append(one)
    return tuple(
        each
        for each in undone
        if _is_away(situation, each)
        or any(_repeats(one, each) for one in planned.get((each.kind, each.source, each.key), ()))
    )


def _repeats(operation: Operation, undone: Undone) -> bool:
    if operation.action in CHANGES:
        same = (undone.after.get(field) == change.after for field, change in operation.changes.items())
        return any(same) or (not operation.changes and operation.action in undone.actions)
    return operation.action in undone.actions


def _is_away(situation: Situation, undone: Undone) -> bool:
    is_user = undone.kind is Kind.USER
    present = situation.desired.present_users if is_user else situation.desired.present_departments
    return not GOING.isdisjoint(Action(one) for one in undone.actions) and (undone.source, undone.key) not in present
