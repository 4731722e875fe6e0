"""A lost store, rebuilt: what is ours on the platform is known by its ids (DESIGN 6, derived ids)."""

import msgspec

from syncd.model.links import Link
from syncd.model.objects import Kind
from syncd.plan.ids import is_owned
from syncd.plan.situation import LOST, Situation


class Rebuilt(msgspec.Struct, frozen=True):
    """The links that were found again: those of entries, and those of leavers, whose keys nobody knows any more."""

    links: tuple[Link, ...]
    leavers: tuple[Link, ...]


def rebuilt(situation: Situation, source: str) -> Rebuilt:
    """Find what bears an id of ours; `source` is the one that the leavers are counted to.

    A leaver's key is told by no id. The link bears one that no directory has, and gives way to the right one if the
    entry returns (see `survey`).
    """
    owner = situation.policy.owner
    links = situation.links()
    known = {link.platform_id for link in links}
    users = [one.id for one in situation.users.values() if not situation.is_protected(one)]
    ours = [(Kind.USER, one) for one in users] + [(Kind.DEPARTMENT, one) for one in situation.departments]
    ours += [(Kind.ROOM, one.id) for one in situation.rooms]
    leavers = tuple(
        Link(kind, source, LOST + platform_id, platform_id)
        for kind, platform_id in ours
        if is_owned(platform_id, owner) and platform_id not in known
    )
    return Rebuilt(tuple(link for link in links if is_owned(link.platform_id, owner)), leavers)
