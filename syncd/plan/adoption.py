"""Adoption: what stands on the platform and is no entry's yet is taken over, one to one (DESIGN 6, adoption)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.model.desired import DesiredUser, Presence
from syncd.model.links import Link, Ownership
from syncd.model.objects import Kind, PlatformUser
from syncd.plan.departments import below
from syncd.plan.departments_by_path import Found, departments_by_path, link_to
from syncd.plan.draft import UNIQUE_FIELDS, Comparable, Draft, draft_on, value_of
from syncd.plan.situation import Situation
from syncd.plan.values import Action, Conflict, ConflictKind, Guard, Operation, Reason

GUARD = "adoption"
Candidates = Mapping[str, Mapping[str, list[str]]]


class Adoption(msgspec.Struct, frozen=True):
    """What is found for the departments and for the users of the directory."""

    departments: Found = Found()
    users: Found = Found()

    @property
    def links(self) -> tuple[Link, ...]:
        """Give the links to be."""
        return (*self.departments.links, *self.users.links)

    def joined(self, situation: Situation) -> Situation:
        """Give the situation as it is once everything is adopted."""
        return situation.with_links((*situation.links(), *self.links))

    def drafts(self, situation: Situation) -> list[Draft]:
        """Draft the links to be; each names the object as the platform shows it."""
        return [_draft(situation, link) for link in self.links]


def protecting(situation: Situation, comparable: Comparable) -> Situation:
    """Link entries that match a protected user as protected: nothing of that user is ever changed, nobody made beside.

    Such a link needs no one's approval, for nothing follows from it.
    """
    links = [
        link_to(one, Kind.USER, platform_id, Ownership.PROTECTED)
        for one, platform_id in _one_to_one(_matched(situation, comparable))
        if situation.is_protected(situation.users[platform_id])
    ]
    return situation.with_links((*situation.links(), *links)) if links else situation


def adopt(situation: Situation, comparable: Comparable) -> Adoption:
    """Find, for entries without a link, the objects below our roots that nobody is linked to."""
    return Adoption(departments_by_path(situation, comparable), _users(situation, comparable))


def adoption_guards(
    situation: Situation, operations: Iterable[Operation], approved: frozenset[str]
) -> tuple[Guard, ...]:
    """Hold adoptions, and what waits for them, until a person has looked at each (`adopt.mode = "review"`)."""
    waiting = [one for one in operations if one.action is Action.ADOPT and one.id not in approved]
    if not waiting or not situation.policy.review_adoptions:
        return ()
    counts = Counter(one.kind for one in waiting)
    what = " and ".join(f"{counts[kind]} {kind}s" for kind in sorted(counts))
    message = f"{what} that stand on the platform already would be taken over; look at each, then approve"
    return (
        Guard(GUARD, tuple(sorted(one.id for one in waiting)), action="adopt", actual=len(waiting), message=message),
    )


def _users(situation: Situation, comparable: Comparable) -> Found:
    matched = _matched(situation, comparable)
    certain = dict(_one_to_one(matched))
    conflicts = [_unclear(situation, one, ids) for one, ids in matched.items() if ids and one not in certain]
    unclear = {(one.source, one.key) for one, ids in matched.items() if ids and one not in certain}
    for entry, user, fields in _holding_two(situation, (one for one, ids in matched.items() if not ids), comparable):
        conflicts.append(_holds_two(entry, user, fields))
        unclear.add((entry.source, entry.key))
    return Found(
        links=tuple(
            link_to(one, Kind.USER, platform_id, Ownership.ADOPTED)
            for one, platform_id in certain.items()
            if not situation.is_protected(situation.users[platform_id])
        ),
        conflicts=tuple(conflicts),
        unclear=frozenset(unclear),
    )


def _holding_two(
    situation: Situation, entries: Iterable[DesiredUser], comparable: Comparable
) -> Iterator[tuple[DesiredUser, PlatformUser, tuple[str, ...]]]:
    """Yield the entries of which one unlinked user holds two unique values, wherever that user is.

    It is most likely the same person, so nobody is made beside it, though nothing says so by `adopt.user`.
    """
    owned = {link.platform_id for link in situation.user_links.values()}
    index: dict[str, dict[str, str]] = {field: {} for field in UNIQUE_FIELDS}
    for user in situation.users.values():
        for field, ids in index.items() if user.id not in owned else ():
            if value := value_of(user.fields, field):
                ids[comparable(field, value)] = user.id
    for entry in entries:
        held: defaultdict[str, list[str]] = defaultdict(list)
        for field, ids in index.items():
            value = value_of(entry.fields, field)
            if value and (user_id := ids.get(comparable(field, value))):
                held[user_id].append(field)
        for user_id, fields in held.items():
            if len(fields) > 1:
                yield entry, situation.users[user_id], tuple(fields)


def _matched(situation: Situation, comparable: Comparable) -> dict[DesiredUser, frozenset[str]]:
    """Give, for each entry without a link, the ids of all whom it matches by any field; several contradict it."""
    owned = {link.platform_id for link in situation.user_links.values()}
    indexes: dict[str, Candidates] = {}
    found = {}
    for one in situation.desired.users:
        if one.presence is Presence.ACTIVE and (one.source, one.key) not in situation.user_links:
            root = situation.policy.root_of(one.source)
            if root not in indexes:
                indexes[root] = _index(situation, _strangers(situation, root, owned), comparable)
            found[one] = _matches(one, indexes[root], comparable)
    return found


def _one_to_one(matched: Mapping[DesiredUser, frozenset[str]]) -> Iterator[tuple[DesiredUser, str]]:
    """Give who matches one user whom nobody else matches."""
    claimed = Counter(platform_id for ids in matched.values() for platform_id in ids)
    for one, ids in matched.items():
        for platform_id in ids if len(ids) == 1 else ():
            if claimed[platform_id] == 1:
                yield one, platform_id


def _strangers(situation: Situation, root: str, owned: set[str]) -> list[PlatformUser]:
    """Give the users below a root department whom nobody is linked to, and the protected ones wherever they are."""
    ours = below(situation, {root})
    return [
        user
        for user in situation.users.values()
        if user.id not in owned and ((user.fields.department or "") in ours or situation.is_protected(user))
    ]


def _index(situation: Situation, users: Iterable[PlatformUser], comparable: Comparable) -> Candidates:
    """Give the ids of users by field and value, in the form in which two values are the same."""
    index: dict[str, defaultdict[str, list[str]]] = {field: defaultdict(list) for field in situation.policy.adopt_users}
    for user in users:
        for field, ids in index.items():
            if value := value_of(user.fields, field):
                ids[comparable(field, value)].append(user.id)
    return index


def _matches(one: DesiredUser, index: Candidates, comparable: Comparable) -> frozenset[str]:
    found: set[str] = set()
    for field, ids in index.items():
        if value := value_of(one.fields, field):
            found.update(ids.get(comparable(field, value), ()))
    return frozenset(found)


def _unclear(situation: Situation, one: DesiredUser, ids: frozenset[str]) -> Conflict:
    people = ", ".join(f"{situation.users[user_id].fields.account} (id {user_id})" for user_id in sorted(ids))
    fields = ", ".join(situation.policy.adopt_users)
    return Conflict(
        kind=ConflictKind.AMBIGUOUS_ADOPTION,
        keys=(one.key,),
        field=fields,
        value=one.fields.account,
        message=f"{one.locator}: matches {people} on the platform by {fields}, and not one to one; nobody is made for "
        f"it. Say who it is: syncd link {one.key} ID",
    )


def _holds_two(entry: DesiredUser, user: PlatformUser, fields: tuple[str, ...]) -> Conflict:
    return Conflict(
        kind=ConflictKind.AMBIGUOUS_ADOPTION,
        keys=(entry.key,),
        field=", ".join(fields),
        value=", ".join(value_of(entry.fields, field) or "" for field in fields),
        message=f"{entry.locator}: {user.fields.account} (id {user.id}), who belongs to no entry, holds its "
        f"{' and '.join(fields)} on the platform; nobody is made beside that user. The same person: "
        f"syncd link {entry.key} {user.id}. Another person: give each their own {' and '.join(fields)}",
    )


def _draft(situation: Situation, link: Link) -> Draft:
    there = situation.users[link.platform_id] if link.kind is Kind.USER else situation.departments[link.platform_id]
    return draft_on(link, there.fields.name, Action.ADOPT, {}, Reason.ADOPTED)
