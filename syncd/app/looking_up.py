"""One look at objects that are in doubt: few are asked for one by one, many by a list."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec

from syncd.app.apply import LOST_CREDENTIALS
from syncd.app.ports import Platform
from syncd.errors import ObjectUnreadable, PlatformError, Refused
from syncd.model.events import Shown, Topic
from syncd.model.meetings import KnownMeeting
from syncd.plan.ingesting import Looked

FEW = 20
LISTED_ONLY = frozenset({Topic.MEETING})
"""`meeting/get` shows cancelled meetings as any other, so that only the list tells which stand."""
Subject = tuple[Topic, str]
Get = Callable[[str], Awaitable[Shown | None]]
List = Callable[[], Awaitable[Iterable[Shown]]]


class Looks(msgspec.Struct, frozen=True):
    """What was seen; of which objects the platform refuses to tell, and why; and what kept it from answering at all.

    `unreadable` has those of the refused that are there, and not as the document describes.
    `passed_over` has those that were not looked at, for what old events may ask is used up.
    """

    seen: Mapping[Subject, Looked]
    refused: Mapping[Subject, str]
    fault: PlatformError | None = None
    unreadable: frozenset[Subject] = frozenset()
    passed_over: frozenset[Subject] = frozenset()


def cost(topic: Topic, count: int) -> int:
    """Return what a look at so many objects of a topic costs, in calls; a list counts as the calls that it saves."""
    return FEW if topic in LISTED_ONLY else min(count, FEW)


async def look_up(platform: Platform, subjects: Iterable[Subject], clock: Callable[[], float]) -> Looks:
    """Ask the platform how objects are now; a fault of it is told, not raised."""
    ids: dict[Topic, list[str]] = {}
    for topic, object_id in sorted(set(subjects)):
        ids.setdefault(topic, []).append(object_id)
    parts = await asyncio.gather(*(_looked(platform, topic, wanted, clock) for topic, wanted in ids.items()))
    return Looks(
        {subject: looked for part in parts for subject, looked in part.seen.items()},
        {subject: why for part in parts for subject, why in part.refused.items()},
        next((part.fault for part in parts if part.fault), None),
        frozenset().union(*(part.unreadable for part in parts)),
    )


async def _looked(platform: Platform, topic: Topic, ids: list[str], clock: Callable[[], float]) -> Looks:
    asked_at = clock()
    get, list_all = _calls(platform, topic)
    if get is None or len(ids) > FEW:
        answers = await _from_list(list_all, ids)
    else:
        answers = await asyncio.gather(*(get(one) for one in ids), return_exceptions=True)
    seen: dict[Subject, Looked] = {}
    refused: dict[Subject, str] = {}
    fault: PlatformError | None = None
    unreadable = set()
    for one, answer in zip(ids, answers, strict=True):
        if isinstance(answer, ObjectUnreadable):
            refused[topic, one] = str(answer)
            unreadable.add((topic, one))
        elif isinstance(answer, Refused) and answer.code not in LOST_CREDENTIALS:
            refused[topic, one] = str(answer)
        elif isinstance(answer, PlatformError):
            fault = answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            seen[topic, one] = Looked(answer, asked_at)
    return Looks(seen, refused, fault, frozenset(unreadable))


async def _from_list(list_all: List, ids: list[str]) -> list[Shown | BaseException | None]:
    try:
        there = {one.id: one for one in await list_all()}
    except PlatformError as error:
        return [error for _ in ids]
    return [there.get(one) for one in ids]


def _calls(platform: Platform, topic: Topic) -> tuple[Get | None, List]:
    """Give the calls for one and for all."""

    async def meetings() -> list[Shown]:
        return [KnownMeeting.of(one) for one in await platform.meetings()]

    calls: Mapping[Topic, tuple[Get | None, List]] = {
        Topic.USER: (platform.user, platform.users),
        Topic.DEPARTMENT: (platform.department, platform.departments),
        Topic.ROOM: (platform.room, platform.rooms),
        Topic.MEETING: (None, meetings),  # one of LISTED_ONLY
    }
    return calls[topic]
