"""Adoption: what stands on the platform and is no entry's yet is taken over, one to one (DESIGN 6, adoption)."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain

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


class _Match(msgspec.Struct, frozen=True):
    """Who on the platform may be an entry: the ids of those whom a field of `adopt.user` matches.

    `holders` has the unlinked users who hold two of the entry's unique values and match by no such field, each with
    these fields. `firmly` has the ids of those matched who hold two of its values as well.
    """

    ids: frozenset[str]
    holders: Mapping[str, tuple[str, ...]]
    firmly: frozenset[str] = frozenset()

    def without(self, taken: Container[str]) -> "_Match":
        """Return the match without holders whom other entries adopt."""
        holders = {holder: fields for holder, fields in self.holders.items() if holder not in taken}
        return msgspec.structs.replace(self, holders=holders)


def _users(situation: Situation, comparable: Comparable) -> Found:
    matched = _matched(situation, comparable)
    certain = dict(_one_to_one(matched))
    taken = frozenset(certain.values())
    unclear = {
        user: match
        for user, found in matched.items()
        if user not in certain and ((match := found.without(taken)).ids or match.holders)
    }
    return Found(
        links=tuple(
            link_to(user, Kind.USER, platform_id, Ownership.ADOPTED)
            for user, platform_id in certain.items()
            if not situation.is_protected(situation.users[platform_id])
        ),
        conflicts=tuple(_unclear(situation, user, match) for user, match in unclear.items()),
        unclear=frozenset((user.source, user.key) for user in unclear),
    )


def _matched(situation: Situation, comparable: Comparable) -> dict[DesiredUser, _Match]:
    """Return whom each entry without a link matches or may be; several contradict each other."""
    owned = {link.platform_id for link in situation.user_links.values()}
    wanted = [
        user
        for user in situation.desired.users
        if user.presence is Presence.ACTIVE and (user.source, user.key) not in situation.user_links
    ]
    if not wanted:
        return {}
    unlinked = [user for user in situation.users.values() if user.id not in owned]
    values = _index(unlinked, UNIQUE_FIELDS, comparable)
    indexes: dict[str, Candidates] = {}
    found = {}
    for user in wanted:
        root = situation.policy.root_of(user.source)
        if root not in indexes:
            indexes[root] = _index(_strangers(situation, root, owned), situation.policy.adopt_users, comparable)
        ids = frozenset(_matches(user, indexes[root], comparable))
        holding = {holder: fields for holder, fields in _matches(user, values, comparable).items() if len(fields) > 1}
        holders = {holder: tuple(fields) for holder, fields in holding.items() if holder not in ids}
        found[user] = _Match(ids, holders, ids & holding.keys())
    return found


def _one_to_one(matched: Mapping[DesiredUser, _Match]) -> Iterator[tuple[DesiredUser, str]]:
    """Yield who matches one user whom nobody else matches, and may be no other.

    Another entry with two of that user's values is a contradiction unless this one has two of them as well: such
    values are then only shared.
    """
    claimed = Counter(platform_id for match in matched.values() for platform_id in match.ids)
    held = {holder for match in matched.values() for holder in match.holders}
    for user, match in matched.items():
        for platform_id in match.ids if len(match.ids) == 1 and not match.holders else ():
            if claimed[platform_id] == 1 and (platform_id not in held or platform_id in match.firmly):
                yield user, platform_id


def _strangers(situation: Situation, root: str, owned: set[str]) -> list[PlatformUser]:
    """Give the users below a root department whom nobody is linked to, and the protected ones wherever they are."""
    ours = below(situation, {root})
    return [
        user
        for user in situation.users.values()
        if user.id not in owned and ((user.fields.department or "") in ours or situation.is_protected(user))
    ]


def _index(users: Iterable[PlatformUser], fields: Iterable[str], comparable: Comparable) -> Candidates:
    """Return the ids of users by field and value, in the form in which two values are the same."""
    index: dict[str, defaultdict[str, list[str]]] = {field: defaultdict(list) for field in fields}
    for user in users:
        for field, ids in index.items():
            if value := value_of(user.fields, field):
                ids[comparable(field, value)].append(user.id)
    return index


def _matches(user: DesiredUser, index: Candidates, comparable: Comparable) -> dict[str, list[str]]:
    """Return the ids of those who hold any of an entry's values, each with the fields."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for field, ids in index.items():
        if value := value_of(user.fields, field):
            for platform_id in ids.get(comparable(field, value), ()):
                found[platform_id].append(field)
    return found


def _unclear(situation: Situation, user: DesiredUser, match: _Match) -> Conflict:
    adopt_fields = ", ".join(situation.policy.adopt_users)
    told = []
    if match.ids:
        people = ", ".join(_named(situation, platform_id) for platform_id in sorted(match.ids))
        told.append(f"matches {people} on the platform by {adopt_fields}, and not one to one")
    told += [
        f"{_named(situation, holder)} on the platform holds its {' and '.join(held)}, and matches by no field of "
        f"adopt.user ({adopt_fields or 'empty'})"
        for holder, held in sorted(match.holders.items())
    ]
    named = sorted({*match.ids, *match.holders})
    link = f"syncd link {user.key} {named[0] if len(named) == 1 else 'ID'}"
    way = (
        f"If they are the same person: {link}. If not, change the values in the directory or on the platform"
        if match.holders
        else f"Say who it is: {link}"
    )
    told_of = (*(situation.policy.adopt_users if match.ids else ()), *chain(*match.holders.values()))
    fields = {field: value for field in told_of if (value := value_of(user.fields, field))}
    return Conflict(
        kind=ConflictKind.AMBIGUOUS_ADOPTION,
        keys=(user.key,),
        field=", ".join(fields),
        value=", ".join(fields.values()),
        message=f"{user.locator}: {'; '.join(told)}; nobody is made for it. {way}",
    )


def _named(situation: Situation, platform_id: str) -> str:
    return f"{situation.users[platform_id].fields.account} (id {platform_id})"


def _draft(situation: Situation, link: Link) -> Draft:
    there = situation.users[link.platform_id] if link.kind is Kind.USER else situation.departments[link.platform_id]
    return draft_on(link, there.fields.name, Action.ADOPT, {}, Reason.ADOPTED)
