"""The sandbox's answers and events have the fields and types of the document's own examples."""

import json
from typing import Any

import pytest

from syncd.testing.receiver import Receiver
from syncd.testing.stocked import Clock, booking
from tests.kit.installation.calls import Caller

# As the document prints them (Open API: examples of users, departments, rooms and meetings, and of events).
USER: dict[str, Any] = json.loads("""{
    "id": "1", "name": "admin", "account": "admin", "phone": "1111111111", "faceUrl": "", "position": "",
    "email": "1111111111@qq.com", "status": 1, "memo": "", "createdTime": 1618911351000, "departmentId": "",
    "admin": false
}""")
TOLD_USER: dict[str, Any] = json.loads("""{
    "id": "5210D6BCCE514BC2A5FED256F86290B0", "name": "古尔丹", "account": "guerdan", "phone": "12345678901",
    "faceUrl": "http://localhost:80/meeting/api/opt/resources/1000/EA81CB2C463A487FBE7C837745B8695D.jpg",
    "position": "兽人术士", "email": "12345678901@qq.com", "status": 1, "memo": "", "createdTime": 1619054443000,
    "isAdmin": false, "departmentId": ""
}""")
DEPARTMENT: dict[str, Any] = json.loads("""{
    "id": "0E5938CC1CB94421AD1D2240C6584139", "name": "技术部", "parentId": "", "createdTime": 1619055342000
}""")
ROOM: dict[str, Any] = json.loads("""{
    "id": "736FD705BBB745BBB710CFF97513E8CF", "departmentId": "", "name": "1000会议室", "address": "", "memo": "",
    "beginTime": "07:00", "endTime": "23:00", "capacity": 0, "size": 0, "longitude": 0.000000, "latitude": 0.000000,
    "radius": 0, "status": 1, "needAudit": 0, "permission": 0, "sceneImage": "", "createdTime": 1617258731000,
    "userIds": []
}""")
MEETING: dict[str, Any] = json.loads("""{
    "id": "70F5AEA2DD4144BC8E1F45A98C557434", "roomId": "EF7103B3FB2644B1ADDC8CE910CAD84D", "speaker": "admin",
    "subject": "晚朝", "beginTime": 1619424000000, "endTime": 1619427600000, "address": "广东省广州市花都区机场大道",
    "createdTime": 1619166891000, "lastUpdateTime": 1619166891000, "checkedState": 0, "checkedTime": 1619166895361,
    "memo": "<p>如朕亲临</p>",
    "attendances": [{
        "id": "875F332AE29B40DB907FB5F035DA7092", "userId": "1", "name": "admin", "phone": "18571454573", "email": "",
        "faceUrl": "", "isSigned": 0, "signType": 0, "signImgUrl": "", "signTime": 1619166895361
    }]
}""")
SHOWN = {"user": USER, "dept": DEPARTMENT, "room": ROOM, "meeting": MEETING}
READ = [
    *((f"{kind}/list", {}) for kind in SHOWN),
    ("user/get", {"userId": "1"}),
    ("dept/get", {"deptId": "D"}),
    ("room/get", {"roomId": "R"}),
    ("meeting/get", {"meetingId": "M"}),
]
WRITTEN: list[tuple[str, dict[str, object], str]] = [
    ("user/add", {"name": "x", "account": "x"}, "user_add"),
    ("user/update", {"id": "U", "memo": "x"}, "user_update"),
    ("dept/add", {"name": "x"}, "dept_add"),
    ("dept/update", {"id": "D", "name": "x"}, "dept_update"),
    ("room/add", {"name": "x"}, "room_add"),
    ("room/update", {"id": "R", "memo": "x"}, "room_update"),
    ("meeting/book", booking(), "book_success"),
    ("meeting/update", {"id": "M", "memo": "x"}, "book_update"),
]


def shape(value: object) -> object:
    """Return the names and types of a value, of a list those of its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


@pytest.mark.parametrize(("call", "arguments"), READ, ids=[call for call, _ in READ])
def test_what_is_read_looks_like_the_example(caller: Caller, call: str, arguments: dict[str, object]) -> None:
    """An answer of a list or of `get` has the fields, types and whole seconds of the document's example."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 0.427
    caller.value("room/update", id="R", userIds=[])
    answered = caller.value(call, **arguments)
    kind = call.partition("/")[0]
    for record in answered if isinstance(answered, list) else [answered]:
        assert shape(record) == shape(SHOWN[kind])
        assert record["createdTime"] % 1000 == 0
    if call == "user/list":
        assert {name: answered[0][name] for name in ("id", "name", "account", "status", "admin")} == {
            name: USER[name] for name in ("id", "name", "account", "status", "admin")
        }


@pytest.mark.usefixtures("subscribed")
@pytest.mark.parametrize(("call", "arguments", "event_type"), WRITTEN, ids=[event for *_, event in WRITTEN])
def test_what_is_told_looks_like_the_example(
    caller: Caller, receiver: Receiver, call: str, arguments: dict[str, object], event_type: str
) -> None:
    """An event about what was made or changed has the fields and types of the document's example, as its answer has."""
    kind = call.partition("/")[0]
    answered = caller.value(call, **arguments)
    (event,) = receiver.wait(1)
    assert (event["event_type"], set(event)) == (event_type, {"event_type", "value"})
    told = TOLD_USER if kind == "user" else SHOWN[kind]
    assert without_contents(shape(event["value"])) == without_contents([shape(told)])
    assert without_contents(shape(answered)) == without_contents(shape(SHOWN[kind]))


def without_contents(found: Any) -> Any:  # noqa: ANN401 - a shape
    """Return a shape in which the list `userIds` may be empty or not."""
    if isinstance(found, list):
        return [without_contents(inner) for inner in found]
    return {name: inner for name, inner in found.items() if name != "userIds"} if isinstance(found, dict) else found


def test_a_new_room_is_that_of_the_example(caller: Caller) -> None:
    """A room that is made by its name alone has every default of the document's example."""
    made = caller.value("room/add", name=ROOM["name"])
    assert {**made, "id": ROOM["id"], "createdTime": ROOM["createdTime"]} == ROOM


def test_an_envelope_is_that_of_the_example(caller: Caller) -> None:
    """The envelope of an answer has the fields of the example in their order, and a removal has no `value`."""
    names = ["success", "message", "value", "code", "fieldErrors"]
    for call, arguments, shown in (("user/list", {}, names), ("user/clearFace", {"userId": "U"}, names)):
        expected = [name for name in shown if name != "value" or call == "user/list"]
        answer = caller.call(call, **arguments)
        assert list(answer) == expected
        assert (answer["success"], answer["message"], answer["code"], answer["fieldErrors"]) == (True, "", 10000, {})
    refused = caller.call("user/get", userId="X")
    assert (refused["success"], refused["message"], refused["code"]) == (False, "User is not exist", 71009)
    assert refused["fieldErrors"] == {}
