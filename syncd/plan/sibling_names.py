"""Names of departments on a platform that refuses one name twice under one parent (DESIGN 6, graph).

Whoever gives such a place up, by a new name, a move or its removal, bears a temporary name first. That rename waits for
nothing, so that no cycle can come of it, however the tree turns.
"""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.model.objects import Kind, PlatformDepartment
from syncd.plan.draft import Comparable, Draft, temporary
from syncd.plan.values import Action, Change, Reason

Place = tuple[str, str]


class Lent(msgspec.Struct, frozen=True):
    """Drafts with temporary names among them; `waits` has, by the taker's place in `drafts`, whom it waits for."""

    drafts: tuple[Draft, ...]
    waits: Mapping[int, frozenset[int]]


def lend_names(drafts: Iterable[Draft], there: Mapping[str, PlatformDepartment], comparable: Comparable) -> Lent:
    """Let every department that stands in the way of another's name bear a temporary one first."""
    result = list(drafts)
    index_of = {draft.platform_id: index for index, draft in enumerate(result) if draft.kind is Kind.DEPARTMENT}
    holders = {_place(one.fields.parent, one.fields.name, comparable): one.id for one in there.values()}
    waits: dict[int, set[int]] = {}
    temporary: dict[str, int] = {}
    for platform_id, index in index_of.items():
        place = _taken(result[index], there.get(platform_id), comparable)
        holder = holders.get(place) if place else None
        if holder is None or holder == platform_id or holder not in index_of or not _gives_up(result[index_of[holder]]):
            continue
        if holder not in temporary:
            temporary[holder] = len(result)
            first, rest = _renamed_first(result[index_of[holder]], there[holder])
            result[index_of[holder]] = rest
            result.append(first)
            waits.setdefault(index_of[holder], set()).add(temporary[holder])
        waits.setdefault(index, set()).add(temporary[holder])
    return Lent(tuple(result), {index: frozenset(others) for index, others in waits.items()})


def is_taken(places: Iterable[Place], there: Mapping[str, PlatformDepartment], comparable: Comparable) -> bool:
    """Tell whether any of these places, as (parent, name), is some department's already."""
    taken = {_place(one.fields.parent, one.fields.name, comparable) for one in there.values()}
    return any(_place(parent, name, comparable) in taken for parent, name in places)


def _place(parent: str | None, name: str, comparable: Comparable) -> Place:
    return parent or "", comparable("name", name)


def _taken(draft: Draft, there: PlatformDepartment | None, comparable: Comparable) -> Place | None:
    """Give the place that a draft takes; nothing where it only removes."""
    if draft.action is Action.REMOVE:
        return None
    parent = draft.taken("parent") if "parent" in draft.changes or there is None else there.fields.parent
    return _place(parent, draft.taken("name") or (there.fields.name if there else ""), comparable)


def _gives_up(draft: Draft) -> bool:
    return draft.action in (Action.REMOVE, Action.MOVE) or "name" in draft.changes


def _renamed_first(draft: Draft, there: PlatformDepartment) -> tuple[Draft, Draft]:
    """Give the temporary rename, and the draft that then does what is wanted."""
    passing = temporary("name", draft.platform_id)
    first = msgspec.structs.replace(
        draft, action=Action.UPDATE, changes={"name": Change(there.fields.name, passing)}, reason=Reason.TEMPORARY
    )
    after = None if draft.action is Action.REMOVE else draft.taken("name") or there.fields.name
    return first, msgspec.structs.replace(draft, changes={**draft.changes, "name": Change(passing, after)})
