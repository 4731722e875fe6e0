"""Links that a person says: which entry is which object (DESIGN 4, `link`)."""

import msgspec

from syncd.errors import SyncdError
from syncd.model.links import Link, Ownership
from syncd.model.objects import Kind, PlatformUser, fields_of
from syncd.plan.adoption import adopt
from syncd.plan.departments import below
from syncd.plan.draft import Comparable, value_of
from syncd.plan.situation import Identity, Situation
from syncd.plan.values import Conflict
from syncd.plan.who import Whom


class NotLinkable(SyncdError):
    """An entry and an object cannot be linked."""


class Linked(msgspec.Struct, frozen=True):
    """A link to be, and the one that it takes the place of: that of a key which is gone from the directory."""

    link: Link
    former: Link | None = None


class Relinking(msgspec.Struct, frozen=True):
    """Links to be, and what could not be told apart."""

    links: tuple[Linked, ...]
    conflicts: tuple[Conflict, ...] = ()


def linked(situation: Situation, entry: Whom, platform_id: str) -> Linked:
    """Link an entry to an object; raises `NotLinkable` where one of them is somebody else's, or not there."""
    objects = situation.objects_of(entry.kind)
    there = objects.get(platform_id)
    if there is None:
        raise NotLinkable(f"{platform_id} is no {entry.kind} of the platform; take its id from there or from the plan")
    links = situation.links_of(entry.kind)
    own = links.get(entry.identity)
    if own is not None and own.platform_id in objects:
        raise NotLinkable(f"{entry} is linked to {own.platform_id}; undo that first: syncd unlink {entry.key}")
    owner = next((link for link in links.values() if link.platform_id == platform_id), None)
    if owner is not None and is_present(situation, owner.kind, (owner.source, owner.key)):
        raise NotLinkable(
            f"{platform_id} belongs to {owner.locator or owner.key}, which is in the directory; undo that first: "
            f"syncd unlink {owner.key}"
        )
    is_protected = isinstance(there, PlatformUser) and situation.is_protected(there)
    if owner is None and not is_protected and _home(situation, entry.kind, platform_id) not in _ours(situation, entry):
        raise NotLinkable(f"{platform_id} does not stand below our root department; move it there first")
    ownership = Ownership.PROTECTED if is_protected else Ownership.ADOPTED
    return _taken_over(Link(entry.kind, *entry.identity, platform_id, ownership, locator=entry.locator), owner)


def linked_by(situation: Situation, field: str, comparable: Comparable) -> Relinking:
    """Link entries without a link to whom they match one to one by a field: strangers below our root, and leavers.

    Departments whose keys have changed are found by their path. What is not one to one is given as conflicts.
    """
    former = {link.platform_id: link for link in _absent(situation)}
    bare = situation.with_links(tuple(link for link in situation.links() if link.platform_id not in former))
    policy = msgspec.structs.replace(situation.policy, adopt_users=(field,), adopt_departments=True)
    found = adopt(msgspec.structs.replace(bare, policy=policy), comparable)
    links = tuple(_taken_over(link, former.get(link.platform_id)) for link in found.links)
    return Relinking(links, (*found.departments.conflicts, *found.users.conflicts))


def is_present(situation: Situation, kind: Kind, identity: Identity) -> bool:
    """Tell whether the directory holds an entry."""
    return identity in situation.desired.present(kind)


def _absent(situation: Situation) -> list[Link]:
    return [link for link in situation.links() if not is_present(situation, link.kind, (link.source, link.key))]


def _taken_over(link: Link, former: Link | None) -> Linked:
    """Keep what is known of an object whose key has changed: whose it is, what was said, written and kept."""
    if former is None:
        return Linked(link)
    renewed = msgspec.structs.replace(
        former, source=link.source, key=link.key, locator=link.locator, missing_since=None, grace=None, generation=0
    )
    return Linked(renewed, former)


def _home(situation: Situation, kind: Kind, platform_id: str) -> str:
    if kind is Kind.DEPARTMENT:
        return platform_id
    return value_of(fields_of(situation.objects_of(kind)[platform_id]), "department") or ""


def _ours(situation: Situation, entry: Whom) -> frozenset[str]:
    return below(situation, {situation.policy.root_of(entry.source)})
