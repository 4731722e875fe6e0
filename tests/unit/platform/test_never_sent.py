"""The client refuses to send what could do harm, whatever it is asked for."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from syncd.errors import PlatformError
from syncd.platform import Attendance, Booking, Client, FaceUnfit
from syncd.testing.scripted import scripted, success
from tests.kit.failures import Failures

BOOKING = Booking("R1", "林小雨", "周会", 1, 2, "A1", (Attendance("A1"),))
Made = Callable[[Client], Awaitable[object]]


@pytest.mark.parametrize(
    "make",
    [
        lambda c: c.update_room("R1", {"colour": "red"}),
        lambda c: c.add_room("R1", {"id": "R2"}),
        lambda c: c.update_meeting("M1", {"created_id": "A1"}),
    ],
)
async def test_a_field_that_a_call_does_not_take_is_a_mistake_of_the_caller(make: Made) -> None:
    """A field that a call does not take raises an error that lists those it takes, and nothing is sent."""
    client, there = scripted(success(None))
    async with client:
        with pytest.raises(PlatformError, match="is no field of it; it takes "):
            await make(client)
        assert there.urls == []


EMPTY_IDS: list[tuple[str, Made]] = [
    ("user/get", lambda c: c.user("")),
    ("user/add", lambda c: c.add_user("", {"name": "a", "account": "a"}, "geheim")),
    ("user/update", lambda c: c.update_user("", {})),
    ("user/updateFace", lambda c: c.update_face("", b"")),
    ("user/clearFace", lambda c: c.clear_face("")),
    ("user/remove", lambda c: c.remove_user("")),
    ("dept/get", lambda c: c.department("")),
    ("dept/add", lambda c: c.add_department("", {"name": "a"})),
    ("dept/update", lambda c: c.update_department("", {})),
    ("dept/remove", lambda c: c.remove_department("")),
    ("room/get", lambda c: c.room("")),
    ("room/add", lambda c: c.add_room("", {"name": "a"})),
    ("room/update", lambda c: c.update_room("", {})),
    ("room/remove", lambda c: c.remove_room("")),
    ("meeting/get", lambda c: c.meeting("")),
    ("meeting/book", lambda c: c.book_meeting(msgspec.structs.replace(BOOKING, room_id=""))),
    ("meeting/book", lambda c: c.book_meeting(msgspec.structs.replace(BOOKING, created_id=""))),
    ("meeting/update", lambda c: c.update_meeting("", {})),
    ("meeting/cancel", lambda c: c.cancel_meeting("")),
    ("meeting/finish", lambda c: c.finish_meeting("")),
]


async def test_no_call_is_made_without_an_id() -> None:
    """No call is made with an empty id, which several calls would take for everything."""
    failures = Failures()
    for call, make in EMPTY_IDS:
        client, there = scripted(success(None))
        with failures.case(call):
            async with client:
                with pytest.raises(PlatformError, match=f"{call}: no call is made without the id"):
                    await make(client)
                assert there.urls == []
    failures.assert_none()


async def test_no_user_is_made_without_a_password() -> None:
    """No user is made without a password, for the platform's default is public knowledge."""
    client, there = scripted(success(None))
    async with client:
        with pytest.raises(PlatformError, match="never made without a password"):
            await client.add_user("A1", {"name": "a", "account": "a"}, "")
        assert there.urls == []


async def test_a_picture_that_is_not_fit_is_not_sent() -> None:
    """A picture that is not fit is not sent, and the error says what to do."""
    client, there = scripted(success(None))
    async with client:
        with pytest.raises(FaceUnfit, match="is not sent: It is neither jpg nor png; save it as one of them"):
            await client.update_face("A1", b"GIF")
        assert there.urls == []


async def test_what_is_sent_is_remembered_here() -> None:
    """The server of this file remembers what is sent, so that its tests would see a request."""
    client, there = scripted(success(None))
    async with client:
        await client.remove_user("A1")
        assert (len(there.urls), there.asked) == (2, ["user/remove"])
