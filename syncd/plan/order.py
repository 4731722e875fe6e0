"""The graph: what waits for what, and cycles of unique values broken by temporary ones (DESIGN 6, graph)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from syncd.model.objects import Kind, PlatformDepartment
from syncd.plan.draft import UNIQUE_FIELDS, Comparable, Draft, temporary
from syncd.plan.naming import wait_for_named
from syncd.plan.sibling_names import lend_names
from syncd.plan.values import Action, Change, Operation, Reason

Waits = dict[int, set[int]]
KIND_ORDER = {Kind.DEPARTMENT: 0, Kind.USER: 1, Kind.ROOM: 2}


def order(
    drafts: Iterable[Draft],
    ancestors: Callable[[str], Iterable[str]],
    comparable: Comparable,
    departments: Mapping[str, PlatformDepartment] | None = None,
    never_empty: frozenset[str] = frozenset(),
) -> tuple[Operation, ...]:
    """Give the operations with what they wait for, by kind, level in the graph and key.

    `ancestors` gives the ids above a department in the tree to be, nearest first; `comparable` the form in which
    two values of a field count as the same. `departments`, by id, are given where the platform refuses one name
    twice under one parent; `never_empty` has the fields that it does not let become empty.
    """
    nodes = sorted(drafts, key=lambda draft: (KIND_ORDER[draft.kind], draft.source, draft.key, draft.platform_id))
    waits: Waits = defaultdict(set)
    if departments is not None:
        lent = lend_names(nodes, departments, comparable)
        nodes = list(lent.drafts)
        waits.update({index: set(others) for index, others in lent.waits.items()})
    _wait_for_departments(nodes, waits, ancestors)
    _wait_for_adoptions(nodes, waits, ancestors)
    _wait_until_empty(nodes, waits)
    _wait_to_give_way(nodes, waits)
    values = _waits_for_values(nodes, comparable)
    nodes = _break_cycles(nodes, values, waits, never_empty)
    nodes = wait_for_named(nodes, waits)
    return _arranged(nodes, waits)


def _wait_for_departments(nodes: list[Draft], waits: Waits, ancestors: Callable[[str], Iterable[str]]) -> None:
    """Make users and rooms wait for the creation of their department, departments for what is done above them."""
    placed = {
        node.platform_id: index
        for index, node in enumerate(nodes)
        if node.kind is Kind.DEPARTMENT and node.action in (Action.CREATE, Action.MOVE)
    }
    for index, node in enumerate(nodes):
        if node.kind is not Kind.DEPARTMENT:
            above = placed.get(node.taken("department"))
            if above is not None and nodes[above].action is Action.CREATE:
                waits[index].add(above)
        elif node.platform_id in placed and placed[node.platform_id] == index:
            nearest = next((placed[one] for one in ancestors(node.platform_id) if one in placed), None)
            if nearest is not None:
                waits[index].add(nearest)


def _wait_for_adoptions(nodes: list[Draft], waits: Waits, ancestors: Callable[[str], Iterable[str]]) -> None:
    """Make what changes an object, or puts something into it, wait until it is ours; and what ends that come last."""
    taken = {index: node for index, node in enumerate(nodes) if node.action is Action.ADOPT}
    adopted = {(one.kind, one.platform_id): index for index, one in taken.items() if one.reason is not Reason.REVERTED}
    released = {(one.kind, one.platform_id): index for index, one in taken.items() if one.reason is Reason.REVERTED}
    for index, node in enumerate(nodes) if released else ():
        last = released.get((node.kind, node.platform_id), index)
        if last != index:
            waits[last].add(index)
    for index, node in enumerate(nodes) if adopted else ():
        own = adopted.get((node.kind, node.platform_id), index)
        if node.kind is not Kind.DEPARTMENT:
            above = adopted.get((Kind.DEPARTMENT, node.taken("department")))
        else:
            places = ((Kind.DEPARTMENT, one) for one in ancestors(node.platform_id))
            above = next((adopted[one] for one in places if one in adopted), None)
        waits[index] |= {one for one in (own, above) if one is not None and one != index}


def _wait_until_empty(nodes: list[Draft], waits: Waits) -> None:
    """Make the removal of a department wait for all that leaves it."""
    removed = {
        node.platform_id: index
        for index, node in enumerate(nodes)
        if node.kind is Kind.DEPARTMENT and node.action is Action.REMOVE
    }
    for index, node in enumerate(nodes):
        change = node.changes.get("parent" if node.kind is Kind.DEPARTMENT else "department")
        left = removed.get(change.before or "") if change else None
        if left is not None and left != index:
            waits[left].add(index)


def _wait_to_give_way(nodes: list[Draft], waits: Waits) -> None:
    """Make the removal of a leaver wait for what the leaver gives way with before it."""
    giving = {node.platform_id: index for index, node in enumerate(nodes) if node.reason is Reason.GIVES_WAY}
    for index, node in enumerate(nodes):
        if node.action is Action.REMOVE and node.kind is Kind.USER and node.platform_id in giving:
            waits[index].add(giving[node.platform_id])


def _waits_for_values(nodes: list[Draft], comparable: Comparable) -> dict[int, dict[int, set[str]]]:
    """Give, for each draft that takes a unique value, the drafts that free it and in which fields."""
    given = {(node.platform_id, field) for node in nodes if node.reason is Reason.GIVES_WAY for field in node.changes}
    freed: dict[tuple[str, str], int] = {}
    for index, node in enumerate(nodes):
        if node.kind is Kind.USER:
            for field in UNIQUE_FIELDS:
                change = node.changes.get(field)
                is_gone = node.action is Action.REMOVE and (node.platform_id, field) in given
                if change and change.before and not is_gone:
                    freed[field, comparable(field, change.before)] = index
    waits: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for index, node in enumerate(nodes):
        for field in UNIQUE_FIELDS if node.kind is Kind.USER else ():
            value = node.taken(field)
            other = freed.get((field, comparable(field, value))) if value else None
            if other is not None and other != index:
                waits[index][other].add(field)
    return waits


def _break_cycles(
    nodes: list[Draft], values: dict[int, dict[int, set[str]]], waits: Waits, never_empty: frozenset[str]
) -> list[Draft]:
    """Give the drafts with temporary ones added, so that no draft waits for itself.

    A depth-first walk meets each cycle at the draft that it came from; that draft gives its value away first.
    """
    given_away = _met_again(values, len(nodes))
    result = list(nodes)
    lenders: dict[int, int] = {}
    lent: dict[int, set[str]] = defaultdict(set)
    for source, target in given_away:
        lent[target] |= values[source][target]
    for target in sorted(lent):
        lenders[target] = len(result)
        first, rest = _split(
            nodes[target], {field: temporary(field, nodes[target].platform_id, never_empty) for field in lent[target]}
        )
        result[target] = rest
        result.append(first)
        waits[lenders[target]] |= {one for one in waits[target] if nodes[one].action is Action.ADOPT}
        waits[target].add(lenders[target])
    for source, targets in values.items():
        for target, fields in targets.items():
            if fields <= lent[target]:
                waits[source].add(lenders[target])
            else:
                waits[source].add(target)
    return result


def _met_again(values: dict[int, dict[int, set[str]]], count: int) -> list[tuple[int, int]]:
    """Give the edges of the graph that close a cycle, by a depth-first walk without recursion."""
    new, open_, done = 0, 1, 2
    state = [new] * count
    closing: list[tuple[int, int]] = []
    for start in range(count):
        if state[start] != new or start not in values:
            continue
        state[start] = open_
        stack = [(start, iter(sorted(values[start])))]
        while stack:
            node, following = stack[-1]
            target = next(following, None)
            if target is None:
                state[node] = done
                stack.pop()
            elif state[target] == open_:
                closing.append((node, target))
            elif state[target] == new:
                state[target] = open_
                stack.append((target, iter(sorted(values.get(target, {})))))
    return closing


def _split(draft: Draft, values: Mapping[str, str]) -> tuple[Draft, Draft]:
    """Give the draft that bears these values for a while, and the draft that then writes what is wanted."""
    held = {field: Change(draft.changes[field].before, values[field]) for field in sorted(values)}
    rest = {
        field: Change(held[field].after, change.after) if field in held else change
        for field, change in draft.changes.items()
    }
    first = msgspec.structs.replace(draft, action=Action.UPDATE, changes=held, reason=Reason.TEMPORARY)
    return first, msgspec.structs.replace(draft, changes=rest)


def _arranged(nodes: list[Draft], waits: Waits) -> tuple[Operation, ...]:
    """Give the operations by kind, level and key; removals that nothing waits for come last in their kind."""
    levels = _levels(waits, len(nodes))
    awaited = set().union(*waits.values()) if waits else set()
    last = max(levels, default=0) + 1
    for index, node in enumerate(nodes):
        if node.action is Action.REMOVE and index not in awaited:
            levels[index] = last
    ids = [node.id for node in nodes]
    rank = sorted(
        range(len(nodes)),
        key=lambda i: (KIND_ORDER[nodes[i].kind], levels[i], nodes[i].source, nodes[i].key, ids[i]),
    )
    return tuple(nodes[i].operation(tuple(sorted(ids[other] for other in waits.get(i, ())))) for i in rank)


def _levels(waits: Waits, count: int) -> list[int]:
    """Give the length of the longest chain that each draft waits for (Kahn's order)."""
    waiters: dict[int, list[int]] = defaultdict(list)
    open_ = [0] * count
    for index, others in waits.items():
        open_[index] = len(others)
        for other in others:
            waiters[other].append(index)
    levels = [0] * count
    ready = [index for index in range(count) if not open_[index]]
    for index in ready:
        for waiter in waiters[index]:
            levels[waiter] = max(levels[waiter], levels[index] + 1)
            open_[waiter] -= 1
            if not open_[waiter]:
                ready.append(waiter)
    return levels
