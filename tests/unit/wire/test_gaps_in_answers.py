"""Rooms and meetings in answers are read as installations may send them."""

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
    """The users of a room are read from a list with gaps, a text or null, so that no room makes its list unreadable."""
    room = msgspec.json.decode(f'{{"id": "R1", "userIds": {sent}}}', type=WireRoom)
    assert room.value().fields.user_ids == users


def test_an_attendance_that_is_null_is_nobody() -> None:
    """An attendance that is null is passed over, and the others of the meeting stay."""
    sent = '{"id": "M1", "attendances": [null, {"userId": "A1"}]}'
    assert [one.user_id for one in msgspec.json.decode(sent, type=WireMeeting).value().attendances] == ["A1"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [("1", 1), ('"0"', 0), ("1.0", 1), ("true", 1), ("false", 0), ("null", None), ('""', None), ("7", None)],
)
def test_a_status_is_a_switch_in_any_form(sent: str, status: int | None) -> None:
    """A status is read from a number, a text or a truth value, and anything else is unknown."""
    assert msgspec.json.decode(f'{{"id": "A1", "status": {sent}}}', type=WireUser).value().status == status
