"""Guards: rules that hold a plan until a person approves, each with its numbers (DESIGN 6, guards)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from syncd.model.objects import Kind
from syncd.model.source import Grade
from syncd.plan.configuration import listed
from syncd.plan.rules import History, Limit, Limits
from syncd.plan.values import Action, Guard, Operation, Reason, SourceGrade

GROUPS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.MOVE: "update",
    Action.LOCK: "remove",
    Action.PARK: "remove",
    Action.REMOVE: "remove",
    Action.LEAVE: "remove",
}
HOLDS_ALL = "all"
NAMES_SHOWN = 5
DECIDING = frozenset({"when", "enabled", "department"})
CLEARED = frozenset({"phone", "email", "position", "memo", "face", "address", "users"})


def guard(
    operations: Sequence[Operation],
    linked: dict[Kind, int],
    limits: Limits,
    history: History,
    evidence: tuple[tuple[SourceGrade, ...], str],
    counted: frozenset[tuple[Kind, str, str]] = frozenset(),
) -> tuple[Guard, ...]:
    """Judge the operations; an empty plan is never held.

    `linked` counts the linked objects before the run, `evidence` is the grades of the reads and the fingerprint of
    the configuration. `counted` has those, by kind, source and key, who have counted against `limits.remove` before.
    """
    if not operations:
        return ()
    grades, configuration = evidence
    judged = [operation for operation in operations if operation.id not in history.approved]
    if not judged:
        return ()
    verdicts = [
        *_certificates(grades),
        *_configuration(limits, history, configuration),
        *_limits((each for each in judged if not is_counted(each, counted)), linked, limits, history),
        *_clears(judged, linked, limits),
    ]
    return tuple(verdicts)


def replaced_guards(
    operations: Sequence[Operation], limits: Limits, linked: Mapping[Kind, int], approved: frozenset[str]
) -> tuple[Guard, ...]:
    """Hold whoever takes the account of a leaver under a new key; many of them hold the plan, for keys have changed."""
    waiting = [one for one in operations if one.reason is Reason.REPLACED and one.id not in approved]
    if not waiting:
        return ()
    names = ", ".join(one.name for one in waiting[:NAMES_SHOWN]) + (" and others" if len(waiting) > NAMES_SHOWN else "")
    limit, base = limits.by_kind.get(Kind.USER, {}).get("replaced"), linked[Kind.USER]
    if limit is not None and limit.exceeded(len(waiting), base):
        message = (
            f"{len(waiting)} accounts are claimed by new keys ({names}): have the keys of the directory changed? Then "
            "`syncd link --by account` mends it; if they are other people, approve"
        )
        number = limit.count if limit.count is not None else limit.percent
        return (Guard("replaced", HOLDS_ALL, "user", "replaced", number, len(waiting), base, message),)
    message = f"the account of {names} is claimed by a new key; the same person: syncd link, another person: approve"
    holds = tuple(sorted(one.id for one in waiting))
    return (Guard("replaced", holds, "user", "replaced", actual=len(waiting), base=base, message=message),)


def unprovable_guards(
    operations: Sequence[Operation],
    unprovable: frozenset[str],
    fields: frozenset[tuple[str, str]],
    approved: frozenset[str],
) -> tuple[Guard, ...]:
    """Hold what follows from absence in a source that can never prove itself whole (`proof = "none"`).

    `fields` has the fields, with their authority, that are made of such a source which enriches it; those of rooms as
    `room.FIELD`.
    """
    # Who is there, enabled and where must not follow from what such a source did not say either.
    decided = unprovable | {source for source, field in fields if field in DECIDING}

    def waits(one: Operation) -> bool:
        return (one.source in decided and _needs_proof(one)) or any(
            (one.source, f"{Kind.ROOM}.{name}" if one.kind is Kind.ROOM else name) in fields for name in cleared(one)
        )

    waiting = [one for one in operations if one.id not in approved and waits(one)]
    sources = ", ".join(sorted({one.source for one in waiting}))
    message = (
        f"source {sources} cannot prove that it was read whole; removals, values that become empty and changes of "
        "departments wait for a person"
    )
    holds = tuple(sorted(one.id for one in waiting))
    return (Guard("certificate", holds, actual=len(waiting), message=message),) if waiting else ()


def _needs_proof(operation: Operation) -> bool:
    """Tell whether an operation follows from what was not read."""
    if operation.action is Action.CREATE or operation.action is Action.ADOPT:
        return False
    if operation.kind is Kind.DEPARTMENT or GROUPS.get(operation.action) == "remove":
        return True
    if operation.reason in (Reason.GIVES_WAY, Reason.REPLACED):
        return True
    return bool(cleared(operation))


def cleared(operation: Operation) -> frozenset[str]:
    """Give the fields of an operation whose values become empty."""
    if operation.action not in (Action.UPDATE, Action.MOVE):
        return frozenset()
    changes = operation.changes.items()
    return frozenset(field for field, one in changes if field in CLEARED and one.before and not one.after)


def held(operations: tuple[Operation, ...], guards: Iterable[Guard], approved: frozenset[str]) -> tuple[Operation, ...]:
    """Give the operations with the guards that hold each, or what each waits for; approved ones pass every guard.

    What only makes way for something that is held is held too, so that nobody is without a phone meanwhile.
    """
    names: dict[str, set[str]] = {operation.id: set() for operation in operations if operation.id not in approved}
    known = {operation.id: operation for operation in operations}
    waiters: defaultdict[str, list[str]] = defaultdict(list)
    for operation in operations:
        for other in operation.depends_on:
            waiters[other].append(operation.id)
    for one in guards:
        held_ids = list(names) if one.holds == HOLDS_ALL else [held for held in one.holds if held in names]
        reached = [(held_id, one.name) for held_id in held_ids]
        while reached:
            operation_id, name = reached.pop()
            if name in names[operation_id]:
                continue
            names[operation_id].add(name)
            reached += [(waiter, name) for waiter in waiters[operation_id] if waiter in names]
            for first in known[operation_id].depends_on:
                if first in names and _is_in_vain(known[first], [known[one] for one in waiters[first]], names):
                    reached += [(first, why) for waiter in waiters[first] for why in names.get(waiter, ())]
    return tuple(
        msgspec.structs.replace(operation, held_by=tuple(sorted(names[operation.id])))
        if names.get(operation.id)
        else operation
        for operation in operations
    )


def _is_in_vain(first: Operation, waiting: Sequence[Operation], names: Mapping[str, set[str]]) -> bool:
    """Tell whether an operation makes way for nothing: a temporary value for one that is held, likewise a leaver's."""
    if first.reason is Reason.TEMPORARY:
        own = (one for one in waiting if (one.kind, one.platform_id) == (first.kind, first.platform_id))
        return any(names.get(one.id) for one in own)
    return first.reason is Reason.GIVES_WAY and all(names.get(one.id) for one in waiting)


def _certificates(grades: Iterable[SourceGrade]) -> list[Guard]:
    return [
        Guard(
            name="certificate",
            holds=HOLDS_ALL,
            message=f"source {one.name} is not proven whole: {'; '.join(one.certificate.get('doubts', ()))}",
        )
        for one in grades
        if one.grade == Grade.UNPROVEN
    ]


def _configuration(limits: Limits, history: History, configuration: str) -> list[Guard]:
    # Changes count beside the fingerprint: it is short, and whoever writes two configurations may choose both.
    is_applied = history.applied_configuration == configuration and not history.changes
    if not limits.hold_configuration or is_applied:
        return []
    why = (
        f"what decides scope or values has changed since the last applied plan{listed(history.changes)}"
        if history.applied_configuration
        else "this store has applied nothing yet, so this is its first plan"
    )
    return [Guard(name="configuration", holds=HOLDS_ALL, message=f"{why}; look at the plan, then approve it")]


def is_counted(operation: Operation, counted: frozenset[tuple[Kind, str, str]]) -> bool:
    """Whether an operation is a further step of somebody's leaving, of which the first has counted."""
    return GROUPS.get(operation.action) == "remove" and (operation.kind, operation.source, operation.key) in counted


def _limits(judged: Iterable[Operation], linked: dict[Kind, int], limits: Limits, history: History) -> list[Guard]:
    actual = Counter((one.kind, GROUPS[one.action]) for one in judged if one.action in GROUPS)
    found = []
    for kind, group in sorted(actual):
        limit = limits.by_kind.get(kind, {}).get(group)
        if limit is None or (group == "create" and not history.completed_once):
            continue
        found += _exceeded(
            limit, (kind, group), actual[kind, group], linked.get(kind, 0), history.recent.get((kind, group), 0)
        )
    return found


def _clears(judged: Iterable[Operation], linked: dict[Kind, int], limits: Limits) -> list[Guard]:
    """Judge the values that become empty, by kind and field; a removal clears nothing."""
    actual = Counter(
        (one.kind, field)
        for one in judged
        if one.action in (Action.UPDATE, Action.MOVE) and one.reason != "temporary"
        for field, change in one.changes.items()
        if change.before and change.after == "" and field not in ("department", "parent")
    )
    found = []
    for kind, field in sorted(actual):
        limit = limits.by_kind.get(kind, {}).get("clear")
        if limit is not None:
            found += _exceeded(limit, (kind, f"clear {field}"), actual[kind, field], linked.get(kind, 0))
    return found


def _exceeded(limit: Limit, what: tuple[Kind, str], planned: int, base: int, recent: int = 0) -> list[Guard]:
    """Judge operations of this plan together with those that were carried out in the last window."""
    actual = planned + recent
    if not limit.exceeded(actual, base):
        return []
    kind, group = what
    parts = f", {planned} of this plan and {recent} carried out within limits.window" if recent else ""
    share = f" ({actual * 100 / base:.1f} %)" if base else ""
    number = limit.count if limit.count is not None and actual > limit.count else limit.percent
    unit = "" if number == limit.count and actual > (limit.count or 0) else " %"
    return [
        Guard(
            name="limits",
            holds=HOLDS_ALL,
            kind=str(kind),
            action=group,
            limit=number,
            actual=actual,
            base=base,
            message=f"{group} of {actual}{share} of {base} linked {kind}s is above limits.{group.split()[0]}"
            f" = {number}{unit}{parts}",
        )
    ]
