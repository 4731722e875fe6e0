"""Rooms and meetings: what stands around people and departments, and is not worth the failure of a run."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from syncd.app.ports import Platform
from syncd.app.store_ports import Store
from syncd.errors import PlatformError
from syncd.model.meetings import KnownMeeting
from syncd.model.rooms import PlatformRoom

Value = TypeVar("Value")
Found = tuple[Value, ...]


class Surroundings(msgspec.Struct, frozen=True):
    """The platform's rooms and its meetings to come; `gaps` says what could not be read, a sentence each."""

    rooms: Found[PlatformRoom] = ()
    meetings: Found[KnownMeeting] = ()
    gaps: tuple[str, ...] = ()
    rooms_are_read: bool = True


async def surroundings(platform: Platform, store: Store) -> Surroundings:
    """Read rooms and meetings; what the platform does not give is as the shadow last knew it.

    An installation without either, or an appkey that may not see them, still has its people kept.
    """
    gaps: list[str] = []
    rooms = await _read_or_known("rooms", platform.rooms, lambda: _known_rooms(store), gaps)
    rooms_are_read = not gaps
    meetings = await _read_or_known("meetings", lambda: _meetings(platform), lambda: _known_meetings(store), gaps)
    return Surroundings(rooms, meetings, tuple(gaps), rooms_are_read)


async def _read_or_known(
    what: str, read: Callable[[], Awaitable[Found[Value]]], known: Callable[[], Found[Value]], gaps: list[str]
) -> Found[Value]:
    try:
        return await read()
    except PlatformError as error:
        before = known()
        gaps.append(f"the {what} could not be read ({error}); the {len(before)} last known count")
        return before


async def _meetings(platform: Platform) -> Found[KnownMeeting]:
    return tuple(KnownMeeting.of(one) for one in await platform.meetings())


def _known_rooms(store: Store) -> Found[PlatformRoom]:
    with store.reading() as work:
        return work.shadow.rooms()


def _known_meetings(store: Store) -> Found[KnownMeeting]:
    with store.reading() as work:
        return work.shadow.meetings()
