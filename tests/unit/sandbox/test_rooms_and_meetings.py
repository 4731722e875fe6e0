"""Rooms and meetings are after a call what the document says, and lists show those that they should."""

from typing import Any

import pytest

from syncd.sandbox.arguments import Rejected
from syncd.sandbox.company import Company
from syncd.testing.stocked import HOUR, Clock, booking, stocked
from tests.kit.failures import Failures

DAY = 24 * HOUR


@pytest.fixture
def company() -> Company:
    """Return the small company."""
    return stocked()


def test_a_rooms_picture_stays_where_none_is_sent(company: Company) -> None:
    """An update of a room with an empty picture keeps the old one, and fields that it does not name stay."""
    company.update_room({"id": "R", "sceneImage": "", "memo": "m"})
    assert company.get_room({"roomId": "R"})["sceneImage"] == "http://a/x"
    assert company.get_room({"roomId": "R"})["userIds"] == ["U"]
    company.update_room({"id": "R", "sceneImage": "https://a/y", "userIds": [], "departmentId": "0"})
    room = company.get_room({"roomId": "R"})
    assert (room["sceneImage"], room["userIds"], room["departmentId"]) == ("https://a/y", [], "")


@pytest.mark.parametrize("address", ["x", "ftp://a/b", "https://", "https://a/b c", "/opt/1.jpg"])
def test_a_rooms_picture_is_the_address_of_one(company: Company, address: str) -> None:
    """A picture of a room that is no web address is refused, and the room stays as it is."""
    with pytest.raises(Rejected, match="sceneImage"):
        company.update_room({"id": "R", "sceneImage": address, "memo": "m"})
    assert company.get_room({"roomId": "R"})["memo"] == ""


def test_a_room_keeps_its_department(company: Company) -> None:
    """A department with a room cannot be removed until the room has gone."""
    company.update_room({"id": "S", "departmentId": "E"})
    with pytest.raises(Exception, match="not empty"):
        company.remove_department({"deptId": "E"})
    company.remove_room({"roomId": "S"})
    company.remove_department({"deptId": "E"})


def test_a_user_who_goes_is_in_no_room_any_more(company: Company) -> None:
    """A removed user is in no room any more, and the meetings still name the user."""
    company.remove_user({"userId": "U"})
    assert company.get_room({"roomId": "R"})["userIds"] == []
    assert company.get_meeting({"meetingId": "M"})["attendances"][0]["userId"] == "U"


def test_a_booking_is_filled_from_room_and_users(company: Company) -> None:
    """A booking takes names and phones from its users, and its state of audit from its room."""
    meeting = company.book_meeting(booking(roomId="R", createdId="U"))
    assert meeting["checkedState"] == 0
    assert company.get_meeting({"meetingId": "M"})["checkedState"] == 1
    user, guest = meeting["attendances"]
    assert (user["userId"], user["name"], user["phone"], user["email"]) == ("U", "安娜", "1", "a@b")
    assert (guest["userId"], guest["name"], guest["phone"]) == ("", "客人", "")
    assert len({meeting["id"], user["id"], guest["id"]}) == 3


def test_a_booking_without_an_address_has_none(company: Company) -> None:
    """A booking without an address has none, as in the document's example, whose room has one."""
    company.update_room({"id": "S", "address": "广州植物园"})
    assert company.book_meeting(booking())["address"] == ""
    assert company.book_meeting(booking(address="二楼"))["address"] == "二楼"


def test_a_stopped_room_is_not_booked(company: Company) -> None:
    """A stopped room cannot be booked until it is in use again."""
    company.update_room({"id": "S", "status": 0})
    with pytest.raises(Exception, match="stopped"):
        company.book_meeting(booking())
    company.update_room({"id": "S", "status": 1})
    company.book_meeting(booking())


def test_an_update_of_a_meeting_changes_what_it_names(company: Company) -> None:
    """An update of a meeting changes what it names and the times of its check and last update, and nothing else."""
    clock = company.clock
    assert isinstance(clock, Clock)
    clock.now += 60
    before = company.get_meeting({"meetingId": "M"})
    after = company.update_meeting({"id": "M", "checkedState": 2, "attendances": []})
    assert after == {
        **before,
        "checkedState": 2,
        "checkedTime": company.registry.now(),
        "lastUpdateTime": company.registry.now(),
        "attendances": [],
    }


def test_somebody_who_attends_is_named_by_an_id_of_the_same_meeting(company: Company) -> None:
    """An update keeps who attends under the id that the meeting has, and refuses an id that only another one has."""
    ours, others = (company.get_meeting({"meetingId": one})["attendances"] for one in ("M", "N"))
    again = {"id": ours[0]["id"], "userId": "U", "phone": "2"}
    kept = company.update_meeting({"id": "M", "attendances": [again]})["attendances"]
    assert kept == [{**ours[0], "phone": "2"}]
    with pytest.raises(Rejected, match="Attendance is not exist") as caught:
        company.update_meeting({"id": "M", "attendances": [{"id": others[0]["id"], "userId": "U"}]})
    assert caught.value.code == 71013


def test_a_meeting_under_way_ends_when_it_is_finished(company: Company) -> None:
    """A finished meeting ends now and cannot be finished again, and a cancelled one is still shown by its id."""
    company.finish_meeting({"meetingId": "N"})
    assert company.get_meeting({"meetingId": "N"})["endTime"] == company.registry.now()
    with pytest.raises(Exception, match="under way"):
        company.finish_meeting({"meetingId": "N"})
    assert company.get_meeting({"meetingId": "C"})["id"] == "C"


# It is 2023-11-15 06:13:20 in China; M and C begin at 07:13:20, N began at 05:13:20, P the day before; two hours each.
FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["M", "N"]),
    ({"speaker": "张三"}, ["M", "N"]),
    ({"speaker": "张"}, []),
    ({"speakerLike": "张"}, ["M", "N"]),
    ({"roomId": "S"}, ["M", "N"]),
    ({"roomId": "R"}, []),
    ({"checkedState": "1"}, ["M", "N"]),
    ({"checkedState": 1}, ["M", "N"]),
    ({"checkedState": "0"}, []),
    ({"minTime": "2023-11-15 07:13:19"}, ["M", "N", "C"]),
    ({"minTime": "2023-11-15 07:13:20"}, ["M", "C"]),
    ({"maxTime": "2023-11-15 07:13:20"}, ["N", "P"]),
    ({"maxTime": "2023-11-15 07:13:21"}, ["M", "N", "P", "C"]),
    ({"minTime": "2023-11-14", "maxTime": "2023-11-15"}, ["P"]),
    ({"reverseDate": "2023-11-15"}, ["M", "N", "C"]),
    ({"reverseDate": "2023-11-14"}, ["P"]),
    ({"createdBeginTime": "2023-11-15 06:13:20"}, ["M", "N", "P", "C"]),
    ({"createdBeginTime": "2023-11-15 06:13:21"}, []),
    ({"createdEndTime": "2023-11-15 06:13:20"}, ["M", "N", "P", "C"]),
    ({"createdEndTime": "2023-11-15 06:13:19"}, []),
    ({"reverseDate": "", "minTime": None}, ["M", "N"]),
]


def test_a_list_shows_the_meetings_that_pass_every_filter(company: Company) -> None:
    """A list shows the meetings that pass every filter, and cancelled ones only where a time is asked for."""
    failures = Failures()
    for filters, wanted in FILTERS:
        with failures.case(filters):
            assert [meeting["id"] for meeting in company.list_meetings(filters)] == wanted
    failures.assert_none()


def test_the_usual_list_ends_after_30_days(company: Company) -> None:
    """The usual list shows a meeting that begins a moment before 30 days are over, and none that begins later."""
    now = company.registry.now()
    for name, days in (("in", 30 * DAY - 1), ("out", 30 * DAY)):
        company.book_meeting(booking(id=name, beginTime=now + days, endTime=now + days + HOUR))
    assert [one["id"] for one in company.list_meetings({})] == ["M", "N", "in"]


@pytest.mark.parametrize(
    ("by", "direction", "wanted"),
    [
        ("beginTime", "", ["P", "N", "C", "M"]),
        ("endTime", "asc", ["P", "N", "C", "M"]),
        ("beginTime", "desc", ["M", "C", "N", "P"]),
        ("", "desc", ["M", "N", "P", "C"]),
    ],
)
def test_a_list_is_ordered_by_a_time(company: Company, by: str, direction: str, wanted: list[str]) -> None:
    """A list can be ordered by a time in either direction, and without an order it is as it was booked."""
    filters = {"order_by_expression": by, "direction": direction, "minTime": "2023-11-01"}
    assert [one["id"] for one in company.list_meetings(filters)] == wanted
