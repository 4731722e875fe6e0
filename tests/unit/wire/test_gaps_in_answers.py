"""Rooms and meetings in answers, as installations may send them."""

import msgspec
import pytest

from syncd.wire.envelope import WireUser
from syncd.wire.meetings import WireMeeting
from syncd.wire.rooms import WireRoom


@pytest.mark.parametrize(
    ("sent", "users"),
    [
        ('["A1", 1, null, ""]', ("A1", "1")),
        ("[]", ()),
        ("null", ()),
        ('""', ()),
        ('"A1, 1"', ("A1", "1")),
    ],
)
def test_who_may_book_is_read_whatever_stands_in_the_list(sent: str, users: tuple[str, ...]) -> None:
    """One room with a gap in it would else hide all rooms, and a department would go with a room in it."""
    room = msgspec.json.decode(f'{{"id": "R1", "userIds": {sent}}}', type=WireRoom)
    assert room.value().fields.user_ids == users


def test_an_attendance_that_is_null_is_nobody() -> None:
    """The others of the meeting still attend."""
    sent = '{"id": "M1", "attendances": [null, {"userId": "A1"}]}'
    assert [one.user_id for one in msgspec.json.decode(sent, type=WireMeeting).value().attendances] == ["A1"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [("1", 1), ('"0"', 0), ("1.0", 1), ("true", 1), ("false", 0), ("null", None), ('""', None), ("7", None)],
)
def test_a_status_is_a_switch_in_any_form(sent: str, status: int | None) -> None:
    """One form that is not known would make the whole list unreadable."""
    assert msgspec.json.decode(f'{{"id": "A1", "status": {sent}}}', type=WireUser).value().status == status
