"""Departments of the platform that stand where the directory wants one, by their path (DESIGN 6, adoption)."""

from collections import Counter, defaultdict

import msgspec

from syncd.model.desired import DesiredDepartment, DesiredUser, Skip
from syncd.model.links import Link, Ownership
from syncd.model.objects import Kind
from syncd.plan.draft import Comparable
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Conflict, ConflictKind

AMBIGUOUS = "ambiguous_adoption"


class Found(msgspec.Struct, frozen=True):
    """The links to be, and the `unclear` entries, beside which nothing is made until a person links them."""

    links: tuple[Link, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unclear: frozenset[Identity] = frozenset()
    skipped: tuple[Skip, ...] = ()


def departments_by_path(situation: Situation, comparable: Comparable) -> Found:
    """Find the department for each wanted one without a link; one below an undecided one waits for it."""
    walk = _Walk(situation, comparable)
    for one in walk.from_the_top():
        walk.judge(one)
    return Found(tuple(walk.links), tuple(walk.conflicts), frozenset(walk.unclear), tuple(walk.skipped))


def link_to(one: DesiredUser | DesiredDepartment, kind: Kind, platform_id: str, ownership: Ownership) -> Link:
    """Link an entry to an object that was there before."""
    return Link(kind, one.source, one.key, platform_id, ownership, locator=one.locator)


class _Walk:
    """The walk down the wanted tree, beside the platform's own; a path is the names from the root department down."""

    def __init__(self, situation: Situation, comparable: Comparable) -> None:
        self._situation, self._comparable = situation, comparable
        self._ids = {identity: link.platform_id for identity, link in situation.department_links.items()}
        self._wanted = {(one.source, one.key): one for one in situation.desired.departments}
        owned = set(self._ids.values())
        self._strangers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for one in situation.departments.values() if situation.policy.adopt_departments else ():
            if one.id not in owned:
                self._strangers[one.fields.parent or "", self._form(one.fields.name)].append(one.id)
        self._siblings = Counter(self._place(one) for one in situation.desired.departments)
        self.links: list[Link] = []
        self.conflicts: list[Conflict] = []
        self.unclear: set[Identity] = set()
        self.skipped: list[Skip] = []

    def from_the_top(self) -> list[DesiredDepartment]:
        """Give the wanted departments, each after the one above it."""
        depths: dict[Identity, int] = {}
        for identity in self._wanted:
            chain = []
            while identity in self._wanted and identity not in depths and identity not in chain:
                chain.append(identity)
                identity = self._above(self._wanted[identity])  # noqa: PLW2901 - the walk up
            depth = depths.get(identity, -1)
            for one in reversed(chain):
                depth += 1
                depths[one] = depth
        return sorted(self._wanted.values(), key=lambda one: (depths[one.source, one.key], one.source, one.key))

    def judge(self, one: DesiredDepartment) -> None:
        """Adopt the department that stands where this one is wanted, if there is one and only one."""
        identity = (one.source, one.key)
        if self._above(one) in self.unclear:
            self.unclear.add(identity)
            self.skipped.append(_below_unclear(one))
            return
        parent = self._parent(one)
        if identity in self._ids or parent is None:
            return
        found = self._strangers.get((parent, self._form(one.fields.name)), [])
        if len(found) == 1 and self._siblings[self._place(one)] == 1:
            self._ids[identity] = found[0]
            self.links.append(link_to(one, Kind.DEPARTMENT, found[0], Ownership.ADOPTED))
        elif found:
            self.unclear.add(identity)
            self.conflicts.append(_unclear_department(one, found))

    def _form(self, name: str) -> str:
        return self._comparable("name", name)

    def _above(self, one: DesiredDepartment) -> Identity:
        """Give the nearest department above that is wanted or linked, as (source, key); the key is "" at the root."""
        key = one.fields.parent or ""
        seen = {key}
        while key and (one.source, key) not in self._wanted and (one.source, key) not in self._ids:
            key = self._situation.desired.above.get((one.source, key), "")
            if key in seen:
                return (one.source, "")
            seen.add(key)
        return (one.source, key)

    def _parent(self, one: DesiredDepartment) -> str | None:
        """Give the platform id of the department above; `None` where that one is yet to be made."""
        above = self._above(one)
        return self._ids.get(above) if above[1] else self._situation.policy.root_of(one.source)

    def _place(self, one: DesiredDepartment) -> tuple[Identity, str]:
        return self._above(one), self._form(one.fields.name)


def _below_unclear(one: DesiredDepartment) -> Skip:
    return Skip(
        kind=Kind.DEPARTMENT,
        key=one.key,
        locator=one.locator,
        reason=AMBIGUOUS,
        message=f"{one.locator}: nobody knows yet which department of the platform stands above it, so it waits; "
        "link that one",
        field="parent",
    )


def _unclear_department(one: DesiredDepartment, ids: list[str]) -> Conflict:
    return Conflict(
        kind=ConflictKind.AMBIGUOUS_ADOPTION,
        keys=(one.key,),
        field="name",
        value=one.fields.name,
        message=f"{one.locator}: departments of the platform stand at its path (ids {', '.join(sorted(ids))}), and not "
        f"one to one; none is made beside them. Say which it is: syncd link {one.key} ID",
    )
