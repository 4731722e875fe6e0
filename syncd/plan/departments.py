"""The department tree: what is made, renamed, moved and removed (DESIGN 6, departments)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from syncd.model.desired import Desired, DesiredDepartment, Skip
from syncd.model.links import Link, Ownership
from syncd.model.objects import Department, Kind
from syncd.model.rooms import PlatformRoom, Room, with_values
from syncd.plan.differences import Difference, Left, creation, differences
from syncd.plan.draft import DEPARTMENT_FIELDS, Draft, removal
from syncd.plan.drafting import drafted, left_alone
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Action, Conflict, ConflictKind, Reason

NAMES_SHOWN = 5
_UNKNOWN = Left(
    "parent",
    "unknown_department",
    "the department that it names above it is not known, so it hangs below the root department; give it one that the "
    "source has",
)

_STAYS = Left(
    "parent",
    "unknown_department",
    "the department that it names above it is not known, so it stays where it is; give it one that the source has",
)


def department_ids(situation: Situation) -> dict[Identity, str]:
    """Give the platform id of every department that is desired or linked, by (source, key)."""
    ids = {identity: link.platform_id for identity, link in situation.department_links.items()}
    for one in situation.desired.departments:
        identity = (one.source, one.key)
        if identity not in ids:
            ids[identity] = situation.derived(Kind.DEPARTMENT, identity)
    return ids


def nearest(situation: Situation, ids: Mapping[Identity, str], source: str, key: str) -> str | None:
    """Give the platform id of a department, or of the nearest above it that is desired or linked.

    `""` as key, and a walk that ends at the top, are the root department; `None` is a key that nobody knows.
    """
    seen: set[str] = set()
    while key and (source, key) not in ids:
        if key in seen or (source, key) not in situation.desired.above:
            return None
        seen.add(key)
        key = situation.desired.above[source, key]
    return ids[source, key] if key else situation.policy.root_of(source)


def parent_of(situation: Situation, ids: Mapping[Identity, str], one: DesiredDepartment) -> str:
    """Give the platform id of the department above a wanted one; an unknown one is the root department."""
    parent = nearest(situation, ids, one.source, one.fields.parent or "")
    return situation.policy.root_of(one.source) if parent is None else parent


def place_departments(
    situation: Situation, ids: Mapping[Identity, str], unclear: Collection[Identity] = ()
) -> tuple[list[Draft], list[Skip]]:
    """Draft the creations, renames and moves of departments, and name what is left as it is.

    `unclear` has the departments of which nobody knows yet which object they are; a linked one below them stays.
    """
    drafts: list[Draft] = []
    skips: list[Skip] = []
    for one in situation.desired.departments:
        identity = (one.source, one.key)
        if identity in unclear and identity not in situation.department_links:
            continue
        is_linked = identity in situation.department_links
        is_astray = identity not in unclear and _is_astray(situation, ids, one)
        # Where it belongs is not known: what is there stays where it is, and what is new has to hang somewhere.
        is_left = identity in unclear or (is_astray and is_linked)
        parent = None if is_left else parent_of(situation, ids, one)
        draft, left = _placed(situation, ids, one, Department(one.fields.name, parent))
        drafts += [draft] if draft else []
        astray = ([_STAYS] if is_linked else [_UNKNOWN]) if is_astray else []
        skips += left_alone(one, Kind.DEPARTMENT, (*left, *astray))
    return drafts, skips


def _is_astray(situation: Situation, ids: Mapping[Identity, str], one: DesiredDepartment) -> bool:
    """Tell whether a department names one above it that nobody knows."""
    return nearest(situation, ids, one.source, one.fields.parent or "") is None


def ring_conflicts(desired: Desired) -> tuple[Conflict, ...]:
    """Name the departments that stand above themselves, ring by ring; each stays as it is (I11)."""
    places = {one.key: one.locator for one in desired.skipped if one.kind is Kind.DEPARTMENT and one.reason == "cycle"}
    return tuple(
        Conflict(
            kind=ConflictKind.CYCLE,
            keys=ring,
            field="parent",
            value="",
            message=f"{' and '.join(places.get(key, key) for key in ring)}: above itself by what the directory says; "
            "what is there stays as it is, and nothing new is made. Break the ring in the directory.",
        )
        for ring in desired.rings
    )


def _placed(
    situation: Situation, ids: Mapping[Identity, str], one: DesiredDepartment, wanted: Department
) -> tuple[Draft | None, tuple[Left, ...]]:
    """Draft what one desired department needs, if anything."""
    identity = (one.source, one.key)
    link = situation.department_links.get(identity)
    there = situation.departments.get(ids[identity])
    if link is not None and link.ownership is Ownership.PROTECTED:
        return None, ()
    if there is None or link is None:
        found = Difference(creation(wanted, DEPARTMENT_FIELDS), Reason.REMOVED_ON_PLATFORM if link else Reason.NEW)
        action = Action.CREATE
    else:
        found = differences(wanted, link, there.fields, situation.policy, DEPARTMENT_FIELDS)
        action = Action.MOVE if "parent" in found.changes else Action.UPDATE
    return drafted(one, (Kind.DEPARTMENT, ids[identity]), action, found), found.left


def below(situation: Situation, roots: Collection[str]) -> frozenset[str]:
    """Give the ids of these departments and of all below them; `""`, the platform's root, holds everything."""
    children: defaultdict[str, list[str]] = defaultdict(list)
    for one in situation.departments.values():
        children[one.fields.parent or ""].append(one.id)
    found: set[str] = set()
    waiting = list(roots)
    if "" in roots:
        waiting += [*situation.departments, *(one.fields.department or "" for one in situation.users.values())]
    while waiting:
        department = waiting.pop()
        if department not in found:
            found.add(department)
            waiting += children[department]
    return frozenset(found)


class Tree(msgspec.Struct, frozen=True):
    """The tree of departments as the plan leaves it: each id's parent."""

    parents: Mapping[str, str]

    def above(self, department: str) -> Iterator[str]:
        """Give the ids above a department, nearest first; a cycle on the platform ends the walk."""
        seen = {department}
        parent = self.parents.get(department, "")
        while parent and parent not in seen:
            yield parent
            seen.add(parent)
            parent = self.parents.get(parent, "")


def tree_after(situation: Situation, drafts: Iterable[Draft]) -> Tree:
    """Give the tree that stands once the drafts are carried out."""
    parents = {one.id: one.fields.parent or "" for one in situation.departments.values()}
    for draft in drafts:
        if draft.action is Action.CREATE or "parent" in draft.changes:
            parents[draft.platform_id] = draft.taken("parent")
    return Tree(parents)


def remove_departments(
    situation: Situation, tree: Tree, contents: Iterable[Draft], blocked: frozenset[str]
) -> tuple[list[Draft], list[Skip]]:
    """Draft the removal of linked departments that are gone and will be empty; name those that will not be.

    `contents` has what the plan does to users and rooms, `blocked` the sources of which absence proves nothing.
    """
    contents = list(contents)
    gone = {
        link.platform_id: link
        for identity, link in situation.department_links.items()
        if _is_gone(situation, identity, link, blocked)
    }
    held, rooms = _contents(situation, tree, contents), _rooms(situation, contents)
    children = Counter(parent for parent in tree.parents.values() if parent)
    drafts, skips = [], []
    for platform_id in sorted(gone, key=lambda one: (-sum(1 for _ in tree.above(one)), one)):
        link, there = gone[platform_id], situation.departments[platform_id]
        inside = _inside(held[platform_id], rooms[platform_id], children[platform_id])
        if inside:
            skips.append(_not_empty(link, there.fields.name, inside))
            continue
        drafts.append(removal(link, there.fields, Reason.LEFT))
        children[tree.parents[platform_id]] -= 1
    return drafts, skips


def _is_gone(situation: Situation, identity: Identity, link: Link, blocked: frozenset[str]) -> bool:
    return (
        identity not in situation.desired.present_departments
        and identity[0] not in blocked
        and link.ownership is not Ownership.PROTECTED
        and link.platform_id in situation.departments
    )


def _contents(situation: Situation, tree: Tree, users: Iterable[Draft]) -> Mapping[str, list[str]]:
    """Give the names of the users that will be in each department."""
    where = {user.id: user.fields.department or "" for user in situation.users.values()}
    names = {user.id: user.fields.name for user in situation.users.values()}
    for draft in (one for one in users if one.kind is Kind.USER):
        if draft.action is Action.REMOVE:
            where.pop(draft.platform_id, None)
        elif "department" in draft.changes:
            where[draft.platform_id], names[draft.platform_id] = draft.taken("department"), draft.name
    held: dict[str, list[str]] = defaultdict(list)
    for user_id, department in where.items():
        if department in tree.parents:
            held[department].append(names[user_id])
    return held


def rooms_after(situation: Situation, drafts: Iterable[Draft]) -> Iterator[PlatformRoom]:
    """Give the rooms as the drafts leave them."""
    rooms = {room.id: room for room in situation.rooms}
    for draft in drafts:
        if draft.kind is Kind.ROOM:
            before = rooms.pop(draft.platform_id, PlatformRoom(draft.platform_id, Room("")))
            if draft.action is not Action.REMOVE:
                values = {field: draft.taken(field) for field in draft.changes}
                rooms[draft.platform_id] = PlatformRoom(before.id, with_values(before.fields, values))
    yield from rooms.values()


def _rooms(situation: Situation, drafts: Iterable[Draft]) -> Mapping[str, list[str]]:
    """Give the names of the rooms that will be in each department."""
    held: dict[str, list[str]] = defaultdict(list)
    for room in rooms_after(situation, drafts):
        held[room.fields.department].append(room.fields.name or room.id)
    return held


def _inside(users: list[str], rooms: list[str], children: int) -> list[str]:
    """Say what a department will still hold."""
    inside = [f"{len(users)} users ({_shown(users)})"] if users else []
    inside += [f"{len(rooms)} rooms ({_shown(rooms)})"] if rooms else []
    return inside + ([f"{children} departments"] if children else [])


def _shown(names: list[str]) -> str:
    return ", ".join(sorted(names)[:NAMES_SHOWN]) + (" and others" if len(names) > NAMES_SHOWN else "")


def _not_empty(link: Link, name: str, inside: list[str]) -> Skip:
    return Skip(
        kind=Kind.DEPARTMENT,
        key=link.key,
        locator=link.locator,
        reason="not_empty",
        message=f"department {name} is gone from the directory and stays, for it will still hold "
        f"{' and '.join(inside)}; move them and it goes with the next run",
    )
