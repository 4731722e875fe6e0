"""Who is still needed: rooms that name a user, meetings to come that a user attends (DESIGN 6, guards)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from syncd.model.objects import Kind
from syncd.plan.departments import rooms_after
from syncd.plan.draft import Draft
from syncd.plan.rules import Heed
from syncd.plan.situation import Situation
from syncd.plan.values import Action, Guard, Operation

SHOWN = 5
MILLISECONDS = 1000


class Needed(msgspec.Struct, frozen=True):
    """What needs users and rooms, by platform id: the names of rooms that name them, and of meetings to come."""

    rooms: Mapping[str, tuple[str, ...]]
    meetings: Mapping[str, tuple[str, ...]]


def needed(situation: Situation, drafts: Iterable[Draft] = ()) -> Needed:
    """Index who will be named by which room, and which meetings to come want whom and which room.

    `drafts` has what the plan does to rooms.
    """
    rooms: defaultdict[str, list[str]] = defaultdict(list)
    for room in rooms_after(situation, drafts):
        for user_id in room.fields.user_ids:
            rooms[user_id].append(room.fields.name or room.id)
    meetings: defaultdict[str, list[str]] = defaultdict(list)
    for meeting in situation.meetings:
        if (meeting.end_time or 0) > situation.now * MILLISECONDS:
            for needed_id in {*meeting.user_ids, meeting.room_id}:
                meetings[needed_id].append(meeting.subject or meeting.id)
    return Needed(_sorted(rooms), _sorted(meetings))


def reference_guards(
    situation: Situation, operations: Sequence[Operation], found: Needed, approved: frozenset[str]
) -> tuple[Guard, ...]:
    """Judge the removals of users and rooms that are needed; a guard that holds nothing only reports."""
    going = [one for one in operations if one.action is Action.REMOVE and one.id not in approved]
    judged = [one for one in going if one.kind is Kind.USER]
    rooms = [one for one in going if one.kind is Kind.ROOM]
    return (
        *_guard("room_reference", judged, found.rooms, situation.policy.on_room_reference, "is named by"),
        *_guard("meetings", judged, found.meetings, situation.policy.on_meetings, "attends"),
        *_guard("meetings", rooms, found.meetings, situation.policy.on_meetings, "is booked for"),
    )


def _guard(
    name: str, going: Iterable[Operation], needs: Mapping[str, tuple[str, ...]], heed: Heed, verb: str
) -> list[Guard]:
    concerned = [one for one in going if one.platform_id in needs]
    if not concerned:
        return []
    sentences = [f"{one.name} ({one.locator or one.key}) {verb} {_list(needs[one.platform_id])}" for one in concerned]
    more = f" and {len(sentences) - SHOWN} others" if len(sentences) > SHOWN else ""
    holds = () if heed is Heed.REPORT else tuple(sorted(one.id for one in concerned))
    message = f"to be removed, and still needed: {'; '.join(sentences[:SHOWN])}{more}"
    kind = concerned[0].kind
    return [Guard(name, holds, str(kind), str(Action.REMOVE), actual=len(concerned), message=message)]


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _sorted(found: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {user_id: tuple(sorted(names)) for user_id, names in found.items()}
