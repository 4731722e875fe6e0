"""The client handles rooms, meetings and faces of a sandbox, in either form of body and under quirks."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from syncd.platform import (
    Attendance,
    Booking,
    Client,
    DepartmentMissing,
    InvalidArguments,
    MeetingFilter,
    MeetingMissing,
    RoomMissing,
    UserMissing,
)
from syncd.sandbox.quirks import Quirks, changed
from syncd.wire.rooms import RoomValue
from tests.kit.failures import Failures
from tests.kit.pictures import noise
from tests.kit.sandbox_client import served

HOUR = 3_600_000
QUIRKS: list[dict[str, object]] = [
    {},
    {"admin_field": "isAdmin", "root": "0", "field_errors": "[]"},
    {"admin_field": "both", "root": "null", "field_errors": "objects", "codes_as_text": True, "numeric_ids": True},
    {"admin_field": "none", "root": "missing", "empty_fields": "missing", "field_errors": "missing"},
    {"empty_fields": "null", "extra_fields": True, "echo": True, "error_status": 400, "one_token": True},
]


@asynccontextmanager
async def peopled(quirks: dict[str, object], **settings: object) -> AsyncIterator[Client]:
    """Return a client of a sandbox with these quirks, a department, and a user in it."""
    async with served(**settings) as (client, sandbox):
        sandbox.quirks = changed(Quirks(), quirks)
        await client.add_department("D1", {"name": "研发部", "parent": ""})
        await client.add_user("A1", {"name": "林小雨", "account": "linxy", "department": "D1"}, "geheim")
        yield client


@pytest.mark.parametrize("quirks", QUIRKS)
@pytest.mark.parametrize("body", ["json", "form"])
async def test_a_room_is_made_changed_and_removed(body: str, quirks: dict[str, object]) -> None:
    """Under every set of quirks and in either form of body a room is made, read, changed, cleared and removed."""
    async with peopled(quirks, body=body) as client:
        fields: dict[str, RoomValue] = {
            "name": "厅 & 室",
            "department": "D1",
            "capacity": 8,
            "longitude": 121.5,
            "user_ids": ("A1", "1"),
        }
        assert (await client.add_room("R1", {**fields, "need_audit": True, "scene_image": "http://a/b"})).id == "R1"
        await client.update_room("R1", {"memo": "有投影", "user_ids": ["A1"], "capacity": 9})
        room = await client.room("R1")
        assert room is not None
        assert (await client.rooms()) == (room,)
        found = room.fields
        assert (found.name, found.department, found.capacity, found.longitude) == ("厅 & 室", "D1", 9, 121.5)
        assert (found.memo, found.user_ids, found.need_audit, found.scene_image) == ("有投影", ("A1",), 1, "http://a/b")
        await client.update_room("R1", {"user_ids": [], "department": ""})
        assert ((await client.rooms())[0].fields.user_ids, (await client.rooms())[0].fields.department) == ((), "")
        await client.remove_room("R1")
        await client.remove_room("R1")
        assert (await client.room("R1"), await client.rooms()) == (None, ())


@pytest.mark.parametrize("quirks", QUIRKS)
@pytest.mark.parametrize("body", ["json", "form"])
async def test_a_meeting_is_booked_changed_and_cancelled(body: str, quirks: dict[str, object]) -> None:
    """Under every set of quirks a meeting of a user and a guest is booked, read, changed and cancelled."""
    begin = int(time.time() * 1000) + HOUR
    async with peopled(quirks, body=body) as client:
        await client.add_room("R1", {"name": "厅"})
        people = (Attendance("A1"), Attendance(name="来客", phone="13700000002"))
        booked = await client.book_meeting(Booking("R1", "林", "周会", begin, begin + HOUR, "A1", people, id="M1"))
        assert (booked.id, [one.user_id for one in booked.attendances]) == ("M1", ["A1", ""])
        await client.update_meeting("M1", {"subject": "月会", "end_time": begin + 2 * HOUR, "attendances": people[1:]})
        meeting = await client.meeting("M1")
        assert meeting is not None
        assert (await client.meetings(MeetingFilter(room_id="R1"))) == (meeting,)
        assert (meeting.subject, meeting.begin_time, meeting.end_time) == ("月会", begin, begin + 2 * HOUR)
        assert [(one.user_id, one.name, one.sign_time) for one in meeting.attendances] == [("", "来客", None)]
        with pytest.raises(InvalidArguments):
            await client.finish_meeting("M1")
        await client.cancel_meeting("M1")
        await client.cancel_meeting("NONE")
        assert await client.meetings() == ()


async def test_a_meeting_under_way_is_finished() -> None:
    """A meeting under way is finished and cannot be cancelled, and one that is not there cannot be finished."""
    now = int(time.time() * 1000)
    async with peopled({}) as client:
        await client.add_room("R1", {"name": "厅"})
        meeting = await client.book_meeting(Booking("R1", "林", "周会", now - HOUR, now + HOUR, "A1", (), id="M1"))
        with pytest.raises(InvalidArguments):
            await client.cancel_meeting(meeting.id)
        await client.finish_meeting(meeting.id)
        with pytest.raises(MeetingMissing):
            await client.finish_meeting("NONE")


FILTERS = [
    (MeetingFilter(speaker="林小雨"), ["M1"]),
    (MeetingFilter(speaker_like="林"), ["M1", "M2"]),
    (MeetingFilter(checked_state="1"), ["M1", "M2"]),
    (MeetingFilter(checked_state="2"), []),
    (MeetingFilter(min_time="2000-01-01 00:00:00"), ["M1", "M2"]),
    (MeetingFilter(max_time="2000-01-01 00:00:00"), []),
    (MeetingFilter(reverse_date="2000-01-01"), []),
    (MeetingFilter(created_begin_time="2000-01-01 00:00:00"), ["M1", "M2"]),
    (MeetingFilter(created_end_time="2000-01-01 00:00:00"), []),
    (MeetingFilter(order_by="beginTime", direction="desc"), ["M2", "M1"]),
]


async def test_every_filter_is_understood() -> None:
    """The sandbox understands each filter of meetings under the name that the client gives it."""
    begin = int(time.time() * 1000) + HOUR
    failures = Failures()
    async with peopled({}) as client:
        await client.add_room("R1", {"name": "厅"})
        for number, speaker in enumerate(("林小雨", "林大风"), 1):
            start = begin + number * HOUR
            await client.book_meeting(Booking("R1", speaker, "会", start, start + HOUR, "A1", (), id=f"M{number}"))
        for wanted, found in FILTERS:
            with failures.case(wanted):
                assert [meeting.id for meeting in await client.meetings(wanted)] == found
    failures.assert_none()


async def test_a_face_is_given_and_taken_away() -> None:
    """A face is given to a user and taken away any number of times, and a user who is not there cannot have one."""
    picture = noise("png")
    async with peopled({}) as client:
        await client.update_face("A1", picture)
        await client.clear_face("A1")
        await client.clear_face("A1")
        with pytest.raises(UserMissing):
            await client.update_face("NONE", picture)


async def test_what_a_room_refers_to_must_be_there() -> None:
    """A room, department or user that is referred to but is not there raises the error of its kind."""
    async with peopled({}) as client:
        with pytest.raises(DepartmentMissing):
            await client.add_room("R1", {"name": "厅", "department": "NONE"})
        with pytest.raises(UserMissing):
            await client.add_room("R1", {"name": "厅", "user_ids": ["NONE"]})
        with pytest.raises(RoomMissing):
            await client.update_room("R1", {"name": "厅"})
        with pytest.raises(RoomMissing):
            await client.book_meeting(Booking("NONE", "林", "会", 1, 2, "A1", ()))
