"""Every call sends what the document asks for, and reads answers in the form of the document's examples.

`answers/` has one file for each call, in the form of the document, with values of our own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from syncd.errors import PlatformError
from syncd.platform import (
    Attendance,
    Booking,
    Client,
    ClientSettings,
    Department,
    Meeting,
    MeetingFilter,
    PlatformDepartment,
    PlatformRoom,
    PlatformUser,
    Room,
    User,
)
from syncd.wire.rooms import RoomValue
from tests.kit.failures import Failures
from tests.kit.pictures import noise

ANSWERS = Path(__file__).parent / "answers"
USER = PlatformUser("A1", User("linxy", "林小雨", "13900000001", "linxy@example.com", "工程师", "三楼", "D1"), status=1)
DEPARTMENT = PlatformDepartment("D1", Department("研发部", ""))
ROOM = PlatformRoom(
    "R1",
    Room(
        name="三楼会议室",
        department="D1",
        address="三楼 301",
        memo="有投影",
        begin_time="08:00",
        end_time="22:00",
        capacity=12,
        size=30,
        longitude=121.473701,
        latitude=31.230416,
        radius=200,
        status=1,
        need_audit=0,
        permission=1,
        scene_image="http://localhost:80/meeting/api/opt/resources/77/S1.jpg",
        user_ids=("1", "A1"),
    ),
)
GUEST = Attendance(name="来客", phone="13700000002", id="T2")
SIGNED = Attendance("A1", "林小雨", "13900000001", id="T1", is_signed=True, sign_type=2, sign_time=1700003700000)
MEETING = Meeting(
    id="M1",
    room_id="R1",
    speaker="林小雨",
    subject="周会",
    begin_time=1700003600000,
    end_time=1700007200000,
    address="三楼 301",
    checked_state=1,
    memo="<p>带上笔记</p>",
    attendances=(SIGNED, GUEST),
)
BOOKING = Booking("R1", "林小雨", "周会", 1700003600000, 1700007200000, "A1", (Attendance("A1"), GUEST))
BOOKED: dict[str, object] = {
    "roomId": "R1",
    "speaker": "林小雨",
    "subject": "周会",
    "beginTime": 1700003600000,
    "endTime": 1700007200000,
    "createdId": "A1",
    "attendances": [{"userId": "A1"}, {"userId": "", "id": "T2", "name": "来客", "phone": "13700000002"}],
}
EVERY_FILTER = MeetingFilter(
    room_id="R1",
    speaker="林小雨",
    speaker_like="林",
    checked_state="0",
    min_time="2023-11-14 07:00:00",
    max_time="2023-11-14 23:00:00",
    reverse_date="2023-11-14",
    created_begin_time="2023-11-01 00:00:00",
    created_end_time="2023-11-30 00:00:00",
    order_by="beginTime",
    direction="desc",
)
FILTERED: dict[str, object] = {
    "roomId": "R1",
    "speaker": "林小雨",
    "speakerLike": "林",
    "checkedState": "0",
    "minTime": "2023-11-14 07:00:00",
    "maxTime": "2023-11-14 23:00:00",
    "reverseDate": "2023-11-14",
    "createdBeginTime": "2023-11-01 00:00:00",
    "createdEndTime": "2023-11-30 00:00:00",
    "order_by_expression": "beginTime",
    "direction": "desc",
}
ROOM_FIELDS: dict[str, RoomValue] = {
    "name": "厅",
    "department": "",
    "capacity": 8,
    "longitude": 1.5,
    "need_audit": True,
    "user_ids": ("1",),
}
ROOM_SENT = {"id": "R1", "name": "厅", "departmentId": "", "capacity": 8, "longitude": 1.5, "needAudit": 1}

Made = Callable[[Client], Awaitable[object]]
CALLS: list[tuple[str, Made, dict[str, object], object]] = [
    ("user/get", lambda c: c.user("A1"), {"userId": "A1"}, USER),
    (
        "user/add",
        lambda c: c.add_user("A1", {"account": "linxy", "name": "林小雨", "department": ""}, "geheim"),
        {"id": "A1", "account": "linxy", "name": "林小雨", "departmentId": "", "password": "geheim"},
        USER,
    ),
    ("user/update", lambda c: c.update_user("A1", {"phone": ""}), {"id": "A1", "phone": ""}, None),
    ("user/update", lambda c: c.update_user("A1", {}, "neu"), {"id": "A1", "password": "neu"}, None),
    ("user/clearFace", lambda c: c.clear_face("A1"), {"userId": "A1"}, None),
    ("user/remove", lambda c: c.remove_user("A1"), {"userId": "A1"}, None),
    ("dept/get", lambda c: c.department("D1"), {"deptId": "D1"}, DEPARTMENT),
    (
        "dept/add",
        lambda c: c.add_department("D1", {"name": "研发部", "parent": ""}),
        {"id": "D1", "name": "研发部", "parentId": ""},
        DEPARTMENT,
    ),
    ("dept/update", lambda c: c.update_department("D1", {"name": "研发"}), {"id": "D1", "name": "研发"}, None),
    ("dept/remove", lambda c: c.remove_department("D1"), {"deptId": "D1"}, None),
    ("room/get", lambda c: c.room("R1"), {"roomId": "R1"}, ROOM),
    ("room/add", lambda c: c.add_room("R1", ROOM_FIELDS), {**ROOM_SENT, "userIds": ["1"]}, ROOM),
    (
        "room/update",
        lambda c: c.update_room("R1", {"memo": "", "user_ids": []}),
        {"id": "R1", "memo": "", "userIds": []},
        None,
    ),
    ("room/update", lambda c: c.update_room("R1", {"status": 0, "scene_image": ""}), {"id": "R1", "status": 0}, None),
    ("room/update", lambda c: c.update_room("R1", {"scene_image": "x"}), {"id": "R1", "sceneImage": "x"}, None),
    ("room/remove", lambda c: c.remove_room("R1"), {"roomId": "R1"}, None),
    ("meeting/get", lambda c: c.meeting("M1"), {"meetingId": "M1"}, MEETING),
    ("meeting/book", lambda c: c.book_meeting(BOOKING), BOOKED, MEETING),
    (
        "meeting/book",
        lambda c: c.book_meeting(msgspec.structs.replace(BOOKING, id="M1", address="x", memo="y", checked_state=0)),
        {**BOOKED, "id": "M1", "address": "x", "memo": "y", "checkedState": 0},
        MEETING,
    ),
    (
        "meeting/update",
        lambda c: c.update_meeting("M1", {"subject": "月会", "end_time": 1700007300000, "attendances": [GUEST]}),
        {
            "id": "M1",
            "subject": "月会",
            "endTime": 1700007300000,
            "attendances": [{"userId": "", "id": "T2", "name": "来客", "phone": "13700000002"}],
        },
        None,
    ),
    ("meeting/cancel", lambda c: c.cancel_meeting("M1"), {"meetingId": "M1"}, None),
    ("meeting/finish", lambda c: c.finish_meeting("M1"), {"meetingId": "M1"}, None),
]
LISTS: list[tuple[str, Made, dict[str, object], object, int]] = [
    ("user/list", lambda c: c.users(), {}, USER, 1),
    ("dept/list", lambda c: c.departments(), {}, DEPARTMENT, 0),
    ("room/list", lambda c: c.rooms(), {}, ROOM, 0),
    ("meeting/list", lambda c: c.meetings(), {}, MEETING, 0),
    ("meeting/list", lambda c: c.meetings(EVERY_FILTER), FILTERED, MEETING, 0),
]


class Printed:
    """Answers each call with the file of its name, and keeps the last call: token, content type and arguments."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know of no call."""
        self.call = self.token = self.kind = ""
        self.arguments: object = None

    async def answer(self, request: web.Request) -> web.Response:
        """Answer."""
        call = request.path.removeprefix("/meeting/api/").removeprefix("open/")
        if request.method == "POST":
            self.call, self.token, self.kind = call, request.query["access_token"], request.content_type
            self.arguments = await (request.json() if self.kind.endswith("json") else self._form(request))
        file = ANSWERS / f"{call.replace('/', '.')}.json"
        return web.Response(body=file.read_bytes(), content_type="application/json")

    async def _form(self, request: web.Request) -> dict[str, object]:
        fields = await request.post()
        return {
            name: (one.filename, one.content_type, one.file.read()) if isinstance(one, web.FileField) else one
            for name, one in fields.items()
        }


@asynccontextmanager
async def printed(**settings: object) -> AsyncIterator[tuple[Client, Printed]]:
    """Return a client and the server that it talks to."""
    there = Printed()
    application = web.Application(client_max_size=10_000_000)
    application.router.add_route("*", "/{path:.*}", there.answer)
    async with TestServer(application) as server:
        url = f"http://127.0.0.1:{server.port}/meeting"
        async with Client(ClientSettings(url, "key", "geheim", **{"rate": 0, **settings})) as client:  # type: ignore[arg-type]
            yield client, there


async def test_a_call_sends_what_the_document_asks_for() -> None:
    """Each call sends its arguments under the document's names, numbers as numbers, and its answer is read whole."""
    failures = Failures()
    async with printed() as (client, there):
        for call, make, sent, given in CALLS:
            there.forget()
            with failures.case(f"{call} {sent}"):
                assert await make(client) == given
                assert (there.call, there.token, there.kind) == (call, "0a1b2c3d4e5f", "application/json")
                assert there.arguments == sent
    failures.assert_none()


async def test_a_form_bears_the_same_arguments() -> None:
    """A form bears the same arguments as JSON, with numbers as digits and each list as its JSON text."""
    failures = Failures()
    async with printed(body="form") as (client, there):
        for call, make, sent, given in CALLS:
            there.forget()
            with failures.case(f"{call} {sent}"):
                assert await make(client) == given
                assert (there.call, there.kind) == (call, "application/x-www-form-urlencoded")
                assert isinstance(there.arguments, dict)
                flat = {
                    name: text if isinstance(sent[name], str) else msgspec.json.decode(text)
                    for name, text in there.arguments.items()
                }
                assert flat == sent
    failures.assert_none()


@pytest.mark.parametrize("body", ["json", "form"])
@pytest.mark.parametrize(("call", "make", "sent", "one", "place"), LISTS)
async def test_a_list_gives_every_record(
    body: str, call: str, make: Made, sent: dict[str, object], one: object, place: int
) -> None:
    """A list gives every record, and sends no arguments but the filters of meetings that were given."""
    async with printed(body=body) as (client, there):
        found = await make(client)
        assert isinstance(found, tuple)
        assert (len(found), found[place]) == (2, one)
        assert (there.call, there.arguments) == (call, sent)


async def test_the_company_comes_with_the_token() -> None:
    """The id of the company comes with the token, and no other call is made for it."""
    async with printed() as (client, there):
        assert (await client.company_id(), there.call) == ("77", "")


@pytest.mark.parametrize("body", ["json", "form"])
@pytest.mark.parametrize("subtype", ["jpeg", "png"])
async def test_a_face_is_sent_as_a_file(body: str, subtype: str) -> None:
    """A face is sent as a file in multipart/form-data, whatever form the other bodies have."""
    async with printed(body=body) as (client, there):
        content = noise(subtype)
        await client.update_face("A1", content)
        assert (there.call, there.kind) == ("user/updateFace", "multipart/form-data")
        assert there.arguments == {"userId": "A1", "file": (f"face.{subtype}", f"image/{subtype}", content)}


async def test_what_was_neither_checked_nor_signed_has_no_such_moment() -> None:
    """What was neither checked nor signed has no such time, though the platform answers one."""
    async with printed() as (client, _):
        first, second = await client.meetings()
        assert (first.checked_time, second.checked_time) == (1700000006543, None)
        assert [one.sign_time for one in first.attendances] == [1700003700000, None]


async def test_a_meeting_in_a_list_equals_the_same_meeting_asked_for() -> None:
    """A meeting in a list equals the same meeting asked for, though lists drop the milliseconds of its times."""
    async with printed() as (client, _):
        listed, asked = (await client.meetings())[0], await client.meeting("M1")
        assert asked is not None
        assert (listed.created_time, asked.created_time) == (1700000004000, 1700000004321)
        assert (listed, hash(listed)) == (asked, hash(asked))
        assert msgspec.structs.replace(listed, subject="") != asked


async def test_read_only_lets_no_writing_call_out() -> None:
    """No writing call is sent where `read_only` is set, and reading ones are (I10)."""
    failures = Failures()
    async with printed(read_only=True) as (client, there):
        for call, make, sent, given in CALLS:
            there.forget()
            with failures.case(f"{call} {sent}"):
                if call.endswith("/get"):
                    assert (await make(client), there.arguments) == (given, sent)
                    continue
                with pytest.raises(PlatformError, match=f"{call}: platform.read_only is true"):
                    await make(client)
                assert there.call == ""
    failures.assert_none()


def test_every_call_of_the_document_is_tried_here() -> None:
    """The tests of this file try all 24 calls, each of which has a file with its answer."""
    tried = {call for call, *_ in CALLS} | {call for call, *_ in LISTS} | {"oapi/gettoken", "user/updateFace"}
    answers = {file.stem.replace(".", "/") for file in ANSWERS.iterdir()}
    assert tried == answers
    assert len(tried) == 24
