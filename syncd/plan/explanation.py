"""Everything a plan knows of one object: what it should be, what it is, what follows and what stands in the way."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from syncd.model.desired import DesiredDepartment, DesiredObject, DesiredRoom, DesiredUser, Presence, Skip
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Department, Fields, Kind, Object, PlatformUser, fields_of
from syncd.model.rooms import PlatformRoom
from syncd.plan import grace
from syncd.plan.departments import department_ids, parent_of
from syncd.plan.draft import USER_FIELDS, Comparable
from syncd.plan.references import MILLISECONDS
from syncd.plan.rooms import References
from syncd.plan.rules import Policy
from syncd.plan.situation import Situation
from syncd.plan.users import leavers, placed_fields
from syncd.plan.values import Action, Conflict, Guard, Operation, Plan, Reason, unproven_sources
from syncd.plan.verdicts import Case, FieldVerdict, verdicts
from syncd.plan.who import Whom

NONE, ABSENT, UNLINKED = "none", "absent", "unlinked"
NAMELESS: Mapping[str, str] = {}


class Seen(StrEnum):
    """What the directory says of an object."""

    ACTIVE = "active"
    DISABLED = "disabled"
    OUT_OF_SCOPE = "out_of_scope"
    UNMAPPABLE = "unmappable"
    GONE = "gone"
    UNREAD = "unread"
    UNPROVEN = "unproven"
    NO_ENTRY = "no_entry"


class Life(msgspec.Struct, frozen=True):
    """Whether the directory wants an object. Times are seconds since the epoch.

    `left` is why it counts as left, `since` when that was first seen, `removed_at` when it goes; `None` is never.
    `kept_until` is set where somebody stopped the clock.
    """

    seen: Seen
    left: Reason | None = None
    since: float | None = None
    removed_at: float | None = None
    kept_until: float | None = None


class Explanation(msgspec.Struct, frozen=True):
    """One object, explained.

    `waits_for` has the operations that its own wait for, by id; `guards` those that hold one of them; `contests` the
    conflicts of others who want a value that it holds; `departments` the names of departments by platform id.
    """

    who: Whom
    ownership: str
    state: str
    life: Life
    policy: Policy
    desired: Fields | None
    shadow: Fields | None
    verdicts: tuple[FieldVerdict, ...]
    operations: tuple[Operation, ...] = ()
    waits_for: Mapping[str, Operation] = {}
    guards: tuple[Guard, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    contests: tuple[Conflict, ...] = ()
    skipped: tuple[Skip, ...] = ()
    rooms: tuple[PlatformRoom, ...] = ()
    meetings: tuple[KnownMeeting, ...] = ()
    departments: Mapping[str, str] = NAMELESS


def with_planned(people: Iterable[Whom], plan: Plan) -> list[Whom]:
    """Give everybody with the id that the plan gives them; whom an entry is about to adopt is one with that entry."""
    planned = {
        (one.kind, one.source, one.key): one.platform_id
        for one in plan.operations
        if one.action in (Action.CREATE, Action.ADOPT)
    }
    adopted = {one.platform_id for one in plan.operations if one.action is Action.ADOPT}
    return [
        msgspec.structs.replace(one, platform_id=planned.get((one.kind, *one.identity), one.platform_id))
        for one in people
        if one.key or one.platform_id not in adopted
    ]


def explanation(
    who: Whom, situation: Situation, plan: Plan, blocked: frozenset[str], comparable: Comparable
) -> Explanation:
    """Explain one object; `situation` is the one with what is adopted, `blocked` has the broken sources."""
    link = situation.links_of(who.kind).get(who.identity) if who.key else None
    there = situation.objects_of(who.kind).get(who.platform_id)
    operations = tuple(one for one in plan.operations if _concerns(one, who))
    life = _life(situation, who, link, (blocked, unproven_sources(plan)))
    case = Case(
        kind=who.kind,
        policy=situation.policy,
        link=link,
        wanted=_wanted(situation, who),
        shadow=fields_of(there) if there else None,
        operations=operations,
        conflicts=tuple(one for one in plan.conflicts if who.key in one.keys),
        skipped=tuple(one for one in plan.skipped if _is_about(one, who)),
        untouchable=_untouchable(situation, link, there),
    )
    waits = {one for operation in operations for one in operation.depends_on}
    return Explanation(
        who=who,
        ownership=_ownership(situation, link, there, operations),
        state=_state(link, there, life, operations),
        life=life,
        policy=situation.policy,
        desired=case.wanted,
        shadow=case.shadow,
        verdicts=verdicts(case),
        operations=operations,
        waits_for={one.id: one for one in plan.operations if one.id in waits},
        guards=tuple(one for one in plan.guards if _holds(one, operations)),
        conflicts=case.conflicts,
        contests=tuple(
            one for one in plan.conflicts if who.key not in one.keys and _holds_value(case, one, comparable)
        ),
        skipped=case.skipped,
        rooms=_rooms(situation, who),
        meetings=_meetings(situation, who),
        departments=_names(situation, plan),
    )


def _concerns(operation: Operation, who: Whom) -> bool:
    same = (operation.source, operation.key) == who.identity if who.key else operation.platform_id == who.platform_id
    return operation.kind is who.kind and same


def _is_about(skip: Skip, who: Whom) -> bool:
    return skip.kind is who.kind and skip.key == who.key and skip.locator in ("", who.locator)


def _holds_value(case: Case, conflict: Conflict, comparable: Comparable) -> bool:
    """Whether the object holds what others are in conflict over; several fields have a value each."""
    held = msgspec.structs.asdict(case.shadow) if case.shadow else {}
    values = (conflict.value, *conflict.value.split(", "))
    return any(
        held.get(field) and comparable(field, held[field]) in {comparable(field, value) for value in values}
        for field in conflict.field.split(", ")
    )


def _holds(guard: Guard, operations: tuple[Operation, ...]) -> bool:
    return any(guard.name in one.held_by for one in operations)


def _wanted(situation: Situation, who: Whom) -> Fields | None:
    """Give what the object should be, with platform ids; nothing where the directory does not want it."""
    one = _desired(situation, who)
    ids = department_ids(situation)
    if isinstance(one, DesiredDepartment):
        return Department(one.fields.name, parent_of(situation, ids, one))
    if isinstance(one, DesiredRoom):
        return References.of(situation).placed(situation, ids, one)
    if one is None or one.presence is not Presence.ACTIVE:
        return None
    return placed_fields(situation, ids, one) or msgspec.structs.replace(one.fields, department=None)


def _desired(situation: Situation, who: Whom) -> DesiredObject | None:
    wanted = situation.desired.of(who.kind)
    return next((one for one in wanted if who.key and (one.source, one.key) == who.identity), None)


def _life(situation: Situation, who: Whom, link: Link | None, doubted: tuple[frozenset[str], frozenset[str]]) -> Life:
    """Return how long an object lives; `doubted` has the broken sources, and those not proven whole."""
    blocked, unproven = doubted
    seen = _seen(situation, who, blocked)
    if seen is Seen.GONE and who.source in unproven and (link is None or link.missing_since is None):
        return Life(Seen.UNPROVEN)  # nobody is taken for gone by such a read
    left = leavers(situation, blocked).get(who.identity) if who.kind is Kind.USER else None
    is_managed = who.kind is Kind.DEPARTMENT or who.source in situation.desired.room_sources
    if who.kind is not Kind.USER and seen is Seen.GONE and is_managed:
        left = Reason.LEFT
    if left is None or link is None:
        return Life(seen)
    if who.kind is Kind.DEPARTMENT:
        return Life(seen, left)
    since = situation.now if link.missing_since is None else link.missing_since
    removed_at = grace.ends_at(link, situation.policy.remove_after, situation.now)
    kept_until = link.grace.kept_until if link.grace and grace.is_kept(link, situation.now) else None
    return Life(seen, left, since, removed_at, kept_until)


def _seen(situation: Situation, who: Whom, blocked: frozenset[str]) -> Seen:
    desired = situation.desired
    if not who.key:
        return Seen.NO_ENTRY
    if (one := _desired(situation, who)) is not None:
        return Seen(one.presence.value) if isinstance(one, DesiredUser) else Seen.ACTIVE
    if who.identity in desired.present(who.kind):
        return Seen.UNMAPPABLE
    return Seen.UNREAD if who.source in blocked else Seen.GONE


def _untouchable(situation: Situation, link: Link | None, there: Object | None) -> frozenset[str]:
    if _is_protected(situation, link, there):
        return frozenset(USER_FIELDS)
    is_administrator = isinstance(there, PlatformUser) and situation.is_administrator(there)
    return frozenset({"account"} if is_administrator else ())


def _is_protected(situation: Situation, link: Link | None, there: Object | None) -> bool:
    """Tell whether nothing of the object is ever changed (I3)."""
    if isinstance(there, PlatformUser) and situation.is_protected(there):
        return True
    return link is not None and link.ownership is Ownership.PROTECTED


def _ownership(situation: Situation, link: Link | None, there: Object | None, operations: tuple[Operation, ...]) -> str:
    if _is_protected(situation, link, there):
        return str(Ownership.PROTECTED)
    return NONE if link is None or _is_adopted_now(operations) else str(link.ownership)


def _is_adopted_now(operations: tuple[Operation, ...]) -> bool:
    return any(one.action is Action.ADOPT for one in operations)


def _state(link: Link | None, there: Object | None, life: Life, operations: tuple[Operation, ...]) -> str:
    if there is None:
        return ABSENT
    if link is None or _is_adopted_now(operations):
        return UNLINKED
    has_left = life.left is not None or (link.missing_since is not None and life.seen is Seen.UNREAD)
    return str(LinkState.LEFT if has_left and link.state is LinkState.ACTIVE else link.state)


def _rooms(situation: Situation, who: Whom) -> tuple[PlatformRoom, ...]:
    """Give the rooms that name a user, or stand in a department."""
    if not who.platform_id:
        return ()
    if who.kind is Kind.ROOM:
        return ()
    return tuple(
        one
        for one in situation.rooms
        if who.platform_id in (one.fields.user_ids if who.kind is Kind.USER else (one.fields.department,))
    )


def _meetings(situation: Situation, who: Whom) -> tuple[KnownMeeting, ...]:
    """Give the meetings that a user attends, or a room is booked for, and that have not ended, the next first."""
    coming = [
        one
        for one in situation.meetings
        if who.platform_id in (*one.user_ids, one.room_id) and (one.end_time or 0) > situation.now * MILLISECONDS
    ]
    return tuple(sorted(coming, key=lambda one: (one.begin_time or 0, one.id)))


def _names(situation: Situation, plan: Plan) -> dict[str, str]:
    planned = {one.platform_id: one.name for one in plan.operations if one.kind is Kind.DEPARTMENT}
    return {one.id: one.fields.name for one in situation.departments.values()} | planned
