"""Each call behaves under each quirk that can touch it as the guide says; `CHECKS` says which those are."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from syncd.sandbox.answers import Answers
from syncd.sandbox.api import PREFIX, Sandbox
from syncd.sandbox.application import Application
from syncd.sandbox.quirks import Quirks
from syncd.testing.stocked import Clock, booking, stocked
from tests.kit.failures import Failures
from tests.kit.pictures import noise

GETTOKEN = "oapi/gettoken"
USERS = ("user/list", "user/get", "user/add", "user/update", "user/updateFace")
DEPARTMENTS = ("dept/list", "dept/get", "dept/add", "dept/update")
ROOMS = ("room/list", "room/get", "room/add", "room/update")
MEETINGS = ("meeting/list", "meeting/get", "meeting/book", "meeting/update")
SHOWING = (*USERS, *DEPARTMENTS, *ROOMS, *MEETINGS)
TAKING = ("user/clearFace", "user/remove", "dept/remove", "room/remove", "meeting/cancel", "meeting/finish")
OPEN = (*SHOWING, *TAKING)
LISTS = ("user/list", "dept/list", "room/list", "meeting/list")
ADDING = ("user/add", "dept/add", "room/add", "meeting/book")
CHANGING = ("user/update", "dept/update", "room/update", "meeting/update")
WRITING = (*ADDING, *CHANGING)
THERE = {"user": "V", "dept": "D", "room": "S", "meeting": "M"}
ID = {"user": "userId", "dept": "deptId", "room": "roomId", "meeting": "meetingId"}
NAMED = {"user": "name", "dept": "name", "room": "name", "meeting": "subject"}
NEW = "42"
Record = dict[str, Any]
Check = Callable[[str], Awaitable[None]]


class There:
    """The small company, asked in this process."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.company = stocked(self.clock)
        self.sandbox = Sandbox(self.company)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(Application(self.sandbox)), base_url=f"http://there{PREFIX}/api/"
        )

    def switch(self, **quirks: object) -> None:
        """Change quirks."""
        self.sandbox.quirks = msgspec.structs.replace(self.sandbox.quirks, **quirks)

    async def ask(self, call: str, sent: Record | None = None, token: str = "", body: str = "json") -> httpx.Response:
        """Make a call; without a token of its own it gets one."""
        if call == GETTOKEN:
            return await self._http.get(f"{call}?{urlencode(sent or CREDENTIALS)}")
        url = f"open/{call}?{urlencode({'access_token': token or await self.token()})}"
        arguments = usual(call) if sent is None else sent
        if call == "user/updateFace" and "file" in arguments:
            return await self._http.post(url, data={"userId": arguments["userId"]}, files={"file": arguments["file"]})
        if body == "json":
            return await self._http.post(url, json=arguments)
        flat = {name: one if isinstance(one, str) else json.dumps(one) for name, one in arguments.items()}
        return await self._http.post(url, data=flat, headers={"content-type": "application/x-www-form-urlencoded"})

    async def token(self) -> str:
        """Get a token."""
        return str((await self.ask(GETTOKEN)).json()["value"]["access_token"])

    async def code(self, call: str, **sent: object) -> int:
        """Make a call with the usual arguments but for these, and return its code."""
        return int((await self.ask(call, {**usual(call), **sent})).json()["code"])

    async def record(self, call: str, object_id: str = "", **sent: object) -> Record:
        """Make a call about one object, and return that object as the answer shows it."""
        kind, verb = call.split("/")
        wanted = NEW if verb in ("add", "book") else object_id or THERE[kind]
        value = (await self.ask(call, {**usual(call, object_id), **sent})).json()["value"]
        if not isinstance(value, list):
            return dict(value)
        return next(dict(one) for one in value if str(one["id"]) == wanted)

    def kept(self, kind: str, object_id: str) -> Record:
        """Return an object as it is kept."""
        return next(dict(table[object_id]) for name, table in self.company.registry.tables.items() if name == kind)


PICTURE = noise()
CREDENTIALS = {"appkey": "sandbox", "appsecret": "sandbox-secret"}


def usual(call: str, object_id: str = "") -> Record:
    """Return arguments that are accepted."""
    kind, verb = call.split("/")
    about = object_id or THERE.get(kind, "")
    if verb == "list":
        return {}
    if verb == "book":
        return booking(id=NEW)
    if verb == "add":
        return {"id": NEW, "name": "x", **({"account": "x"} if kind == "user" else {})}
    if verb == "update":
        return {"id": about}
    if verb == "updateFace":
        return {"userId": about, "file": PICTURE}
    return {ID[kind]: TAKEN.get(call, about)}


TAKEN = {"dept/remove": "E", "meeting/finish": "N"}


async def _root(call: str) -> None:
    place = "parentId" if call in DEPARTMENTS else "departmentId"
    for how, wanted in (("", ""), ("0", "0"), ("null", None), ("missing", "missing")):
        there = There()
        there.switch(root=how)
        assert (await there.record(call)).get(place, "missing") == wanted


async def _admin_field(call: str) -> None:
    for field, names in (
        ("admin", {"admin"}),
        ("isAdmin", {"isAdmin"}),
        ("both", {"admin", "isAdmin"}),
        ("none", set()),
    ):
        there = There()
        there.switch(admin_field=field)
        assert {"admin", "isAdmin"} & set(await there.record(call)) == names


def telling(there: There) -> list[Record]:
    """Return the list to which every change from now on adds the object that its event shows."""
    told: list[Record] = []
    answers = Answers(there.company)
    there.company.observe(lambda *change: told.append(answers.told(*change)))
    return told


async def _event_admin_field(call: str) -> None:
    for field, names in (
        ("admin", {"admin"}),
        ("isAdmin", {"isAdmin"}),
        ("both", {"admin", "isAdmin"}),
        ("none", set()),
    ):
        there = There()
        told = telling(there)
        there.switch(event_admin_field=field)
        await there.ask(call)
        assert {"admin", "isAdmin"} & set(told[0]) == names


async def _first_is_admin(call: str) -> None:
    there = There()
    assert (await there.record(call, "1"))["admin"] is False
    there.switch(first_is_admin=True)
    assert (await there.record(call, "1"))["admin"] is True


async def _empty_fields(call: str) -> None:
    for how, wanted in (("shown", ""), ("null", None), ("missing", "missing")):
        there = There()
        there.switch(empty_fields=how)
        shown = await there.record(call)
        one, name = (shown["attendances"][1], "userId") if call in MEETINGS else (shown, "memo")
        assert one.get(name, "missing") == wanted


async def _extra_fields(call: str) -> None:
    there = There()
    there.switch(extra_fields=True)
    assert {"tenantCode", "extension"} < set(await there.record(call))


async def _field_errors(call: str) -> None:
    for how, wanted in (("{}", {}), ("[]", []), ("objects", [{"field": "", "message": ""}]), ("missing", "missing")):
        there = There()
        there.switch(field_errors=how)
        for answer in await _both(there, call):
            assert answer.json().get("fieldErrors", "missing") == wanted


async def _codes_as_text(call: str) -> None:
    there = There()
    there.switch(codes_as_text=True)
    success, error = await _both(there, call)
    assert success.json()["code"] == "10000"
    assert error.json()["code"] in ("71001", "71003")


BROKEN: dict[str, Record] = {
    "user/add": {"id": "U"},
    "user/update": {"account": ""},
    "user/updateFace": {"file": b"x"},
    "dept/add": {"id": "D"},
    "dept/update": {"parentId": "D"},
    "dept/remove": {"deptId": "D"},
    "room/add": {"status": 2},
    "room/update": {"name": ""},
    "meeting/list": {"minTime": "yesterday"},
    "meeting/book": {"endTime": 1},
    "meeting/update": {"endTime": 1},
    "meeting/cancel": {"meetingId": "N"},
    "meeting/finish": {"meetingId": "M"},
}


async def _reasons(call: str) -> None:
    there = There()
    sent = {**usual(call), **BROKEN[call]}
    assert (await there.ask(call, sent)).json()["message"] == "Invalid arguments"
    there.switch(reasons=True)
    assert re.fullmatch("Invalid arguments: .+", (await there.ask(call, sent)).json()["message"])


async def _error_status(call: str) -> None:
    there = There()
    there.switch(error_status=400)
    success, error = await _both(there, call)
    assert (success.status_code, error.status_code) == (200, 400)


async def _both(there: There, call: str) -> tuple[httpx.Response, httpx.Response]:
    """Make a call that succeeds, and one that is refused."""
    if call == GETTOKEN:
        return await there.ask(call), await there.ask(call, {**CREDENTIALS, "appsecret": "wrong"})
    success, error = await there.ask(call), await there.ask(call, token="x")
    assert int(success.json()["code"]) == 10000
    return success, error


async def _numeric_ids(call: str) -> None:
    there = There()
    there.company.add_department({"id": "7", "name": "x"})
    there.company.add_room({"id": "7", "name": "x"})
    there.company.book_meeting(booking(id="7"))
    there.switch(numeric_ids=True)
    shown = await there.record(call, "1" if call in USERS else "7")
    assert shown["id"] in (1, 7, int(NEW))


async def _list_seconds(call: str) -> None:
    there = There()
    there.switch(volatile_times=False)
    there.clock.now += 0.427
    for adding in ADDING:
        added = await there.record(adding)
        assert added["createdTime"] % 1000 == 427
    kind = call.split("/", maxsplit=1)[0]
    made = there.kept(kind, NEW)["createdTime"]
    assert (await there.record(call, NEW))["createdTime"] == made - 427
    there.switch(list_seconds=False)
    assert (await there.record(call, NEW))["createdTime"] == made


async def _volatile_times(call: str) -> None:
    there = There()
    there.clock.now += 100
    field = "createdTime" if call == "dept/update" else "checkedTime"
    assert (await there.record(call))[field] == there.company.registry.now()
    made = There()
    made.switch(volatile_times=False)
    made.clock.now += 100
    assert (await made.record(call))[field] < made.company.registry.now()


async def _echo(call: str) -> None:
    there = There()
    name = NAMED[call.split("/", maxsplit=1)[0]]
    there.switch(echo=True, trimmed=(name,))
    assert (await there.record(call, **{name: " y "}))[name] == " y "
    kind = call.split("/", maxsplit=1)[0]
    assert there.kept(kind, NEW if call in ADDING else THERE[kind])[name] == "y"


async def _body(call: str) -> None:
    for wanted, other in (("json", "form"), ("form", "json")):
        there = There()
        there.switch(body=wanted)
        assert (await there.ask(call, body=other)).json()["code"] == 71001
        assert (await there.ask(call, body=wanted)).json()["code"] == 10000


async def _ignores_ids(call: str) -> None:
    there = There()
    there.switch(ignores_ids=True)
    assert (await there.ask(call)).json()["value"]["id"] not in ("", NEW)


async def _existing_id(call: str) -> None:
    there = There()
    kind = call.split("/", maxsplit=1)[0]
    assert await there.code(call, id=THERE[kind]) == 71001
    before = there.kept(kind, THERE[kind])
    there.switch(existing_id="answered")
    assert await there.code(call, id=THERE[kind]) == 10000
    assert there.kept(kind, THERE[kind]) == before


async def _removed_ids(call: str) -> None:
    there = There()
    kind = call.split("/", maxsplit=1)[0]
    assert await there.code(call) == 10000
    assert await there.code(f"{kind}/remove", **{ID[kind]: NEW}) == 10000
    there.switch(removed_ids="refused")
    assert await there.code(call) == 71001
    there.switch(removed_ids="free")
    assert await there.code(call) == 10000


async def _one_token(call: str) -> None:
    there = There()
    there.switch(one_token=True)
    former = await there.token()
    await there.token()
    assert (await there.ask(call, token=former)).json()["code"] == 71003


async def _token_dies_after(call: str) -> None:
    there = There()
    there.switch(token_dies_after=5.0)
    token = await there.token()
    there.clock.now += 5
    assert (await there.ask(call, token=token)).json()["code"] == 71004


def form(quirk: str, sent: str, kept: str) -> Check:
    """Return the check of a normal form: what is kept of what was sent."""

    async def check(call: str) -> None:
        there, kind = There(), call.split("/", maxsplit=1)[0]
        name = NAMED[kind]
        there.switch(**{quirk: {name: len(kept)} if quirk == "cut" else (name,)})
        await there.record(call, **{name: sent})
        assert there.kept(kind, NEW if call in ADDING else THERE[kind])[name] == kept

    return check


async def _empty_ignored(call: str) -> None:
    there = There()
    kind = call.split("/", maxsplit=1)[0]
    name = "name" if kind == "dept" else "memo"
    await there.record(call, **{name: "m"})
    there.switch(empty_ignored=(name,))
    await there.record(call, **{name: ""})
    assert there.kept(kind, THERE[kind])[name] == "m"
    there.switch(empty_ignored=())
    assert await there.code(call, **{name: ""}) == (71001 if kind == "dept" else 10000)


async def _department_names(call: str) -> None:
    there = There()
    there.company.add_department({"id": "F", "name": "x"})
    there.switch(department_names="unique")
    assert await there.code(call, name="X") == 71001
    there.switch(department_names="free")
    assert await there.code(call, name="X") == 10000


async def _mail_code(call: str) -> None:
    there = There()
    for mail_code, code in ((71001, 71001), (71099, 71099), (None, 10000)):
        there.switch(mail_code=mail_code)
        assert await there.code(call, email="A@B") == code


async def _case_matters(call: str) -> None:
    there = There()
    assert await there.code(call, account="ANNA") == 71006
    there.switch(case_matters=True)
    assert await there.code(call, account="ANNA") == 10000


async def _used_objects(call: str) -> None:
    there = There()
    sent = {"userId": "U"} if call == "user/remove" else {}
    there.switch(used_objects="refused")
    assert await there.code(call, **sent) == 71001
    there.switch(used_objects="removable")
    assert await there.code(call, **sent) == 10000


async def _faces(call: str) -> None:
    there = There()
    pictures = [PICTURE + bytes([number]) for number in range(60)]
    there.switch(faces="tenth_refused")
    codes = [await there.code(call, file=one) for one in pictures]
    assert 0 < codes.count(71001) < 20
    assert codes == [await there.code(call, file=one) for one in pictures]
    there.switch(faces="taken")
    assert {await there.code(call, file=one) for one in pictures} == {10000}


async def _scene_images(call: str) -> None:
    there = There()
    room = NEW if call == "room/add" else THERE["room"]
    sent = {"sceneImage": "https://example.org/1.jpg"}
    assert (await there.record(call, room, **sent))["sceneImage"] == sent["sceneImage"]
    hosted = There()
    hosted.switch(scene_images="hosted")
    shown = (await hosted.record(call, room, **sent))["sceneImage"]
    assert shown.startswith("http://localhost:80/meeting/api/opt/resources/1000/")
    refusing = There()
    refusing.switch(scene_images="refused")
    assert await refusing.code(call, **sent) == 71001
    assert await refusing.code(call, sceneImage="") == 10000


CHECKS: dict[str, tuple[tuple[str, ...], Check]] = {
    "admin_field": (USERS, _admin_field),
    "event_admin_field": (("user/add", "user/update", "user/updateFace", "user/clearFace"), _event_admin_field),
    "first_is_admin": (tuple(one for one in USERS if one != "user/add"), _first_is_admin),
    "root": ((*USERS, *DEPARTMENTS, *ROOMS), _root),
    "empty_fields": ((*USERS, *ROOMS, *MEETINGS), _empty_fields),
    "extra_fields": (SHOWING, _extra_fields),
    "field_errors": ((GETTOKEN, *OPEN), _field_errors),
    "codes_as_text": ((GETTOKEN, *OPEN), _codes_as_text),
    "reasons": (tuple(BROKEN), _reasons),
    "numeric_ids": (SHOWING, _numeric_ids),
    "list_seconds": (tuple(call for call in SHOWING if call not in ADDING), _list_seconds),
    "volatile_times": (("dept/update", *MEETINGS), _volatile_times),
    "echo": (WRITING, _echo),
    "body": (tuple(one for one in OPEN if one != "user/updateFace"), _body),
    "ignores_ids": (ADDING, _ignores_ids),
    "existing_id": (ADDING, _existing_id),
    "removed_ids": (("user/add", "dept/add", "room/add"), _removed_ids),
    "one_token": (OPEN, _one_token),
    "token_dies_after": (OPEN, _token_dies_after),
    "trimmed": (WRITING, form("trimmed", " 周 x ", "周 x")),
    "lower_case": (WRITING, form("lower_case", "ABc", "abc")),
    "digits_only": (WRITING, form("digits_only", "a1-2", "12")),
    "width_folded": (WRITING, form("width_folded", "Ａ１", "A1")),
    "bmp_only": (WRITING, form("bmp_only", "安😀", "安?")),
    "cut": (WRITING, form("cut", "工程师长", "工程")),
    "empty_ignored": (CHANGING, _empty_ignored),
    "department_names": (("dept/add", "dept/update"), _department_names),
    "mail_code": (("user/add", "user/update"), _mail_code),
    "case_matters": (("user/add", "user/update"), _case_matters),
    "error_status": ((GETTOKEN, *OPEN), _error_status),
    "used_objects": (("user/remove", "room/remove"), _used_objects),
    "faces": (("user/updateFace",), _faces),
    "scene_images": (("room/add", "room/update"), _scene_images),
}


@pytest.mark.parametrize("quirk", CHECKS)
async def test_a_call_under_a_quirk(quirk: str) -> None:
    """Every call that a quirk can touch does under it what the guide says of the quirk."""
    calls, check = CHECKS[quirk]
    failures = Failures()
    for call in calls:
        with failures.case(call):
            await check(call)
    failures.assert_none()


def test_every_quirk_and_call_is_tried() -> None:
    """The table of checks names every quirk there is, and every call there is."""
    assert set(CHECKS) == set(Quirks.__struct_fields__)
    assert {call for calls, _ in CHECKS.values() for call in calls} == {GETTOKEN, *stocked().calls}
