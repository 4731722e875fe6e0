"""Faces: whose picture is looked at, whose face is taken away, and what holds the latter; pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from syncd.model.desired import Desired, Presence
from syncd.model.faces import NO_PICTURE, Face, FaceState, Sighting
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.objects import Kind, PlatformUser
from syncd.model.source import Entry
from syncd.plan.guards import guard, unprovable_guards
from syncd.plan.ids import operation_id, recognized
from syncd.plan.make import Context
from syncd.plan.rules import History, Limits, Policy
from syncd.plan.situation import is_protected
from syncd.plan.values import Action, Change, Operation, Plan, Reason

FIELD = "face"
SHOWN = 12
Identity = tuple[str, str]


class Bearer(msgspec.Struct, frozen=True):
    """A user whose face follows the directory: the entry, who it is on the platform, and what is known of the face.

    `has_face` says that the platform shows one, `is_lost` that it no longer shows the one that we sent, `sighting` what
    its source says of the picture.
    """

    source: str
    entry: Entry
    platform_id: str
    account: str
    name: str
    known: Face | None = None
    has_face: bool = False
    is_lost: bool = False
    sighting: Sighting = NO_PICTURE

    @property
    def identity(self) -> Identity:
        """Give (source, key)."""
        return (self.source, self.entry.key)

    @property
    def sent(self) -> str:
        """Give the hash of the face that the platform has from us; nothing where it has none."""
        return self.known.sent if self.known else ""


class Ground(msgspec.Struct, frozen=True):
    """What is known of both sides: links, users, and faces as the store knows them, and who the platform shows now.

    `shown` tells of each user who is there whether there is a face.
    """

    links: tuple[Link, ...]
    users: tuple[PlatformUser, ...]
    faces: Mapping[Identity, Face]
    shown: Mapping[str, bool]


def bearers(desired: Desired, entries: Mapping[Identity, Entry], ground: Ground, policy: Policy) -> Iterator[Bearer]:
    """Give the users whose faces follow the directory: ours, there, in the directory, in scope and enabled (I3, I12).

    Whoever has left, is disabled or cannot be mapped keeps the face as it is.
    """
    links = {(one.source, one.key): one for one in ground.links if one.kind is Kind.USER and _is_ours(one)}
    there = {one.id: one for one in ground.users if one.id in ground.shown}
    # A platform that shows nobody's face tells nothing by not showing one.
    tells = any(ground.shown.values()) and FIELD not in policy.report_drift
    for one in desired.users:
        link = links.get((one.source, one.key))
        user = there.get(link.platform_id) if link else None
        if user is None or one.presence is not Presence.ACTIVE or is_protected(policy, user):
            continue
        known = ground.faces.get((one.source, one.key))
        # What is known of another object, which had this key before, says nothing of this one.
        known = known if known and known.platform_id == user.id else None
        names = user.fields.account, user.fields.name
        has_face = ground.shown[user.id]
        is_lost = tells and not has_face and known is not None and known.state is FaceState.SENT
        yield Bearer(one.source, entries[one.source, one.key], user.id, *names, known, has_face, is_lost)


def _is_ours(link: Link) -> bool:
    return link.ownership is not Ownership.PROTECTED and link.state is LinkState.ACTIVE and link.missing_since is None


def is_to_be_looked_at(bearer: Bearer) -> bool:
    """Tell whether the picture may be another one than was dealt with; without a mark only its content tells."""
    mark, known = bearer.sighting.mark, bearer.known
    if mark is None:
        return bool(bearer.sighting.fault)
    if known is None or bearer.is_lost or known.state is FaceState.FAILED:
        return True
    return not mark or known.mark != mark


def is_bare(bearer: Bearer) -> bool:
    """Tell whether there surely is no picture."""
    return bearer.sighting.mark is None and not bearer.sighting.fault


def is_to_be_cleared(bearer: Bearer, policy: Policy) -> bool:
    """Tell whether the face of somebody without a picture goes: it is one that we sent, or `policy.clear` says so."""
    return bool(bearer.sent) or (FIELD in policy.clear and bearer.has_face)


def clearing(going: Iterable[Bearer], limits: Limits, approved: frozenset[str], linked: int, context: Context) -> Plan:
    """Give the faces to be taken away as a plan, with what holds it: doubts about the reads, and `limits.clear`.

    A plan, so that a person can look at it and approve it as any other.
    """
    operations = tuple(sorted(map(_cleared, going), key=lambda one: (one.source, one.key)))
    approved = recognized((one.id for one in operations), approved)
    clear = limits.by_kind.get(Kind.USER, {}).get("clear")
    only_clears = Limits({Kind.USER: {"clear": clear}} if clear else {}, hold_configuration=False)
    guards = (
        *guard(operations, {Kind.USER: linked}, only_clears, History(approved=approved), (context.sources, "")),
        *unprovable_guards(operations, context.unprovable, context.unprovable_fields, approved),
    )
    return context.plan(operations, guards, approved)


def _cleared(bearer: Bearer) -> Operation:
    before = f"sha256:{bearer.sent[:SHOWN]}" if bearer.sent else "unknown"
    changes = {FIELD: Change(before, "")}
    return Operation(
        id=operation_id(Kind.USER, bearer.platform_id, Action.UPDATE, changes),
        kind=Kind.USER,
        action=Action.UPDATE,
        key=bearer.entry.key,
        source=bearer.source,
        platform_id=bearer.platform_id,
        locator=bearer.entry.locator,
        name=bearer.name,
        changes=changes,
        reason=Reason.DIRECTORY_CHANGED,
    )
