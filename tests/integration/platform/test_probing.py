"""The probe sees what a platform does in every way that it can behave, and leaves nothing behind."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from syncd.app.probing.marks import Marks
from syncd.app.probing.probe import probe
from syncd.app.probing.values import Observation, Probed
from syncd.platform import ClientSettings
from syncd.platform.raw import RawCalls
from syncd.sandbox.api import Sandbox
from syncd.sandbox.quirks import Quirks
from tests.kit.platforms import Platform

# The probe sends no picture and gets no event.
UNSEEN = {"faces", "event_admin_field"}
SEEN: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "bodies", "read: json and form", ""),
    ({"body": "form"}, "bodies", "read: form", 'platform.body = "form"'),
    ({"body": "json"}, "bodies", "read: json", ""),
    ({}, "root", '"" (2)', ""),
    ({"root": "0"}, "root", '"0" (2)', ""),
    ({"root": "null"}, "root", "null (2)", ""),
    ({"root": "missing"}, "root", "missing (2)", ""),
    ({"first_is_admin": True}, "administrator", "admin of id 1 is true; 1 of 4 users are marked", ""),
    ({"first_is_admin": True, "admin_field": "isAdmin"}, "administrator", "isAdmin of id 1 is true", ""),
    (
        {"first_is_admin": True, "admin_field": "both"},
        "administrator",
        "admin of id 1 is true, isAdmin of id 1 is true",
        "",
    ),
    ({"admin_field": "none"}, "administrator", "no field says it", 'policy.protected = ["ACCOUNT"]'),
    ({}, "administrator", "admin of id 1 is false; 0 of", 'policy.protected = ["ACCOUNT"]'),
    ({}, "status", "of a new user: 1", ""),
    ({}, "fields without a value", '"": phone, faceUrl', ""),
    ({"empty_fields": "null"}, "fields without a value", "null: phone, faceUrl", ""),
    ({"empty_fields": "missing"}, "fields without a value", "missing: phone, faceUrl", ""),
    ({}, "fields of user beside the document's", "none", ""),
    ({"extra_fields": True}, "fields of user beside the document's", "extension, tenantCode", ""),
    ({"extra_fields": True}, "fields of dept beside the document's", "extension, tenantCode", ""),
    ({}, "fields of room beside the document's", "none", ""),
    ({}, "fields of meeting beside the document's", "none", ""),
    ({"extra_fields": True}, "fields of room beside the document's", "extension, tenantCode", ""),
    ({"extra_fields": True}, "fields of meeting beside the document's", "extension, tenantCode", ""),
    ({}, "fieldErrors", "{}", ""),
    ({"field_errors": "[]"}, "fieldErrors", "[]", ""),
    ({"field_errors": "objects"}, "fieldErrors", '[{"field":"","message":""}]', ""),
    ({"field_errors": "missing"}, "fieldErrors", "missing", ""),
    ({}, "code", "a number (10000)", ""),
    ({"codes_as_text": True}, "code", 'a text ("10000")', ""),
    ({"numeric_ids": True}, "ids", "1 numbers, ", ""),
    ({}, "own ids", "add takes the id of the caller", ""),
    ({"ignores_ids": True}, "own ids", "dept and user/add gives another id", ""),
    ({}, "existing id", "refused with 71001", ""),
    ({"reasons": True}, "existing id", "refused with 71001 (Invalid arguments: the id is taken)", ""),
    ({"existing_id": "answered"}, "existing id", "success, and what is there stays as it is", ""),
    ({"ignores_ids": True}, "existing id", "a second object is made under another id", ""),
    ({}, "removed id", "may be used again", ""),
    ({"removed_ids": "refused"}, "removed id", "refused with 71001", ""),
    ({"ignores_ids": True}, "removed id", "another id is given", ""),
    ({}, "answers of writes", "cannot be told", ""),
    ({"trimmed": ("name",)}, "answers of writes", "what is kept", ""),
    ({"trimmed": ("name",), "echo": True}, "answers of writes", "what was sent, not what is kept", ""),
    ({}, "form of name", "kept as sent; 300 characters are kept", ""),
    ({"trimmed": ("memo",)}, "form of memo", "blanks around: taken off", ""),
    ({"lower_case": ("account",)}, "form of account", "letter case: lowered", ""),
    ({"digits_only": ("phone",)}, "form of phone", "signs: only the digits are kept", ""),
    ({"width_folded": ("position",)}, "form of position", "full width: half width", ""),
    ({"bmp_only": ("name",)}, "form of name", "emoji: ? in its place", ""),
    ({"cut": {"memo": 40}}, "form of memo", "300 characters cut to 40 characters", ""),
    ({"list_seconds": False}, "times in lists", "the same as in get", ""),
    ({}, "times in lists", "the same as in get, without milliseconds in both", ""),
    ({}, "createdTime of dept/update", "another one than is kept", ""),
    ({"volatile_times": False}, "createdTime of dept/update", "the one that is kept", ""),
    ({}, "checkedTime of an unchecked meeting", "a time all the same", ""),
    ({"volatile_times": False}, "checkedTime of an unchecked meeting", "0", ""),
    ({}, "empty argument", "clears the field", ""),
    ({"empty_ignored": ("phone", "memo")}, "empty argument", "phone stays; memo stays", ""),
    ({}, "absent argument", "leaves the field as it is", ""),
    ({}, "duplicate account", "refused with 71006", ""),
    ({}, "duplicate phone", "refused with 71007", ""),
    ({}, "duplicate email", "refused with 71001", ""),
    ({"mail_code": 71099}, "duplicate email", "refused with 71099", ""),
    ({"mail_code": None}, "duplicate email", "taken", ""),
    ({}, "letter case of account", "another letter case is refused with 71006", ""),
    ({"case_matters": True}, "letter case of account", "values that differ in it alone are two", ""),
    ({"case_matters": True}, "letter case of email", "values that differ in it alone are two", ""),
    ({}, "department names", "two of one name under one parent are two", ""),
    ({"department_names": "unique"}, "department names", "the second of one name is refused with 71001", ""),
    ({}, "department that holds a user", "refused with 71001", ""),
    ({}, "removal of a user in a room's userIds", "removed, and the room no longer names the user", ""),
    ({}, "picture of a room", "its address is kept as sent", ""),
    ({"scene_images": "hosted"}, "picture of a room", "shown under an address of the platform's own", ""),
    ({"scene_images": "refused"}, "picture of a room", "refused with 71001", ""),
    ({}, "removal of a user with a meeting to come", "removed, and the meeting still names the user", ""),
    (
        {"used_objects": "refused"},
        "removal of a user in a room's userIds",
        "refused with 71001",
        'policy.on_room_reference = "hold"',
    ),
    (
        {"used_objects": "refused", "ignores_ids": True},
        "removal of a user with a meeting to come",
        "refused with 71001",
        'policy.on_meetings = "wait"',
    ),
    ({}, "former token", "goes on beside the next one", ""),
    ({"one_token": True}, "former token", "ends with the next one (71003)", ""),
    ({"token_dies_after": 0.2}, "unknown ids", "the document's codes (71009 to 71012)", ""),
    ({}, "missing argument", "refused with 71005", ""),
    ({}, "wrong type", "refused with 71008", ""),
    ({"error_status": 400}, "status of errors", "HTTP 400 with code 71010", ""),
    ({}, "success of errors", "false", ""),
    (
        {},
        "token refusals",
        "without one: refused with 71002 (Lack access token); with an unknown one: refused with 71003",
        "",
    ),
]


def together() -> list[tuple[dict[str, Any], list[tuple[str, str, str]]]]:
    """Return what is to be seen, by the quirks of a platform: one probe of each platform shows all of it."""
    found: dict[bytes, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {}
    for quirks, *seen in SEEN:
        found.setdefault(msgspec.json.encode(quirks), (quirks, []))[1].append((seen[0], seen[1], seen[2]))
    return list(found.values())


@pytest.fixture
def sandbox() -> Sandbox:
    """Return a platform with strangers on it."""
    made = Sandbox()
    made.company.add_department({"id": "D", "name": "销售"})
    made.company.add_user({"id": "U", "name": "安娜", "account": "anna", "phone": "1", "departmentId": "D"})
    made.company.add_room({"id": "R", "name": "厅", "userIds": ["U"]})
    return made


def standing(sandbox: Sandbox) -> bytes:
    """Return everything that stands on the platform, but for meetings that are cancelled."""
    state = sandbox.company.state
    meetings = {one["id"]: one for one in state.meetings.values() if not one["cancelled"]}
    return msgspec.json.encode([state.users, state.departments, state.rooms, meetings], order="deterministic")


async def probed(settings: ClientSettings, later: int = 0) -> Probed:
    """Return what a probe of a platform sees."""
    told: list[Observation] = []
    marks = Marks.of("syncd", int(time.time() * 1000) + later)
    async with aclosing(RawCalls(settings)) as raw:
        result = await probe(raw, marks, "", asyncio.Event(), told.append)
    assert result.observations == tuple(told)
    return result


@pytest.mark.parametrize(("quirks", "seen"), together())
async def test_the_probe_sees_what_the_platform_does(
    platform: Platform, sandbox: Sandbox, quirks: dict[str, Any], seen: list[tuple[str, str, str]]
) -> None:
    """The probe sees each way of a platform, leaves everything as it was, and can be made again."""
    before = standing(sandbox)
    sandbox.quirks = msgspec.convert(quirks, Quirks)
    result = await probed(platform.settings(sandbox))
    assert (result.left, result.ended) == ((), "")
    found = {one.name: one for one in result.observations}
    assert len(found) == len(result.observations)
    for name, observed, setting in seen:
        assert observed in found[name].observed
        assert found[name].setting == setting
    assert not [one.name for one in result.observations if "not found out" in one.observed]
    assert standing(sandbox) == before
    again = await probed(platform.settings(sandbox), 1)
    assert [one.name for one in again.observations] == [one.name for one in result.observations]
    assert standing(sandbox) == before


def test_every_quirk_is_seen() -> None:
    """Every quirk of the sandbox is seen by the probe, but for those of faces and of events."""
    assert {name for quirks, *_ in SEEN for name in quirks} == set(Quirks.__struct_fields__) - UNSEEN
