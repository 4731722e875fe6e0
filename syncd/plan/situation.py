"""What a plan is made from, indexed once."""

from collections.abc import Mapping
from functools import cache

import msgspec

from syncd.mapping.normal_forms import comparable
from syncd.model.desired import Desired
from syncd.model.links import Link, Ownership
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Kind, Mirror, Object, PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom
from syncd.plan.ids import derived_id, is_owned
from syncd.plan.rules import Policy

ADMINISTRATOR_ID = "1"
FURTHER_GENERATIONS = 3
LOST = "id:"  # begins the key of a link whose entry's key was lost with the store
Identity = tuple[str, str]
Generations = Mapping[tuple[Kind, str, str], int]
NEVER_REMOVED: Generations = {}
NO_LINKS: Mapping[Identity, Link] = {}


class Situation(msgspec.Struct, frozen=True):
    """Desired, shadow and links side by side. `now` is seconds since the epoch.

    `generations` has, for keys whose object was removed, the generation of the id that it had, where that is not 0.
    `is_rescoped` says that the configuration looks at other people than the one that was last applied.
    """

    desired: Desired
    policy: Policy
    now: float
    users: Mapping[str, PlatformUser]
    departments: Mapping[str, PlatformDepartment]
    user_links: Mapping[Identity, Link]
    department_links: Mapping[Identity, Link]
    generations: Generations = NEVER_REMOVED
    rooms: tuple[PlatformRoom, ...] = ()
    meetings: tuple[KnownMeeting, ...] = ()
    room_links: Mapping[Identity, Link] = NO_LINKS
    is_rescoped: bool = False

    def is_protected(self, user: PlatformUser) -> bool:
        """Tell whether a user of the platform may never be changed."""
        return is_protected(self.policy, user)

    def is_administrator(self, user: PlatformUser) -> bool:
        """Tell whether a user whom the policy lets us change keeps the account, for it is an administrator's."""
        return user.is_admin and not self.is_protected(user)

    def may_leave(self, link: Link, user: PlatformUser) -> bool:
        """Tell whether a linked user may be locked, parked or removed."""
        return not (link.ownership is Ownership.PROTECTED or self.is_protected(user) or user.is_admin)

    def links(self) -> tuple[Link, ...]:
        """Give every link."""
        return (*self.user_links.values(), *self.department_links.values(), *self.room_links.values())

    def links_of(self, kind: Kind) -> Mapping[Identity, Link]:
        """Give the links of a kind, by (source, key)."""
        links = {Kind.USER: self.user_links, Kind.DEPARTMENT: self.department_links, Kind.ROOM: self.room_links}
        return links[kind]

    def objects_of(self, kind: Kind) -> Mapping[str, Object]:
        """Give what the platform holds of a kind, by id."""
        if kind is Kind.ROOM:
            return {room.id: room for room in self.rooms}
        return self.users if kind is Kind.USER else self.departments

    def with_links(self, links: tuple[Link, ...]) -> "Situation":
        """Give the same situation with the links as they are now."""
        return msgspec.structs.replace(
            self,
            user_links={(link.source, link.key): link for link in links if link.kind is Kind.USER},
            department_links={(link.source, link.key): link for link in links if link.kind is Kind.DEPARTMENT},
            room_links={(link.source, link.key): link for link in links if link.kind is Kind.ROOM},
        )

    def derived(self, kind: Kind, identity: Identity) -> str:
        """Give the platform id that we derive for (source, key), of the generation that it has come to."""
        return self._of_generation(kind, identity, self.generations.get((kind, *identity), 0))

    def further_ids(self, kind: Kind, identity: Identity, planned: str) -> tuple[str, ...]:
        """Give the ids to try where the planned one is refused, for a removed object had it: the next generations'."""
        first = self.generation(kind, identity, planned) + 1
        return tuple(self._of_generation(kind, identity, one) for one in range(first, first + FURTHER_GENERATIONS))

    def generation(self, kind: Kind, identity: Identity, platform_id: str) -> int:
        """Give the generation of which a derived id is; 0 for an id that the platform chose."""
        known = self.generations.get((kind, *identity), 0)
        tried = range(known, known + FURTHER_GENERATIONS + 1)
        form = platform_id.upper()
        return next((one for one in tried if self._of_generation(kind, identity, one) == form), 0)

    def _of_generation(self, kind: Kind, identity: Identity, generation: int) -> str:
        source, key = identity
        return derived_id(self.policy.owner, kind, (self.policy.namespace_of(source), key), generation)


def is_protected(policy: Policy, user: PlatformUser) -> bool:
    """Tell whether a user of the platform may never be changed: id 1, administrators, what the policy names.

    Letter case and width of an account or id that the policy names tell nobody apart.
    """
    return (
        user.id == ADMINISTRATOR_ID
        or (user.is_admin and not policy.update_administrators)
        or bool(policy.protected and not _forms(policy.protected).isdisjoint(_names(user)))
    )


def _names(user: PlatformUser) -> tuple[str, ...]:
    return comparable("account", user.fields.account), comparable("account", "id:" + user.id)


@cache
def _forms(protected: frozenset[str]) -> frozenset[str]:
    return frozenset(comparable("account", one) for one in protected)


def survey(
    desired: Desired,
    mirror: Mirror,
    links: tuple[Link, ...],
    policy: Policy,
    now: float,
    generations: Generations = NEVER_REMOVED,
) -> Situation:
    """Index what a plan is made from; objects of ours that a lost store forgot are linked again by their ids.

    A link whose key was lost gives way to the entry that the id was derived for.
    """
    bare = Situation(
        desired=desired,
        policy=policy,
        now=now,
        users={user.id: user for user in mirror.users},
        departments={department.id: department for department in mirror.departments},
        user_links={(link.source, link.key): link for link in links if link.kind is Kind.USER},
        department_links={(link.source, link.key): link for link in links if link.kind is Kind.DEPARTMENT},
        room_links={(link.source, link.key): link for link in links if link.kind is Kind.ROOM},
        generations=generations,
        rooms=mirror.rooms,
        meetings=mirror.meetings,
    )
    return msgspec.structs.replace(
        bare,
        user_links=_joined(bare.user_links, _ours(bare, Kind.USER)),
        department_links=_joined(bare.department_links, _ours(bare, Kind.DEPARTMENT)),
        room_links=_joined(bare.room_links, _ours(bare, Kind.ROOM)),
    )


def _joined(known: Mapping[Identity, Link], found: Mapping[Identity, Link]) -> dict[Identity, Link]:
    ids = {link.platform_id for link in found.values()}
    return {identity: link for identity, link in known.items() if link.platform_id not in ids} | dict(found)


def _ours(situation: Situation, kind: Kind) -> dict[Identity, Link]:
    """Find objects on the platform that bear the id we derive for a key that has no link (DESIGN 6, derived ids)."""
    wanted, known, there = situation.desired.of(kind), situation.links_of(kind), situation.objects_of(kind)
    owned = {link.platform_id for link in known.values() if not link.key.startswith(LOST)}
    candidates = {one.upper(): one for one in there if is_owned(one, situation.policy.owner) and one not in owned}
    found: dict[Identity, Link] = {}
    for one in wanted if candidates else ():
        identity = (one.source, one.key)
        if identity not in known and (platform_id := _own_id(situation, kind, identity, candidates)):
            found[identity] = Link(
                kind=kind,
                source=one.source,
                key=one.key,
                platform_id=platform_id,
                ownership=Ownership.CREATED,
                generation=situation.generation(kind, identity, platform_id),
                locator=one.locator,
            )
    return found


def _own_id(situation: Situation, kind: Kind, identity: Identity, candidates: Mapping[str, str]) -> str:
    """Give the id, of whatever generation and in whatever letter case, that is ours and there."""
    first = situation.derived(kind, identity)
    ids = (first, *situation.further_ids(kind, identity, first))
    return next((candidates[one] for one in ids if one in candidates), "")
