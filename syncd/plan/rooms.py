"""Rooms that a source decides: what is made, changed and removed, and whom they name (DESIGN 6, rooms)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from syncd.mapping.normal_forms import comparable
from syncd.model.desired import DesiredRoom, Presence, Skip
from syncd.model.links import Ownership
from syncd.model.objects import Kind, fields_of
from syncd.model.rooms import USERS, ManagedRoom, ids_in, joined
from syncd.plan import grace
from syncd.plan.departments import nearest
from syncd.plan.differences import Difference, creation, differences
from syncd.plan.draft import ROOM_FIELDS, Draft, removal
from syncd.plan.drafting import drafted, left_alone
from syncd.plan.situation import Identity, Situation
from syncd.plan.users import beginning, is_due, reason_of
from syncd.plan.values import Action, Change, Conflict, ConflictKind, Leaver, Reason


class References(msgspec.Struct, frozen=True):
    """Whom a room can name: ids of users by (source, key) and by account, and who will be there after the plan."""

    by_key: Mapping[Identity, str]
    by_account: Mapping[str, str]
    there: frozenset[str]

    @classmethod
    def of(cls, situation: Situation, people: Iterable[Draft] = ()) -> "References":
        """Index the users; `people` has what the plan does to them."""
        by_key = {identity: link.platform_id for identity, link in situation.user_links.items()}
        by_account = {_account(user.fields.account): user.id for user in situation.users.values()}
        for one in situation.desired.users:
            if one.presence is Presence.ACTIVE:
                identity = (one.source, one.key)
                user_id = by_key.setdefault(identity, situation.derived(Kind.USER, identity))
                by_account[_account(one.fields.account)] = user_id
        doings = {draft.platform_id: draft.action for draft in people}
        made = {one for one, action in doings.items() if action is Action.CREATE}
        gone = {one for one, action in doings.items() if action is Action.REMOVE}
        return cls(by_key, by_account, (frozenset(situation.users) - gone) | made)

    def users(self, source: str, allowed: Iterable[str]) -> tuple[str, list[str]]:
        """Give the ids of the users who are named, as one text, and the names that mean nobody who will be there."""
        found, unknown = set(), []
        for one in allowed:
            user_id = self.by_key.get((source, one)) or self.by_account.get(_account(one))
            if user_id in self.there:
                found.add(user_id or "")
            else:
                unknown.append(one)
        return joined(found), unknown

    def placed(self, situation: Situation, ids: Mapping[Identity, str], one: DesiredRoom) -> ManagedRoom:
        """Give the wanted fields with platform ids; a department that is not known is left as it is."""
        key = one.fields.department
        return msgspec.structs.replace(
            one.fields,
            department=None if key is None else nearest(situation, ids, one.source, key),
            users=None if one.allowed is None else self.users(one.source, one.allowed)[0],
        )


class Rooms(msgspec.Struct, frozen=True):
    """What becomes of the rooms: drafts, what is left as it is, and rooms of which nobody knows which they are."""

    drafts: tuple[Draft, ...] = ()
    skipped: tuple[Skip, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def plan_rooms(
    situation: Situation, ids: Mapping[Identity, str], people: Iterable[Draft], blocked: frozenset[str]
) -> Rooms:
    """Draft what the rooms of the sources need; `people` has what the plan does to users, `ids` the departments'.

    `blocked` has the sources of which absence proves nothing. Without a source that is asked for rooms there is
    nothing to do.
    """
    if not situation.desired.room_sources:
        return Rooms()
    walk = _Walk(situation, ids, References.of(situation, people))
    for one in situation.desired.rooms:
        walk.judge(one)
    return Rooms((*walk.drafts, *_removals(situation, blocked)), tuple(walk.skipped), tuple(walk.conflicts))


def missing_rooms(situation: Situation, blocked: frozenset[str]) -> list[Identity]:
    """Give the linked rooms whose entry is gone."""
    desired = situation.desired
    return [
        identity
        for identity, link in situation.room_links.items()
        if identity not in desired.present_rooms
        and identity[0] in desired.room_sources - blocked
        and link.ownership is not Ownership.PROTECTED
    ]


class _Walk:
    """The wanted rooms, one after the other."""

    def __init__(self, situation: Situation, ids: Mapping[Identity, str], references: References) -> None:
        self._situation, self._ids, self._references = situation, ids, references
        self._there = situation.objects_of(Kind.ROOM)
        self._strangers: defaultdict[str, list[str]] = defaultdict(list)
        owned = {link.platform_id for link in situation.room_links.values()}
        for room in situation.rooms:
            if room.id not in owned:
                self._strangers[comparable("name", room.fields.name)].append(room.id)
        self.drafts: list[Draft] = []
        self.skipped: list[Skip] = []
        self.conflicts: list[Conflict] = []

    def judge(self, one: DesiredRoom) -> None:
        identity = (one.source, one.key)
        link = self._situation.room_links.get(identity)
        wanted = self._references.placed(self._situation, self._ids, one)
        if link is None and one.fields.department is not None and wanted.department is None:
            self.skipped.append(_unplaced(one))
            return
        if link is None and (same := self._strangers.get(comparable("name", one.fields.name))):
            self.conflicts.append(_unclear(one, same))
            return
        self._name_unknown(one)
        there = self._there.get(link.platform_id) if link else None
        if link is None or there is None:
            platform_id = link.platform_id if link else self._situation.derived(Kind.ROOM, identity)
            found = Difference(creation(wanted, ROOM_FIELDS), Reason.REMOVED_ON_PLATFORM if link else Reason.NEW)
            self._add(drafted(one, (Kind.ROOM, platform_id), Action.CREATE, found))
        else:
            found = differences(wanted, link, fields_of(there), self._situation.policy, ROOM_FIELDS)
            action = Action.MOVE if "department" in found.changes else Action.UPDATE
            self._add(drafted(one, (Kind.ROOM, link.platform_id), action, found))
            self.skipped += left_alone(one, Kind.ROOM, found.left)

    def _add(self, draft: Draft | None) -> None:
        self.drafts += [draft] if draft else []

    def _name_unknown(self, one: DesiredRoom) -> None:
        _, unknown = self._references.users(one.source, one.allowed or ())
        for name in unknown:
            message = (
                f"{one.locator}: users: {name} is neither key nor account of a user who is or will be on the platform, "
                "so the room does not name them; correct the entry"
            )
            self.skipped.append(Skip(Kind.ROOM, one.key, one.locator, "unknown_user", message, "users"))


def _removals(situation: Situation, blocked: frozenset[str]) -> list[Draft]:
    there = situation.objects_of(Kind.ROOM)
    drafts = []
    for identity in missing_rooms(situation, blocked):
        link = situation.room_links[identity]
        if link.platform_id not in there:
            continue
        shown, reason = fields_of(there[link.platform_id]), reason_of(situation, link, Reason.LEFT)
        if is_due(situation, link):
            drafts.append(removal(link, shown, reason))
        else:
            drafts += beginning(situation, link, shown.name, reason)
    return drafts


def rooms_in_grace(situation: Situation, blocked: frozenset[str]) -> list[Leaver]:
    """Return the rooms whose entries are gone and that are still there."""
    there = situation.objects_of(Kind.ROOM)
    missing = frozenset(missing_rooms(situation, blocked))
    found = []
    for identity, link in situation.room_links.items():
        is_away = link.missing_since is not None and identity not in situation.desired.present_rooms
        if (identity in missing or is_away) and link.platform_id in there:
            reason, shown = reason_of(situation, link, Reason.LEFT), fields_of(there[link.platform_id])
            found.append(grace.leaver(link, shown, reason, situation.policy.remove_after, situation.now))
    return [each for each in found if each is not None]


def _unplaced(one: DesiredRoom) -> Skip:
    return Skip(
        kind=Kind.ROOM,
        key=one.key,
        locator=one.locator,
        reason="unknown_department",
        message=f"{one.locator}: its department {one.fields.department} is not known, so the room is not created; "
        "give the entry a department that the source has",
        field="department",
    )


def _unclear(one: DesiredRoom, ids: list[str]) -> Conflict:
    return Conflict(
        kind=ConflictKind.AMBIGUOUS_ADOPTION,
        keys=(one.key,),
        field="name",
        value=one.fields.name,
        message=f"{one.locator}: the platform has a room of this name that is nobody's (id {', '.join(sorted(ids))}); "
        f"none is made beside it. If it is this one: syncd link {one.key} ID",
    )


def _account(account: str) -> str:
    return comparable("account", account)


def with_those_there(situation: Situation, people: Iterable[Draft], rooms: Iterable[Draft]) -> list[Draft]:
    """Give drafts of rooms that name nobody but users who will be there; one that has then nothing to say is none."""
    there = References.of(situation, people).there
    found = []
    for draft in rooms:
        changes = dict(draft.changes)
        if change := changes.pop(USERS, None):
            after = joined(one for one in ids_in(change.after) if one in there) if change.after is not None else None
            changes |= {USERS: Change(change.before, after)} if after != change.before else {}
        found += [msgspec.structs.replace(draft, changes=changes)] if changes else []
    return found
