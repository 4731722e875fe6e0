"""Part of a plan: what concerns some people, or what another plan has too (DESIGN 4 and 6, `--only` and `apply`)."""

from collections import defaultdict
from collections.abc import Callable, Mapping

import msgspec

from syncd.model.objects import Kind
from syncd.plan.guards import HOLDS_ALL, held
from syncd.plan.ids import fingerprint, former_id
from syncd.plan.values import Action, Guard, Operation, Plan, Reason

Concerned = frozenset[tuple[Kind, str, str]]
AWAY = frozenset({Action.REMOVE, Action.LOCK, Action.PARK, Action.LEAVE})
BY_ABSENCE = frozenset({Reason.GIVES_WAY, Reason.REPLACED})
NOT_WANTED = "not_wanted"


def only(plan: Plan, concerned: Concerned) -> Plan:
    """Leave what is done to these objects, named by kind, source and key, and whatever that waits for.

    Who lends a value for that gets it back or another in the same part, so that nobody is left with a temporary one.
    Every guard that holds any of it holds it still: a part of a plan is no way around the whole.
    """
    by_id, returns = {one.id: one for one in plan.operations}, _returns(plan)
    waiting = [one.id for one in plan.operations if (one.kind, one.source, one.key) in concerned]
    chosen: set[str] = set()
    while waiting:
        operation_id = waiting.pop()
        if operation_id not in chosen:
            chosen.add(operation_id)
            waiting += (*by_id[operation_id].depends_on, *returns.get(operation_id, ()))
    keys = {key for _, _, key in concerned}
    named = {(kind, key) for kind, _, key in concerned}
    part = _part(plan, lambda one: one.id in chosen)
    return msgspec.structs.replace(
        part,
        conflicts=tuple(one for one in plan.conflicts if keys.intersection(one.keys)),
        skipped=tuple(one for one in plan.skipped if one.key in keys),
        unmanaged=(),
        leaving=tuple(each for each in plan.leaving if (each.kind, each.key) in named),
        guards=tuple(one for one in plan.guards if part.operations and _holds_any(one.holds, chosen)),
    )


def also_in(plan: Plan, wanted: Plan) -> tuple[Plan, tuple[Operation, ...]]:
    """Leave the operations that both plans have, and give those of the wanted one that no longer apply.

    What waits for something that was not wanted is no part of it either, however long the chain, nor what only makes
    way for that. Operations of a plan that a former version wrote have their ids of now.
    """
    renewed = {former_id(one.id): one.id for one in plan.operations}
    asked = [msgspec.structs.replace(one, id=renewed.get(one.id, one.id)) for one in wanted.operations]
    chosen = {one.id for one in asked}
    others = tuple(one.id for one in plan.operations if one.id not in chosen)
    judged = held(plan.operations, (Guard(NOT_WANTED, others),), frozenset())
    kept = {one.id for one in judged if NOT_WANTED not in one.held_by}
    return _part(plan, lambda one: one.id in kept), tuple(one for one in asked if one.id not in kept)


def from_presence(plan: Plan) -> Plan:
    """Leave what follows from what is there: nobody is removed or put away, and no leaver gives anything up.

    An object of which anything waits for that is left as it is altogether, for half of it could be a value in between;
    so is a room that ceases to name who goes.
    """
    left_out = {_object(one) for one in plan.operations if one.action in AWAY or one.reason in BY_ABSENCE}
    before_removal = {other for one in plan.operations if _is_user_going(one) for other in one.depends_on}
    left_out |= {_object(one) for one in plan.operations if one.kind is Kind.ROOM and one.id in before_removal}
    while more := _waiting_for(plan, left_out):
        left_out |= more
    return _part(plan, lambda one: _object(one) not in left_out)


def _waiting_for(plan: Plan, objects: set[tuple[Kind, str]]) -> set[tuple[Kind, str]]:
    """Give the other objects of which an operation waits for one on these."""
    theirs = {one.id for one in plan.operations if _object(one) in objects}
    return {_object(one) for one in plan.operations if not theirs.isdisjoint(one.depends_on)} - objects


def _is_user_going(one: Operation) -> bool:
    return one.kind is Kind.USER and one.action is Action.REMOVE


def unheld(plan: Plan) -> Plan:
    """Leave what no guard holds."""
    return _part(plan, lambda one: not one.held_by)


def _returns(plan: Plan) -> Mapping[str, list[str]]:
    """Give, for each operation that lends a value, those that then write what is wanted of the same object."""
    lent = {one.id: _object(one) for one in plan.operations if one.reason is Reason.TEMPORARY}
    returns: defaultdict[str, list[str]] = defaultdict(list)
    for one in plan.operations if lent else ():
        for other in one.depends_on:
            if lent.get(other) == _object(one):
                returns[other].append(one.id)
    return returns


def _object(operation: Operation) -> tuple[Kind, str]:
    return (operation.kind, operation.platform_id)


def _part(plan: Plan, is_chosen: Callable[[Operation], bool]) -> Plan:
    operations = [one for one in plan.operations if is_chosen(one)]
    ids = {one.id for one in operations}
    return msgspec.structs.replace(
        plan,
        operations=tuple(
            msgspec.structs.replace(one, depends_on=tuple(other for other in one.depends_on if other in ids))
            for one in operations
        ),
        fingerprint=fingerprint(ids),
    )


def _holds_any(holds: str | tuple[str, ...], chosen: set[str]) -> bool:
    return holds == HOLDS_ALL or not chosen.isdisjoint(holds)
