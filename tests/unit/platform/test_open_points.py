"""The client reads in either way what the document leaves open."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from syncd.errors import Refused
from syncd.platform import AnswerUnusable, Attendance, Client
from syncd.testing.scripted import scripted, success
from tests.kit.failures import Failures

Made = Callable[[Client], Awaitable[object]]
ADMINS: list[tuple[dict[str, object], bool]] = [
    ({"admin": True}, True),
    ({"isAdmin": True}, True),
    ({"admin": "true"}, True),
    ({"isAdmin": "True"}, True),
    ({"admin": 1}, True),
    ({"isAdmin": "1"}, True),
    ({"admin": False, "isAdmin": True}, True),
    ({"admin": False}, False),
    ({"isAdmin": "false"}, False),
    ({"admin": 0}, False),
    ({"admin": "0"}, False),
    ({"admin": ""}, False),
    ({"admin": None, "isAdmin": None}, False),
    ({}, False),
]


async def test_an_administrator_is_known_by_either_name() -> None:
    """An administrator is known by `admin` or `isAdmin` in any form of true, and by nothing else."""
    failures = Failures()
    for mark, is_admin in ADMINS:
        client, _ = scripted(success([{"id": "A", "account": "a", **mark}]))
        with failures.case(mark):
            async with client:
                assert [user.is_admin for user in await client.users()] == [is_admin]
    failures.assert_none()


@pytest.mark.parametrize("root", ['"parentId": "",', '"parentId": "0",', '"parentId": 0,', '"parentId": null,', ""])
async def test_the_root_is_one_value_whatever_came_in(root: str) -> None:
    """Every form of the root is read as one value, for departments, users and rooms alike."""
    text = f'{{"code": 10000, "value": [{{{root} {root.replace("parentId", "departmentId")} "id": "A", "name": "x"}}]}}'
    client, _ = scripted(text)
    async with client:
        assert [one.fields.parent for one in await client.departments()] == [""]
        assert [one.fields.department for one in await client.users()] == [""]
        assert [one.fields.department for one in await client.rooms()] == [""]


@pytest.mark.parametrize("number", [1, 0])
async def test_ids_and_numbers_are_texts_or_numbers(number: int) -> None:
    """Ids and numbers may be texts or numbers, and what is neither is unknown and not 0."""
    for form in (number, str(number), float(number)):
        client, _ = scripted(success([{"id": 7, "status": form, "capacity": form, "userIds": [5], "departmentId": 9}]))
        async with client:
            (room,) = await client.rooms()
            assert (room.id, room.fields.department, room.fields.user_ids) == ("7", "9", ("5",))
            assert (room.fields.status, room.fields.capacity) == (number, number)
    client, _ = scripted(success([{"id": "7", "status": "on", "capacity": "", "radius": None}]))
    async with client:
        (room,) = await client.rooms()
        assert (room.fields.status, room.fields.capacity, room.fields.radius) == (None, None, None)
        assert [one.status for one in await client.users()] == [None]


async def test_missing_null_and_unknown_fields_are_survived() -> None:
    """Missing, null and unknown fields do no harm in any kind of record, nor in the records within."""
    nothing = dict.fromkeys(("name", "phone", "userIds", "attendances", "memo", "roomId", "parentId", "beginTime"))
    client, _ = scripted(success([{"id": "A"}, {"id": "B", **nothing, "new": [{"a": {}}]}]))
    async with client:
        for found in (await client.users(), await client.departments(), await client.rooms(), await client.meetings()):
            assert [one.id for one in found] == ["A", "B"]
    client, _ = scripted(success([{"id": "A", "attendances": [{}, {"userId": "", "new": 1}, {"userId": None}]}]))
    async with client:
        assert (await client.meetings())[0].attendances == (Attendance(), Attendance(), Attendance())


@pytest.mark.parametrize(("sent", "state"), [(2, 2), ("2", 2), ("0", 0), (None, None), ("", None)])
async def test_the_state_of_a_check_is_a_number_or_a_text(sent: object, state: int | None) -> None:
    """The state of a check is read from a number or a text, and is unknown where it is empty or null."""
    client, _ = scripted(success({"id": "M", "checkedState": sent, "beginTime": "1700003600000"}))
    async with client:
        meeting = await client.meeting("M")
        assert meeting is not None
        assert (meeting.checked_state, meeting.begin_time) == (state, 1700003600000)


FIELD_ERRORS = ("[]", "{}", "null", '"none"', '[{"field": "name"}]', '{"name": ["a", {}]}', "0")
CODES = ("10000", '"10000"')
SUCCESSES = ('"success": true,', '"success": "true",', '"success": 1,', '"success": null,', "")


async def test_success_is_the_code_unless_it_says_otherwise() -> None:
    """An answer with code 10000 is a success whatever `fieldErrors` holds, unless `success` says otherwise."""
    failures = Failures()
    for errors, code, said in itertools.product(FIELD_ERRORS, CODES, SUCCESSES):
        shell = f'{{{said} "message": null, "code": {code}, "fieldErrors": {errors}, "value": %s}}'
        client, _ = scripted(shell % "[]", shell % '{"id": "A"}')
        with failures.case(shell):
            async with client:
                assert await client.users() == ()
                assert await client.user("A") is not None
    failures.assert_none()


@pytest.mark.parametrize("said", ["false", '"false"', "0", '"False"'])
async def test_a_success_that_says_false_is_a_refusal(said: str) -> None:
    """An answer whose `success` is false in any form is a refusal, even with code 10000 and a value."""
    answers = (f'{{"success": {said}, "code": 10000, "message": "no"%s}}' % value for value in ("", ', "value": []'))
    client, _ = scripted(*answers)
    async with client:
        for _ in range(2):
            with pytest.raises(Refused, match="10000: no"):
                await client.users()


async def test_a_code_that_the_document_does_not_list_keeps_its_message() -> None:
    """A code that the document does not list is a plain refusal that keeps code and message."""
    for code, message in (("71099", '"邮箱已被占用"'), ('"x"', "7"), ("-1", "null")):
        client, _ = scripted(f'{{"success": false, "code": {code}, "message": {message}}}')
        async with client:
            with pytest.raises(Refused) as caught:
                await client.update_user("A", {"email": "a@b"})
        assert type(caught.value) is Refused
        assert (caught.value.code, caught.value.platform_message) == (
            code.strip('"'),
            message.strip('"').replace("null", ""),
        )


MISSING: list[tuple[int, Made]] = [
    (71009, lambda c: c.user("A")),
    (71009, lambda c: c.remove_user("A")),
    (71009, lambda c: c.clear_face("A")),
    (71010, lambda c: c.department("A")),
    (71010, lambda c: c.remove_department("A")),
    (71011, lambda c: c.room("A")),
    (71011, lambda c: c.remove_room("A")),
    (71012, lambda c: c.meeting("A")),
    (71012, lambda c: c.cancel_meeting("A")),
]


@pytest.mark.parametrize(("code", "make"), MISSING)
async def test_what_is_not_there_is_nothing_to_get_and_done_to_remove(code: int, make: Made) -> None:
    """What is not there is nothing to a reading call and done to a removing one, and is asked for once."""
    client, there = scripted(f'{{"success": false, "code": {code}, "message": "is not exist"}}')
    async with client:
        assert await make(client) is None
    assert len(there.asked) == 1


async def test_a_meeting_that_is_not_there_cannot_be_finished() -> None:
    """Finishing a meeting that is not there raises a refusal."""
    client, _ = scripted('{"success": false, "code": 71012}')
    async with client:
        with pytest.raises(Refused, match="71012"):
            await client.finish_meeting("M")


@pytest.mark.parametrize("value", ["", ', "value": null', ', "value": {}', ', "value": "x"'])
async def test_a_list_that_is_missing_is_an_error_not_an_empty_company(value: str) -> None:
    """A success without a list is an error that says so, is not asked for again, and is no empty company."""
    client, there = scripted(f'{{"success": true, "code": 10000{value}}}')
    async with client:
        with pytest.raises(
            AnswerUnusable, match=r"user/list: the answer is not what the document describes: .*(list|array)"
        ):
            await client.users()
    assert len(there.asked) == 1


@pytest.mark.parametrize("value", ["", ', "value": null', ', "value": []', ', "value": {"name": "no id"}'])
async def test_an_object_that_is_missing_is_an_error(value: str) -> None:
    """A success without the object that was asked for is an error and is not asked for again."""
    client, there = scripted(f'{{"success": true, "code": 10000{value}}}')
    async with client:
        with pytest.raises(AnswerUnusable, match="user/get: the answer is not what the document describes"):
            await client.user("A")
    assert len(there.asked) == 1
