"""Every call of the document succeeds over HTTP, and is refused with every code that the document allows it."""

import json
import reprlib
from typing import Any

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.company import Rejected
from syncd.testing.stocked import BEGIN, Clock, booking, stocked
from tests.kit.failures import Failures
from tests.kit.installation.calls import Caller, calling
from tests.kit.pictures import encoded, noise, photograph, photograph_file, png_that_says
from tests.kit.stopping import stopped_beside

PICTURE = noise()
WITHOUT_VALUE = {"user/clearFace", "user/remove", "dept/remove", "room/remove", "meeting/cancel", "meeting/finish"}
USER = {
    "id", "name", "account", "phone", "faceUrl", "position", "email", "status", "memo", "createdTime", "departmentId",
    "admin",
}  # fmt: skip
DEPARTMENT = {"id", "name", "parentId", "createdTime"}
ROOM = {
    "id", "departmentId", "name", "address", "memo", "beginTime", "endTime", "capacity", "size", "longitude",
    "latitude", "radius", "status", "needAudit", "permission", "sceneImage", "createdTime", "userIds",
}  # fmt: skip
MEETING = {
    "id", "roomId", "speaker", "subject", "beginTime", "endTime", "address", "createdTime", "lastUpdateTime",
    "checkedState", "checkedTime", "memo", "attendances",
}  # fmt: skip
ATTENDANCE = {
    "id", "userId", "name", "phone", "email", "faceUrl", "isSigned", "signType", "signImgUrl", "signTime"
}  # fmt: skip

HAPPY: list[tuple[str, dict[str, Any], set[str]]] = [
    ("user/list", {}, USER),
    ("user/get", {"userId": "U"}, USER),
    ("user/add", {"name": "x", "account": "x"}, USER),
    ("user/update", {"id": "U", "phone": "2"}, USER),
    ("user/clearFace", {"userId": "U"}, set()),
    ("user/remove", {"userId": "U"}, set()),
    ("dept/list", {}, DEPARTMENT),
    ("dept/get", {"deptId": "D"}, DEPARTMENT),
    ("dept/add", {"name": "x", "parentId": "E"}, DEPARTMENT),
    ("dept/update", {"id": "E", "name": "x", "parentId": "0"}, DEPARTMENT),
    ("dept/remove", {"deptId": "E"}, set()),
    ("room/list", {}, ROOM),
    ("room/get", {"roomId": "R"}, ROOM),
    ("room/add", {"name": "x", "longitude": 113.3, "capacity": 5, "userIds": ["U", "1"]}, ROOM),
    ("room/update", {"id": "R", "size": 12, "status": 0}, ROOM),
    ("room/remove", {"roomId": "R"}, set()),
    ("meeting/list", {}, MEETING),
    ("meeting/get", {"meetingId": "M"}, MEETING),
    ("meeting/book", booking(), MEETING),
    ("meeting/update", {"id": "M", "subject": "x", "roomId": "R"}, MEETING),
    ("meeting/cancel", {"meetingId": "M"}, set()),
    ("meeting/finish", {"meetingId": "N"}, set()),
]


def test_every_call_answers_the_documents_fields_and_no_others() -> None:
    """Every call answers the document's fields and no others, and calls that remove or end answer no value."""
    failures = Failures()
    for call, arguments, fields in HAPPY:
        with failures.case(call), stopped_beside(calling(Sandbox(stocked()))) as caller:
            answer = caller.call(call, **arguments)
            expected = {"success": True, "message": "", "code": 10000, "fieldErrors": {}}
            assert {name: value for name, value in answer.items() if name != "value"} == expected
            assert ("value" in answer) is (call not in WITHOUT_VALUE)
            value = answer.get("value", [])
            for record in value if isinstance(value, list) else [value]:
                assert set(record) == fields
                assert all(set(attendance) == ATTENDANCE for attendance in record.get("attendances", []))
            assert len(value) > 0 or call in WITHOUT_VALUE
    failures.assert_none()


def test_a_face_is_a_part_of_a_form_and_only_its_hash_is_kept(caller: Caller) -> None:
    """A face comes as a part of a form, only its hash is kept, and `clearFace` takes it away."""
    status, _, body = caller.ask(
        "POST", caller.path("user/updateFace"), part(PICTURE), "multipart/form-data; boundary=B"
    )
    assert status == 200
    assert json.loads(body)["value"]["faceUrl"].endswith(".jpg")
    kept = caller.own("GET", "state")
    assert len(kept["faces"]["U"]) == 64
    assert len(json.dumps(kept)) < 10_000
    assert caller.own("GET", "calls")[-1] == ["user/updateFace", {"userId": "U"}, 10000]
    caller.value("user/clearFace", userId="U")
    assert caller.value("user/get", userId="U")["faceUrl"] == ""
    assert caller.own("GET", "state")["faces"] == {}


@pytest.mark.parametrize("subtype", ["jpeg", "png"])
def test_the_largest_face_of_the_document_is_taken(subtype: str) -> None:
    """A picture of 1920 x 1080 pixels, which the document allows at most, is taken as jpg and as png."""
    picture = photograph_file(1920, 1080) if subtype == "jpeg" else encoded(photograph(1920, 1080, "L"), "png")
    company = stocked()
    user = company.update_face({"userId": "U", "file": picture})
    assert user["faceUrl"].endswith({"jpeg": ".jpg", "png": ".png"}[subtype])


def part(picture: bytes) -> bytes:
    """Return a multipart body with a user and a picture."""
    head = b'--B\r\nContent-Disposition: form-data; name="userId"\r\n\r\nU\r\n'
    file = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return head + file + picture + b"\r\n--B--\r\n"


def test_every_call_wants_a_token_that_lives(caller: Caller) -> None:
    """Every call answers 71002 without a token, 71003 with an unknown one and 71004 with one that has expired."""
    token = str(caller.token()["value"]["access_token"])
    for call in caller.sandbox.company.calls:
        codes = [json.loads(caller.ask("POST", caller.path(call, one), b"{}")[2])["code"] for one in ("", "x")]
        assert codes == [71002, 71003]
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 7200
    for call in caller.sandbox.company.calls:
        assert json.loads(caller.ask("POST", caller.path(call, token), b"{}")[2])["code"] == 71004


def test_gettoken_gives_a_token_for_the_right_credentials(caller: Caller) -> None:
    """`gettoken` gives a token for the right credentials, 71005 if one is missing and 71001 if one is wrong."""
    assert caller.token()["value"].keys() == {"access_token", "company_id", "expires_in"}
    assert caller.token()["value"]["company_id"] == "1000"
    assert caller.token()["value"]["expires_in"] == 7200
    assert caller.token("", "y") == {
        "success": False,
        "message": "Lack appkey arguments",
        "code": 71005,
        "fieldErrors": {},
    }
    assert caller.token("sandbox", "")["code"] == 71005
    assert caller.token("sandbox", "wrong")["code"] == 71001


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("user/get", {}, 71005),
    ("user/get", {"userId": ["U"]}, 71008),
    ("user/get", {"userId": "X"}, 71009),
    ("user/add", {"name": "x"}, 71005),
    ("user/add", {"account": "x"}, 71005),
    ("user/add", {"name": " ", "account": "x"}, 71005),
    ("user/add", {"name": "x", "account": "ANNA "}, 71006),
    ("user/add", {"name": "x", "account": "x", "phone": " 1"}, 71007),
    ("user/add", {"name": "x", "account": "x", "email": "A@B"}, 71001),
    ("user/add", {"name": "x", "account": "x", "departmentId": "X"}, 71010),
    ("user/add", {"name": True, "account": "x"}, 71008),
    ("user/add", {"id": "U", "name": "x", "account": "x"}, 71001),
    ("user/update", {"name": "x"}, 71005),
    ("user/update", {"id": "X"}, 71009),
    ("user/update", {"id": "U", "account": ""}, 71001),
    ("user/update", {"id": "U", "name": {}}, 71008),
    ("user/update", {"id": "V", "account": "anna"}, 71006),
    ("user/update", {"id": "V", "phone": 1}, 71007),
    ("user/update", {"id": "V", "email": "a@b"}, 71001),
    ("user/update", {"id": "V", "departmentId": "X"}, 71010),
    ("user/updateFace", {"file": PICTURE}, 71005),
    ("user/updateFace", {"userId": "U"}, 71005),
    ("user/updateFace", {"userId": "U", "file": "text"}, 71008),
    ("user/updateFace", {"userId": "X", "file": PICTURE}, 71009),
    ("user/updateFace", {"userId": "U", "file": PICTURE[:204_799]}, 71001),
    ("user/updateFace", {"userId": "U", "file": PICTURE + bytes(5_000_000)}, 71001),
    ("user/updateFace", {"userId": "U", "file": b"GIF89a" + bytes(300_000)}, 71001),
    ("user/updateFace", {"userId": "U", "file": noise("gif", 600, 600)}, 71001),
    ("user/updateFace", {"userId": "U", "file": b"\xff\xd8\xff" + bytes(300_000)}, 71001),
    ("user/updateFace", {"userId": "U", "file": b"\x89PNG\r\n\x1a\n" + bytes(300_000)}, 71001),
    ("user/updateFace", {"userId": "U", "file": noise("png")[:-1000]}, 71001),
    ("user/updateFace", {"userId": "U", "file": noise()[:-1000]}, 71001),
    ("user/updateFace", {"userId": "U", "file": noise(width=1921, height=200)}, 71001),
    ("user/updateFace", {"userId": "U", "file": noise("png", 200, 1081)}, 71001),
    ("user/updateFace", {"userId": "U", "file": png_that_says(60_000, 60_000) + bytes(300_000)}, 71001),
    ("user/clearFace", {"userId": []}, 71008),
    ("user/clearFace", {"userId": "X"}, 71009),
    ("user/remove", {"userId": []}, 71008),
    ("user/remove", {"userId": "X"}, 71009),
    ("dept/get", {}, 71005),
    ("dept/get", {"deptId": "X"}, 71010),
    ("dept/add", {}, 71005),
    ("dept/add", {"name": []}, 71008),
    ("dept/add", {"id": "D", "name": "x"}, 71001),
    ("dept/add", {"name": "x", "parentId": "X"}, 71010),
    ("dept/update", {"name": "x"}, 71005),
    ("dept/update", {"id": "X"}, 71010),
    ("dept/update", {"id": "E", "parentId": "X"}, 71010),
    ("dept/update", {"id": "D", "name": ""}, 71001),
    ("dept/update", {"id": "D", "parentId": "E"}, 71001),
    ("dept/remove", {"deptId": []}, 71008),
    ("dept/remove", {"deptId": "X"}, 71010),
    ("dept/remove", {"deptId": "D"}, 71001),
    ("room/get", {}, 71005),
    ("room/get", {"roomId": "X"}, 71011),
    ("room/add", {}, 71005),
    ("room/add", {"name": "x", "capacity": "many"}, 71008),
    ("room/add", {"name": "x", "longitude": []}, 71008),
    ("room/add", {"name": "x", "longitude": "east"}, 71008),
    ("room/add", {"name": "x", "userIds": "U"}, 71008),
    ("room/add", {"name": "x", "departmentId": "X"}, 71010),
    ("room/add", {"name": "x", "userIds": ["U", "X"]}, 71009),
    ("room/add", {"name": "x", "status": 2}, 71001),
    ("room/add", {"name": "x", "beginTime": "7:00"}, 71001),
    ("room/add", {"name": "x", "beginTime": "23:30"}, 71001),
    ("room/add", {"name": "x", "capacity": -1}, 71001),
    ("room/add", {"id": "R", "name": "x"}, 71001),
    ("room/update", {"name": "x"}, 71005),
    ("room/update", {"id": "X"}, 71011),
    ("room/update", {"id": "R", "name": ""}, 71001),
    ("room/update", {"id": "R", "needAudit": True}, 71008),
    ("room/update", {"id": "R", "departmentId": "X"}, 71010),
    ("room/update", {"id": "R", "userIds": ["X"]}, 71009),
    ("room/remove", {"roomId": []}, 71008),
    ("room/remove", {"roomId": "X"}, 71011),
    ("meeting/list", {"roomId": "X"}, 71011),
    ("meeting/list", {"minTime": 1}, 71008),
    ("meeting/list", {"minTime": "yesterday"}, 71001),
    ("meeting/list", {"checkedState": "3"}, 71001),
    ("meeting/list", {"order_by_expression": "subject"}, 71001),
    ("meeting/list", {"order_by_expression": "beginTime", "direction": "up"}, 71001),
    ("meeting/get", {}, 71005),
    ("meeting/get", {"meetingId": "X"}, 71012),
    *(
        ("meeting/book", booking(**{name: None}), 71005)
        for name in ("roomId", "speaker", "subject", "beginTime", "endTime", "createdId", "attendances")
    ),
    ("meeting/book", booking(attendances=[{"name": "x"}]), 71005),
    ("meeting/book", booking(attendances="U"), 71008),
    ("meeting/book", booking(beginTime="soon"), 71008),
    ("meeting/book", booking(roomId="X"), 71011),
    ("meeting/book", booking(createdId="X"), 71009),
    ("meeting/book", booking(attendances=[{"userId": "X"}]), 71013),
    ("meeting/book", booking(attendances=[{"id": "X", "userId": "U"}]), 71013),
    ("meeting/book", booking(endTime=BEGIN), 71001),
    ("meeting/book", booking(checkedState=3), 71001),
    ("meeting/book", booking(id="M"), 71001),
    ("meeting/book", booking(roomId="R", createdId="V"), 71001),
    ("meeting/update", {"subject": "x"}, 71005),
    ("meeting/update", {"id": "X"}, 71012),
    ("meeting/update", {"id": "M", "roomId": "X"}, 71011),
    ("meeting/update", {"id": "M", "attendances": [{"userId": "X"}]}, 71013),
    ("meeting/update", {"id": "M", "attendances": [{"id": "X", "userId": "U"}]}, 71013),
    ("meeting/update", {"id": "M", "attendances": [{"id": "X", "userId": ""}]}, 71013),
    ("meeting/update", {"id": "M", "attendances": [1]}, 71008),
    ("meeting/update", {"id": "M", "endTime": 1}, 71001),
    ("meeting/update", {"id": "M", "subject": ""}, 71001),
    ("meeting/update", {"id": "C", "subject": "x"}, 71001),
    ("meeting/cancel", {}, 71005),
    ("meeting/cancel", {"meetingId": "X"}, 71012),
    ("meeting/cancel", {"meetingId": "N"}, 71001),
    ("meeting/cancel", {"meetingId": "C"}, 71001),
    ("meeting/finish", {}, 71005),
    ("meeting/finish", {"meetingId": "X"}, 71012),
    ("meeting/finish", {"meetingId": "M"}, 71001),
    ("meeting/finish", {"meetingId": "P"}, 71001),
]


def test_a_call_that_breaks_a_rule_is_refused_with_its_code() -> None:
    """A call that breaks a rule is refused with the code of the rule and changes nothing."""
    failures = Failures()
    for call, arguments, code in REFUSED:
        with failures.case(f"{call} {reprlib.repr(arguments)}"):
            company = stocked()
            before = json.dumps([company.registry.tables[kind] for kind in company.registry.tables])
            with pytest.raises(Rejected) as caught:
                company.calls[call](arguments)
            assert caught.value.code == code
            assert json.dumps([company.registry.tables[kind] for kind in company.registry.tables]) == before
    failures.assert_none()


@pytest.mark.parametrize("call", ["user/clearFace", "user/remove", "dept/remove", "room/remove"])
@pytest.mark.parametrize("given", ["", " ", None, "missing"])
def test_an_id_that_the_document_calls_optional_may_be_left_out(caller: Caller, call: str, given: str | None) -> None:
    """A removal or a clearing of a face without an id succeeds, and changes and tells nothing."""
    name = {"user": "userId", "dept": "deptId", "room": "roomId"}[call.partition("/")[0]]
    before = caller.own("GET", "state")
    assert caller.value(call, **({} if given == "missing" else {name: given})) is None
    assert caller.own("GET", "state") == before
    assert len(caller.own("GET", "changes")) == len(stocked().registry.changes)


def test_every_call_of_the_document_is_in_these_tables() -> None:
    """Every call but `user/updateFace` has a row of success, and every call but three lists a row of refusal."""
    calls = set(stocked().calls)
    assert calls == {call for call, _, _ in HAPPY} | {"user/updateFace"}
    assert calls - {call for call, _, _ in REFUSED} == {"user/list", "dept/list", "room/list"}


def test_unknown_paths_methods_and_bodies_are_invalid(caller: Caller) -> None:
    """Unknown paths, wrong methods and unreadable bodies are refused with a code in the envelope."""
    path = caller.path("user/get")
    for method, where, body in (
        ("POST", path.replace("user/get", "user/nothing"), b"{}"),
        ("GET", path, None),
        ("POST", path, b'{"userId": '),
        ("POST", path, b'["U"]'),
        ("POST", path, b'{"userId": "' + b"x" * (8 << 20) + b'"}'),
    ):
        assert json.loads(caller.ask(method, where, body)[2])["code"] == 71001
    broken = caller.ask("POST", path, b"no part", "multipart/form-data; boundary=B")
    assert json.loads(broken[2])["code"] in (71001, 71005)


def test_lists_in_a_form_are_json_or_repeated_names(caller: Caller) -> None:
    """A list in a form is read as JSON or as repeated names, and broken JSON is refused with 71008."""
    kind = "application/x-www-form-urlencoded"
    for body in (b"id=S&userIds=U&userIds=V", b"id=S&userIds=%5B%22U%22%2C%22V%22%5D&permission=1"):
        answer = json.loads(caller.ask("POST", caller.path("room/update"), body, kind)[2])
        assert answer["value"]["userIds"] == ["U", "V"]
    answer = json.loads(caller.ask("POST", caller.path("room/update"), b"id=S&userIds=%5Bx", kind)[2])
    assert answer["code"] == 71008


def test_calls_keep_no_password(caller: Caller) -> None:
    """The journal of calls, the changes and the state hold no password."""
    caller.value("user/add", id="W", name="w", account="w", password="geheim")
    assert caller.own("GET", "calls")[-1] == ["user/add", {"id": "W", "name": "w", "account": "w"}, 10000]
    assert caller.own("GET", "state")["passwords"]["W"] == "given"
    assert "geheim" not in json.dumps(caller.own("GET", "changes"))
