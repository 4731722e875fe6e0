"""What a plan is made from, indexed once."""

from collections.abc import Mapping

import msgspec

from syncd.model.desired import Desired
from syncd.model.links import Link, Ownership
from syncd.model.objects import Kind, Mirror, PlatformDepartment, PlatformUser
from syncd.plan.ids import derived_id
from syncd.plan.rules import Policy

ADMINISTRATOR_ID = "1"
Identity = tuple[str, str]


class Situation(msgspec.Struct, frozen=True):
    """Desired, shadow and links side by side. `now` is seconds since the epoch."""

    desired: Desired
    policy: Policy
    now: float
    users: Mapping[str, PlatformUser]
    departments: Mapping[str, PlatformDepartment]
    user_links: Mapping[Identity, Link]
    department_links: Mapping[Identity, Link]

    def is_protected(self, user: PlatformUser) -> bool:
        """Tell whether a user of the platform may never be changed: id 1, administrators, what the policy names."""
        named = {user.fields.account, "id:" + user.id}
        return (
            user.id == ADMINISTRATOR_ID
            or (user.is_admin and not self.policy.update_administrators)
            or not named.isdisjoint(self.policy.protected)
        )

    def with_links(self, links: tuple[Link, ...]) -> "Situation":
        """Give the same situation with the links as they are now."""
        return msgspec.structs.replace(
            self,
            user_links={(link.source, link.key): link for link in links if link.kind is Kind.USER},
            department_links={(link.source, link.key): link for link in links if link.kind is Kind.DEPARTMENT},
        )

    def derived(self, kind: Kind, identity: Identity, generation: int = 0) -> str:
        """Give the platform id that we derive for (source, key)."""
        source, key = identity
        return derived_id(self.policy.owner, kind, (self.policy.namespace_of(source), key), generation)


def survey(desired: Desired, mirror: Mirror, links: tuple[Link, ...], policy: Policy, now: float) -> Situation:
    """Index what a plan is made from; objects of ours that a lost store forgot are linked again by their ids."""
    bare = Situation(
        desired=desired,
        policy=policy,
        now=now,
        users={user.id: user for user in mirror.users},
        departments={department.id: department for department in mirror.departments},
        user_links={(link.source, link.key): link for link in links if link.kind is Kind.USER},
        department_links={(link.source, link.key): link for link in links if link.kind is Kind.DEPARTMENT},
    )
    return msgspec.structs.replace(
        bare,
        user_links={**bare.user_links, **_ours(bare, Kind.USER)},
        department_links={**bare.department_links, **_ours(bare, Kind.DEPARTMENT)},
    )


def _ours(situation: Situation, kind: Kind) -> dict[Identity, Link]:
    """Find objects on the platform that bear the id we derive for a key that has no link (DESIGN 6, derived ids)."""
    wanted = situation.desired.users if kind is Kind.USER else situation.desired.departments
    known = situation.user_links if kind is Kind.USER else situation.department_links
    there = situation.users if kind is Kind.USER else situation.departments
    found: dict[Identity, Link] = {}
    for one in wanted:
        identity = (one.source, one.key)
        if identity not in known and (platform_id := situation.derived(kind, identity)) in there:
            found[identity] = Link(
                kind=kind,
                source=one.source,
                key=one.key,
                platform_id=platform_id,
                ownership=Ownership.CREATED,
                locator=one.locator,
            )
    return found
