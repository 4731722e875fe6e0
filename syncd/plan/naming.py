"""Rooms name users: a room waits for those who are made, and those who go wait until no room names them."""

import msgspec

from syncd.model.objects import Kind
from syncd.model.rooms import USERS, ids_in, joined
from syncd.plan.draft import Draft
from syncd.plan.values import Action, Change, Reason


def wait_for_named(nodes: list[Draft], waits: dict[int, set[int]]) -> list[Draft]:
    """Give the drafts, with waits between rooms and the users whom they begin or cease to name.

    A user who goes may have something that a new one waits for. A room that ceases to name the one and begins to name
    the other does so in two steps, so that nobody waits in a ring.
    """
    users = {node.platform_id: index for index, node in enumerate(nodes) if _is(node, Action.CREATE)}
    going = {node.platform_id: index for index, node in enumerate(nodes) if _is(node, Action.REMOVE)}
    awaited = set().union(*waits.values()) if waits else set()
    result = list(nodes)
    for index, node in enumerate(nodes):
        if node.kind is not Kind.ROOM or USERS not in node.changes:
            continue
        before, after = ids_in(node.changes[USERS].before), ids_in(node.changes[USERS].after)
        makers = {users[one] for one in after if one in users}
        left = {going[one] for one in before if one in going and one not in after}
        first = index
        if makers and not awaited.isdisjoint(left):
            first = len(result)
            staying = joined(one for one in before if one not in going)
            leaving, result[index] = _in_two(node, staying)
            result.append(leaving)
            waits[index].add(first)
        waits[index] |= makers
        for one in left:
            waits[one].add(first)
    return result


def _is(node: Draft, action: Action) -> bool:
    return node.kind is Kind.USER and node.action is action


def _in_two(node: Draft, staying: str) -> tuple[Draft, Draft]:
    """Give the draft that ceases to name those who go, and the draft that does all the rest."""
    change = node.changes[USERS]
    first = msgspec.structs.replace(
        node, action=Action.UPDATE, changes={USERS: Change(change.before, staying)}, reason=Reason.TEMPORARY
    )
    rest = msgspec.structs.replace(node, changes={**node.changes, USERS: Change(staying, change.after)})
    return first, rest
