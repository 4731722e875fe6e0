"""What a confirmed operation, or a proven read, leaves behind in shadow and links; pure."""

from collections.abc import Iterator, Mapping

import msgspec

from syncd.model.desired import Presence
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.objects import Department, Fields, Kind, User, fields_of
from syncd.model.rooms import ManagedRoom
from syncd.plan import grace
from syncd.plan.departments import department_ids, parent_of
from syncd.plan.differences import is_drift
from syncd.plan.draft import FIELDS, value_of
from syncd.plan.forms import DAY, TIMES, read_again
from syncd.plan.rooms import References, missing_rooms
from syncd.plan.situation import Identity, Situation
from syncd.plan.users import leavers, placed_fields, reason_of
from syncd.plan.values import Action, Operation, Reason

PASSING = frozenset({Reason.TEMPORARY, Reason.GIVES_WAY, Reason.REPLACED, Reason.REVERTED})
ABSENT = frozenset({Reason.LEFT, Reason.OUT_OF_SCOPE, Reason.OUT_OF_SCOPE_BY_CONFIGURATION})
STATES = {Action.LOCK: LinkState.LOCKED, Action.PARK: LinkState.PARKED}


def fields_after(operation: Operation, before: Fields | None) -> Fields | None:
    """Give the object's fields once the operation is done; `None` once it is removed."""
    if operation.action is Action.REMOVE:
        return None
    values = {field: change.after for field, change in operation.changes.items() if change.after is not None}
    if operation.kind is Kind.USER:
        user = before if isinstance(before, User) else User("", "", "", "", "", "", "")
        return msgspec.structs.replace(user, **values)
    if operation.kind is Kind.ROOM:
        room = before if isinstance(before, ManagedRoom) else ManagedRoom("")
        return msgspec.structs.replace(room, **values)
    department = before if isinstance(before, Department) else Department("")
    return msgspec.structs.replace(department, **values)


def link_after(
    operation: Operation, before: Link | None, platform_id: str, at: float, read_at: float | None = None
) -> Link | None:
    """Give the object's link once the operation is done; `platform_id` is the one that the platform answered.

    A temporary value, one that a leaver gives way with, and one that a revert brings back, is nothing that the source
    said. What was written is unseen until a read shows what the platform makes of it. `at`, and `read_at` when both
    sides were read, are in seconds since the epoch; a grace that the operation begins counts from the latter.
    """
    if operation.action is Action.REMOVE or is_unlinking(operation):
        return None
    link = before or Link(operation.kind, operation.source, operation.key, platform_id, locator=operation.locator)
    if operation.action is Action.ADOPT:
        return msgspec.structs.replace(link, platform_id=platform_id, ownership=Ownership.ADOPTED)
    began_at = at if read_at is None else read_at
    if operation.action is Action.LEAVE:
        return grace.begun(link, operation.reason, began_at)
    if _begins_a_grace(operation, link):
        link = grace.begun(link, operation.reason, began_at)
    known = None if operation.action is Action.CREATE else link.written or _unknown(operation.kind)
    fields = [field for field, change in operation.changes.items() if change.after is not None]
    return msgspec.structs.replace(
        link,
        platform_id=platform_id,
        written=fields_after(operation, known),
        said=link.said if operation.reason in PASSING else fields_after(operation, link.said),
        state=LinkState.ACTIVE if operation.reason is Reason.RETURNED else STATES.get(operation.action, link.state),
        kept={field: value for field, value in link.kept.items() if field not in fields},
        unseen=tuple(sorted({*link.unseen, *fields})),
        enforced=_enforced(operation, link, at),
    )


def _begins_a_grace(operation: Operation, link: Link) -> bool:
    """Whether a lock, a parking or the loss of an account is the first step of somebody's leaving.

    Somebody disabled may be locked without leaving.
    """
    if operation.reason is Reason.REPLACED:
        return True
    return operation.action in STATES and (link.missing_since is not None or operation.reason in ABSENT)


def not_taken(link: Link, refused: Mapping[str, str], shown: Fields | None) -> Link:
    """Give the link once values were refused: they are not sent again until the source says something else."""
    kept = {**link.kept, **{field: value_of(shown, field) or "" for field in refused}}
    written = msgspec.structs.replace(link.written or _unknown(link.kind), **refused)
    return msgspec.structs.replace(link, written=written, kept=kept)


def is_unlinking(operation: Operation) -> bool:
    """Tell whether an operation undoes an adoption: the object stays and is nobody's."""
    return operation.action is Action.ADOPT and operation.reason is Reason.REVERTED


def _enforced(operation: Operation, link: Link, at: float) -> dict[str, tuple[float, ...]]:
    """Note when each drift was written over; a change in the source begins anew."""
    enforced = dict(link.enforced)
    for field, change in operation.changes.items():
        if operation.reason not in PASSING:
            former = enforced.pop(field, ())
            if is_drift(link, field, change.after):
                enforced[field] = (*former, at)[-TIMES:]
    return enforced


def _unknown(kind: Kind) -> Fields:
    if kind is Kind.ROOM:
        return ManagedRoom("")
    return User("", "") if kind is Kind.USER else Department("", None)


def remembered(situation: Situation, blocked: frozenset[str]) -> tuple[Link, ...]:
    """Give the links that a proven read changes: what the source said, who is missing since when, who is back.

    Objects of ours that had no link get theirs here. `blocked` has the sources of which absence proves nothing.
    """
    links = {(str(link.kind), link.source, link.key): link for link in situation.links()}
    renewed = dict(_presences(situation, blocked))
    return tuple(renewed[one] for one in sorted(renewed) if renewed[one] != links.get(one) or renewed[one].said is None)


def forgotten(situation: Situation, blocked: frozenset[str]) -> tuple[Link, ...]:
    """Give the links of which neither the entry nor, by the platform's lists, the object is there any more."""
    desired = situation.desired
    gone = [
        link
        for kind in Kind
        for there in [situation.objects_of(kind)]
        for link in situation.links_of(kind).values()
        if (link.source, link.key) not in desired.present(kind)
        and link.platform_id not in there
        and link.source not in blocked
        and (kind is not Kind.ROOM or link.source in desired.room_sources)
    ]
    return tuple(sorted(gone, key=lambda link: (link.kind, link.source, link.key)))


def _presences(situation: Situation, blocked: frozenset[str]) -> Iterator[tuple[tuple[str, str, str], Link]]:
    ids = department_ids(situation)
    left = leavers(situation, blocked)
    for identity, link in situation.user_links.items():
        if identity in left:
            yield ("user", *identity), grace.noticed(link, left[identity], situation.now)
        elif identity in situation.desired.present_users:
            yield ("user", *identity), grace.ended(link)
    for one in situation.desired.users:
        identity = (one.source, one.key)
        there = situation.user_links.get(identity)
        if there is not None and identity not in left and one.presence is Presence.ACTIVE:
            wanted = placed_fields(situation, ids, one)
            known = situation.users.get(there.platform_id)
            yield (
                ("user", *identity),
                _present(there, one.locator, wanted, known.fields if known else None, situation.now),
            )
    yield from _present_departments(situation, ids)
    yield from _present_rooms(situation, ids, blocked)


def _present_departments(
    situation: Situation, ids: Mapping[Identity, str]
) -> Iterator[tuple[tuple[str, str, str], Link]]:
    for one in situation.desired.departments:
        identity = (one.source, one.key)
        there = situation.department_links.get(identity)
        if there is not None:
            known = situation.departments.get(there.platform_id)
            wanted = Department(one.fields.name, parent_of(situation, ids, one))
            yield (
                ("department", *identity),
                _present(there, one.locator, wanted, known.fields if known else None, situation.now),
            )


def _present_rooms(
    situation: Situation, ids: Mapping[Identity, str], blocked: frozenset[str]
) -> Iterator[tuple[tuple[str, str, str], Link]]:
    there = situation.objects_of(Kind.ROOM)
    for identity in missing_rooms(situation, blocked):
        link = situation.room_links[identity]
        reason = reason_of(situation, link, Reason.LEFT)
        yield ("room", *identity), grace.noticed(link, reason, situation.now)
    if not situation.desired.rooms:
        return
    references = References.of(situation)
    for one in situation.desired.rooms:
        identity = (one.source, one.key)
        if identity in situation.room_links:
            link = situation.room_links[identity]
            known = there.get(link.platform_id)
            wanted = references.placed(situation, ids, one)
            shown = fields_of(known) if known else None
            yield ("room", *identity), _present(link, one.locator, wanted, shown, situation.now)


def _present(link: Link, locator: str, wanted: Fields | None, there: Fields | None, now: float) -> Link:
    """Renew the link of an entry that is there: a field that holds what is wanted counts as said and written.

    An empty field proves no clearing, for the list may be an old one: what we wrote there stays ours to clear.
    """
    link = grace.ended(link)
    if link.locator != locator:
        link = msgspec.structs.replace(link, locator=locator)
    if wanted is None or there is None:
        return link
    link = read_again(link, there)
    names = FIELDS[link.kind]
    values = [(name, value_of(wanted, name)) for name in names]
    agreed = {name: value for name, value in values if value == (value_of(there, name) or "")}
    blank = _unknown(link.kind)
    said = _holding(link.said or blank, agreed)
    ours = {name: value for name, value in agreed.items() if value or not value_of(link.written, name)}
    written = _holding(link.written or blank, ours)
    # A fight over a field is over once the field has agreed for a day.
    fought = {name: times for name, times in link.enforced.items() if name not in agreed or now - times[-1] < DAY}
    if said is link.said and written is link.written and fought == link.enforced:
        return link
    return msgspec.structs.replace(link, said=said, written=written, enforced=fought)


def _holding(fields: Fields, values: Mapping[str, str | None]) -> Fields:
    """Give the fields with these values; the same ones where they hold them, as those of nearly everybody do."""
    is_held = all(value_of(fields, name) == value for name, value in values.items())
    return fields if is_held else msgspec.structs.replace(fields, **values)
