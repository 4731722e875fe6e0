"""The sandbox answers in each way that the document leaves open, as seen from outside."""

import json

import pytest

from syncd.sandbox.quirks import Quirks, changed, from_texts
from syncd.sandbox.switches import BadQuirk
from syncd.testing.stocked import Clock, booking
from tests.kit.installation.calls import FORM, Caller


def switch(caller: Caller, **quirks: object) -> None:
    """Change quirks while it runs."""
    shown = caller.own("POST", "quirks", quirks)
    assert {name: shown[name] for name in quirks} == quirks


@pytest.mark.parametrize(
    ("quirks", "wanted"),
    [
        ({}, {"admin": False}),
        ({"first_is_admin": True}, {"admin": True}),
        ({"admin_field": "isAdmin", "first_is_admin": True}, {"isAdmin": True}),
        ({"admin_field": "both"}, {"admin": False, "isAdmin": False}),
        ({"admin_field": "none"}, {}),
    ],
)
def test_who_is_an_administrator(caller: Caller, quirks: dict[str, object], wanted: dict[str, bool]) -> None:
    """A quirk says whether an administrator is marked by `admin`, by `isAdmin`, by both or by neither."""
    switch(caller, **quirks)
    for user in (caller.value("user/get", userId="1"), caller.value("user/list")[0]):
        assert {name: user[name] for name in ("admin", "isAdmin") if name in user} == wanted


@pytest.mark.parametrize(("root", "wanted"), [("", ""), ("0", "0"), ("null", None), ("missing", "missing")])
def test_the_root(caller: Caller, root: str, wanted: object) -> None:
    """A quirk answers the root as an empty text, as 0, as null or not at all, for users, departments and rooms."""
    switch(caller, root=root)
    assert caller.value("user/get", userId="V").get("departmentId", "missing") == wanted
    assert caller.value("dept/get", deptId="D").get("parentId", "missing") == wanted
    assert caller.value("room/get", roomId="S").get("departmentId", "missing") == wanted
    assert caller.value("dept/get", deptId="E")["parentId"] == "D"


def test_fields_without_a_value_may_be_missing_or_null(caller: Caller) -> None:
    """Under a quirk fields without a value are missing or null, the user id of a guest among them."""
    switch(caller, empty_fields="missing")
    assert not {"phone", "email", "memo", "faceUrl"} & set(caller.value("user/get", userId="V"))
    assert caller.value("user/get", userId="U")["phone"] == "1"
    assert "userIds" not in caller.value("room/get", roomId="S")
    assert "userId" not in caller.value("meeting/get", meetingId="M")["attendances"][1]
    switch(caller, empty_fields="null")
    assert caller.value("user/get", userId="V")["phone"] is None


def test_objects_may_have_fields_that_the_document_does_not_name(caller: Caller) -> None:
    """Under the quirk `extra_fields` objects of every kind bear fields that the document does not name."""
    switch(caller, extra_fields=True)
    for one in (caller.value("user/list")[0], caller.value("dept/list")[0], caller.value("room/get", roomId="R")):
        assert one["extension"]["tags"] == ["a", None]
    assert "extension" in caller.value("meeting/get", meetingId="M")["attendances"][0]


@pytest.mark.parametrize(
    ("form", "wanted"), [("{}", {}), ("[]", []), ("objects", [{"field": "", "message": ""}]), ("missing", "missing")]
)
def test_field_errors(caller: Caller, form: str, wanted: object) -> None:
    """A quirk gives `fieldErrors` one form in answers of success and of error alike."""
    switch(caller, field_errors=form)
    for user in ("U", "X"):
        assert caller.call("user/get", userId=user).get("fieldErrors", "missing") == wanted


def test_codes_may_be_texts(caller: Caller) -> None:
    """Under the quirk `codes_as_text` the codes of success and of error are texts."""
    switch(caller, codes_as_text=True)
    assert [caller.call("user/get", userId=user)["code"] for user in ("U", "X")] == ["10000", "71009"]


def test_ids_of_digits_may_be_numbers(caller: Caller) -> None:
    """Under the quirk `numeric_ids` an id of digits is a number, unless it would lose a leading zero."""
    caller.value("dept/add", id="007", name="x")
    caller.value("dept/add", id="42", name="x", parentId="007")
    caller.value("room/update", id="S", userIds=["1", "U"])
    switch(caller, numeric_ids=True)
    assert caller.value("user/get", userId="1")["id"] == 1
    assert {one["id"] for one in caller.value("dept/list")} == {"D", "E", "007", 42}
    assert caller.value("dept/get", deptId=42)["parentId"] == "007"
    assert caller.value("room/get", roomId="S")["userIds"] == [1, "U"]


def test_times_are_kept_in_seconds(caller: Caller) -> None:
    """Lists and `get` show times without milliseconds, unless the quirk `list_seconds` is off."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 0.427
    made = caller.value("user/add", id="W", name="w", account="w")["createdTime"]
    assert made % 1000 == 427
    assert caller.value("user/list")[-1]["createdTime"] == made - 427
    assert caller.value("user/get", userId="W")["createdTime"] == made - 427
    switch(caller, list_seconds=False)
    assert caller.value("user/list")[-1]["createdTime"] == made
    assert caller.value("user/get", userId="W")["createdTime"] == made


def test_only_the_times_that_a_call_sets_have_milliseconds(caller: Caller) -> None:
    """As in the document's examples, a booking has both times with milliseconds, an update only the one it sets."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 0.427
    booked = caller.value("meeting/book", **booking(id="B"))
    clock.now += 1
    changed_meeting = caller.value("meeting/update", id="B", subject="x")
    kept = caller.value("meeting/get", meetingId="B")
    shown = [(one["createdTime"] % 1000, one["lastUpdateTime"] % 1000) for one in (booked, changed_meeting, kept)]
    assert shown == [(427, 427), (0, 427), (0, 0)]
    made = [caller.value("room/add", id="T", name="t"), caller.value("room/update", id="T", needAudit=1)]
    assert [room["createdTime"] % 1000 for room in made] == [427, 0]


def test_times_may_be_those_of_answering(caller: Caller) -> None:
    """Times that are not set, and that of `dept/update`, are the moment of answering unless `volatile_times` is off."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 100
    now = caller.sandbox.company.registry.now()
    assert caller.value("dept/update", id="E", name="x")["createdTime"] == now
    assert caller.value("dept/get", deptId="E")["createdTime"] == now - 100_000
    meeting = caller.value("meeting/get", meetingId="M")
    assert (meeting["checkedTime"], meeting["attendances"][0]["signTime"]) == (now, now)
    switch(caller, volatile_times=False)
    assert caller.value("dept/update", id="E", name="y")["createdTime"] == now - 100_000
    assert caller.value("meeting/get", meetingId="M")["checkedTime"] == 0


def test_an_answer_may_be_an_echo(caller: Caller) -> None:
    """Under the quirk `echo` an answer repeats what was sent, and the next reading shows what is kept."""
    switch(caller, echo=True, trimmed=["name", "phone"], ignores_ids=True)
    made = caller.value("user/add", id="W", name=" w ", account="w", phone=" 5 ")
    assert (made["name"], made["phone"]) == (" w ", " 5 ")
    assert "password" not in made
    kept = caller.value("user/get", userId=made["id"])
    assert (kept["name"], kept["phone"]) == ("w", "5")
    assert caller.value("dept/update", id="D", name=" d ")["name"] == " d "
    assert caller.value("dept/get", deptId="D")["name"] == "d"


def test_only_one_kind_of_body_may_be_wanted(caller: Caller) -> None:
    """Under the quirk `body` a body of the other kind is refused with code 71001."""
    bodies = ((b"userId=U", FORM), (b'{"userId": "U"}', "application/json"))
    for wanted, codes in (("both", [10000, 10000]), ("form", [10000, 71001]), ("json", [71001, 10000])):
        switch(caller, body=wanted)
        answers = [caller.ask("POST", caller.path("user/get"), *body)[2] for body in bodies]
        assert [json.loads(answer)["code"] for answer in answers] == codes


def test_ids_may_be_ignored(caller: Caller) -> None:
    """Under the quirk `ignores_ids` what is made has an id other than the one asked for, and is listed by it."""
    switch(caller, ignores_ids=True)
    for call, arguments in (
        ("user/add", {"id": "W", "name": "w", "account": "w"}),
        ("dept/add", {"id": "W", "name": "w"}),
        ("room/add", {"id": "W", "name": "w"}),
        ("meeting/book", booking(id="W")),
    ):
        made = caller.value(call, **arguments)
        assert made["id"] != "W"
        assert made["id"] in {one["id"] for one in caller.value(call.split("/")[0] + "/list")}


def test_an_id_that_exists_may_be_answered_with_what_is_there(caller: Caller) -> None:
    """Where `existing_id` is `answered`, an id that exists is answered with the object, unchanged."""
    switch(caller, existing_id="answered")
    assert caller.value("user/add", id="U", name="other", account="other")["name"] == "安娜"
    assert caller.value("dept/add", id="D", name="other")["name"] == "销售"
    assert caller.value("room/add", id="R", name="other")["name"] == "大会议室"
    assert caller.value("meeting/book", **booking(id="M", subject="other"))["subject"] == "周会"
    assert caller.value("user/list")[1]["account"] == "anna"


def test_ids_of_removed_objects_may_be_refused(caller: Caller) -> None:
    """Where `removed_ids` is `refused`, the id of a removed user is refused for a user, not for a department."""
    caller.value("user/remove", userId="V")
    switch(caller, removed_ids="refused")
    assert caller.call("user/add", id="V", name="v", account="v")["code"] == 71001
    assert caller.value("dept/add", id="V", name="v")["id"] == "V"
    switch(caller, removed_ids="free")
    caller.value("user/add", id="V", name="v", account="v")


def test_a_token_may_end_with_the_next_or_early(caller: Caller) -> None:
    """A token ends with the next one under `one_token`, and before its time under `token_dies_after`."""
    path = caller.path("user/list")
    caller.token()
    assert json.loads(caller.ask("POST", path, b"{}")[2])["code"] == 10000
    switch(caller, one_token=True)
    caller.token()
    assert json.loads(caller.ask("POST", path, b"{}")[2])["code"] == 71003
    switch(caller, token_dies_after=5.0)
    given = caller.token()["value"]
    assert given["expires_in"] == 7200
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 5
    path = caller.path("user/list", given["access_token"])
    assert json.loads(caller.ask("POST", path, b"{}")[2])["code"] == 71004


def test_errors_may_have_a_status(caller: Caller) -> None:
    """The quirk `error_status` gives an error its HTTP status, and a success keeps 200."""
    switch(caller, error_status=400)
    assert caller.ask("POST", caller.path("user/get"), b'{"userId": "X"}')[0] == 400
    assert caller.ask("POST", caller.path("user/get"), b'{"userId": "U"}')[0] == 200


def test_a_quirk_that_cannot_be_is_refused(caller: Caller) -> None:
    """An impossible quirk is refused with its name and a hint, and none is changed."""
    assert "did you mean root?" in caller.own("POST", "quirks", {"rot": "0"})["message"]
    assert "$.root" in caller.own("POST", "quirks", {"root": "1"})["message"]
    assert "JSON object" in caller.own("POST", "quirks", ["root"])["message"]
    assert caller.ask("POST", "/sandbox/quirks", b"{")[0] == 400
    for bad in ({"cut": {"name": 0}}, {"trimmed": ["id"]}, {"error_status": 500}, {"token_dies_after": -1}):
        with pytest.raises(BadQuirk):
            changed(Quirks(), bad)
    assert caller.sandbox.quirks == Quirks()


def test_quirks_can_be_set_back(caller: Caller) -> None:
    """Quirks can be read at any time, and a DELETE sets all of them back."""
    switch(caller, root="0", cut={"name": 5})
    assert caller.own("GET", "quirks")["cut"] == {"name": 5}
    assert caller.own("DELETE", "quirks")["cut"] == {}
    assert caller.sandbox.quirks == Quirks()


def test_quirks_come_from_a_command_line() -> None:
    """Quirks of every type are read from the texts of a command line."""
    texts = {
        "root": "0",
        "echo": "true",
        "trimmed": "name,memo",
        "cut": "name:20,memo:5",
        "mail_code": "null",
        "error_status": "400",
        "token_dies_after": "2.5",
    }
    found = from_texts(Quirks(), texts)
    assert found == Quirks(
        root="0",
        echo=True,
        trimmed=("name", "memo"),
        cut={"name": 20, "memo": 5},
        mail_code=None,
        error_status=400,
        token_dies_after=2.5,
    )
