"""The fake of the port `Platform` behaves as the platform where it does more than the company behind it."""

import msgspec

from syncd.model.meetings import Meeting, MeetingFilter
from syncd.model.rooms import PlatformRoom, Room
from syncd.testing.platform import FakePlatform

FIRST = Meeting("M1", room_id="R1", speaker="林小雨", checked_state=1)
SECOND = msgspec.structs.replace(FIRST, id="M2", room_id="R2", speaker="王大山", checked_state=0)


async def test_the_fake_shows_the_rooms_that_a_test_puts_there() -> None:
    """The fake platform shows the rooms that a test gives it, and none otherwise."""
    fake = FakePlatform()
    assert await fake.rooms() == ()
    fake.rooms_held = (PlatformRoom("R1", Room("厅")),)
    assert await fake.rooms() == fake.rooms_held


async def test_the_fake_filters_meetings_as_the_platform_does() -> None:
    """The fake platform filters meetings by room, speaker and state."""
    fake = FakePlatform()
    fake.meetings_held = (FIRST, SECOND)
    assert await fake.meetings() == (FIRST, SECOND)
    for field, value in {"room_id": "R2", "speaker": "王大山", "speaker_like": "大", "checked_state": "0"}.items():
        assert await fake.meetings(msgspec.structs.replace(MeetingFilter(), **{field: value})) == (SECOND,)
