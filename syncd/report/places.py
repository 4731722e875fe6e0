"""Where departments stand: their paths before a plan and after it."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from syncd.model.objects import Department, Kind
from syncd.plan.values import Action, Change, Operation

SEPARATOR = " / "
UNKNOWN = "…"
Tree = Mapping[str, Department]


class Places(msgspec.Struct, frozen=True):
    """The departments by platform id, as they were before a plan and as they will be after it."""

    before: Tree
    after: Tree


def places(operations: Iterable[Operation], known: Tree) -> Places:
    """Give the trees around a plan; `known` is what the platform shows, before the plan or, of a run, after it."""
    changed = [one for one in operations if one.kind is Kind.DEPARTMENT and one.action is not Action.ADOPT]
    before = {**known, **_told(changed, known, lambda change: change.before, Action.CREATE)}
    after = {**known, **_told(changed, before, lambda change: change.after, Action.REMOVE)}
    return Places(before, after)


def _told(
    operations: Iterable[Operation], known: Tree, side: Callable[[Change], str | None], absent: Action
) -> dict[str, Department]:
    """Give what the operations say of departments on one side; several on one department: before first, after last."""
    found: dict[str, Department] = {}
    for one in operations:
        if one.action is not absent:
            there = known.get(one.platform_id, Department(one.name))
            told = {field: value for field, change in one.changes.items() if (value := side(change)) is not None}
            found[one.platform_id] = Department(told.get("name", there.name), told.get("parent", there.parent))
    return found


def path(tree: Tree, platform_id: str, root: str) -> str:
    """Give a department's names from the top down, `root` where it is the root; empty where nobody knows the id."""
    if not platform_id:
        return root
    names: list[str] = []
    passed: set[str] = set()
    while platform_id and platform_id in tree and platform_id not in passed:
        passed.add(platform_id)
        names.append(tree[platform_id].name)
        platform_id = tree[platform_id].parent or ""
    if platform_id and names:
        names.append(UNKNOWN)
    return SEPARATOR.join(reversed(names))
