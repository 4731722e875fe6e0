"""Every call can give every code that the document names for it: a sandbox, or a platform with --platform-url.

Where the document says that something is invalid, or says nothing, only the sandbox is asked; so is whatever a platform
that behaves otherwise could take for a call about everything.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing

import msgspec
import pytest

from syncd.errors import Refused
from syncd.platform import Attendance, Client, MeetingFilter, TokenExpired
from syncd.platform.bodies import picture_body
from syncd.platform.calls import Calls
from syncd.platform.raw import RawCalls
from syncd.platform.refusals import BY_CODE
from syncd.sandbox.api import Sandbox
from syncd.sandbox.quirks import Quirks
from syncd.wire.arguments import Argument
from tests.kit.failures import Failures
from tests.kit.installation.ground import HOUR, PASSWORD, Ground
from tests.kit.pictures import noise

Make = Callable[[Client, Ground], Awaitable[object]]
Row = tuple[str, int, Make]
ABOUT = {
    "user/get": "userId",
    "user/update": "id",
    "user/updateFace": "userId",
    "user/clearFace": "userId",
    "user/remove": "userId",
    "dept/get": "deptId",
    "dept/update": "id",
    "dept/remove": "deptId",
    "room/get": "roomId",
    "room/update": "id",
    "room/remove": "roomId",
    "meeting/get": "meetingId",
    "meeting/update": "id",
    "meeting/cancel": "meetingId",
    "meeting/finish": "meetingId",
}
MADE = {"user/add": "account", "dept/add": "name", "room/add": "name", "meeting/book": "roomId"}
CALLS = ("user/list", "dept/list", "room/list", "meeting/list", *ABOUT, *MADE)
READING = ("user/get", "dept/get", "room/get", "meeting/get")


def ids(rows: list[Row]) -> list[str]:
    """Return the ids of tests: the call and the code."""
    return [f"{call}-{code}" for call, code, _ in rows]


def about_nobody(call: str, ground: Ground) -> dict[str, Argument]:
    """Return arguments that could harm nobody on a platform that looks at no token."""
    return {ABOUT[call]: ground.new_id()} if call in ABOUT else {}


async def test_a_call_without_a_token(raw: RawCalls, ground: Ground) -> None:
    """Every call without a token is refused with 71002, whatever its arguments are."""
    failures = Failures()
    for call in CALLS:
        with failures.case(call):
            assert (await raw.ask(call, about_nobody(call, ground), token="")).code == "71002"
    failures.assert_none()


async def test_a_call_with_an_unknown_token(raw: RawCalls, ground: Ground) -> None:
    """Every call with an unknown token is refused with 71003."""
    failures = Failures()
    for call in CALLS:
        with failures.case(call):
            assert (await raw.ask(call, about_nobody(call, ground), token="nobody-gave-this")).code == "71003"
    failures.assert_none()


@pytest.fixture
def _tokens_die(sandbox: Sandbox) -> Iterator[None]:
    """Let every token expire at once."""
    sandbox.quirks = Quirks(token_dies_after=1e-9)
    yield
    sandbox.quirks = Quirks()


@pytest.mark.usefixtures("_tokens_die")
async def test_a_call_with_an_expired_token(raw: RawCalls) -> None:
    """Every call with an expired token is refused with 71004, even after the token was renewed once."""
    failures = Failures()
    for call in CALLS:
        with failures.case(call):
            assert (await raw.ask(call, {})).code == "71004"
    failures.assert_none()


@pytest.mark.usefixtures("_tokens_die")
async def test_a_token_that_expires_at_once_is_an_error(client: Client) -> None:
    """A token that expires at once is an error, for the client renews it once and not for ever."""
    with pytest.raises(TokenExpired):
        await client.users()


WITHOUT_AN_ID = ("user/clearFace", "user/remove", "dept/remove", "room/remove")  # optional in the document's tables
REQUIRING = tuple(call for call in (*ABOUT, *MADE) if call not in WITHOUT_AN_ID)


async def test_a_required_argument_that_is_lacking(raw: RawCalls, own_sandbox: Sandbox | None) -> None:
    """Every call that lacks its required argument is refused with 71005; a real platform is asked reading ones only."""
    failures = Failures()
    for call in REQUIRING if own_sandbox else READING:
        with failures.case(call):
            assert (await raw.ask(call, {})).code == "71005"
    failures.assert_none()


WRONG = {71005: {"appkey": ""}, 71001: {"appsecret": "wrong"}}


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("code", WRONG, ids=[f"oapi/gettoken-{code}" for code in WRONG])
async def test_credentials_that_are_lacking_or_wrong(code: int, ground: Ground) -> None:
    """Credentials that are lacking or wrong are refused with an error that names the settings to check."""
    async with Client(msgspec.structs.replace(ground.settings, **WRONG[code])) as client:
        with pytest.raises(BY_CODE[str(code)], match=r"check platform\.appkey"):
            await client.company_id()


OTHERS = ("user/add", "meeting/book")
TYPED = {**ABOUT, **MADE, "meeting/list": "roomId"}


async def test_an_argument_of_the_wrong_type(raw: RawCalls, own_sandbox: Sandbox | None) -> None:
    """A list in JSON where a text belongs is refused with 71008; a real platform is asked reading calls alone."""
    failures = Failures()
    for call in TYPED if own_sandbox else (*READING, "meeting/list"):
        others: dict[str, Argument] = {"name": "x", "speaker": "x", "subject": "x"} if call in OTHERS else {}
        with failures.case(call):
            assert (await raw.ask(call, {**others, TYPED[call]: ["x"]}, "json")).code == "71008"
    failures.assert_none()


TAKEN: list[Row] = [
    ("user/add", 71006, lambda c, g: _twice(c, g, "account", g.account(), add=True)),
    ("user/add", 71007, lambda c, g: _twice(c, g, "phone", g.phone(), add=True)),
    ("user/update", 71006, lambda c, g: _twice(c, g, "account", g.account(), add=False)),
    ("user/update", 71007, lambda c, g: _twice(c, g, "phone", g.phone(), add=False)),
]


async def _twice(client: Client, ground: Ground, field: str, value: str, *, add: bool) -> None:
    """Let a second user have what the first one has."""
    await ground.add_user(client, **{field: value})
    if add:
        await ground.add_user(client, **{field: value})
    else:
        await client.update_user(await ground.add_user(client), {field: value})


@pytest.mark.parametrize(("call", "code", "make"), TAKEN, ids=ids(TAKEN))
async def test_what_another_user_has(call: str, code: int, make: Make, client: Client, ground: Ground) -> None:
    """An account or phone that another user has is refused with the code of its field."""
    del call
    with pytest.raises(BY_CODE[str(code)]):
        await make(client, ground)


@pytest.mark.parametrize("add", [True, False], ids=["user/add", "user/update"])
async def test_a_mail_that_another_user_has(add: object, client: Client, ground: Ground) -> None:
    """A mail address that another user has is refused, whatever the code."""
    with pytest.raises(Refused):
        await _twice(client, ground, "email", ground.mail(), add=bool(add))


async def _in_nothing(client: Client, ground: Ground) -> None:
    await client.update_user(await ground.add_user(client), {"department": ground.new_id()})


async def _under_nothing(client: Client, ground: Ground) -> None:
    await client.update_department(await ground.add_department(client), {"parent": ground.new_id()})


async def _room_in_nothing(client: Client, ground: Ground) -> None:
    await client.update_room(await ground.add_room(client), {"department": ground.new_id()})


async def _room_of_nobody(client: Client, ground: Ground) -> None:
    await client.update_room(await ground.add_room(client), {"user_ids": [ground.new_id()]})


async def _booked_by_nobody(client: Client, ground: Ground) -> None:
    await client.book_meeting(ground.booking(await ground.add_room(client), ground.new_id()))


async def _booked_nowhere(client: Client, ground: Ground) -> None:
    await client.book_meeting(ground.booking(ground.new_id(), await ground.add_user(client)))


async def _attended_by_nobody(client: Client, ground: Ground) -> None:
    booking = ground.booking(await ground.add_room(client), await ground.add_user(client))
    await client.book_meeting(msgspec.structs.replace(booking, attendances=(Attendance(ground.new_id()),)))


async def _moved_nowhere(client: Client, ground: Ground) -> None:
    await client.update_meeting(await ground.add_meeting(client), {"room_id": ground.new_id()})


async def _with_nobody(client: Client, ground: Ground) -> None:
    await client.update_meeting(await ground.add_meeting(client), {"attendances": [Attendance(ground.new_id())]})


MISSING: list[Row] = [
    ("user/update", 71009, lambda c, g: c.update_user(g.new_id(), {"memo": "x"})),
    ("user/updateFace", 71009, lambda c, g: c.update_face(g.new_id(), noise())),
    ("user/add", 71010, lambda c, g: g.add_user(c, department=g.new_id())),
    ("user/update", 71010, _in_nothing),
    ("dept/add", 71010, lambda c, g: c.add_department(g.new_id(), {"name": g.name(), "parent": g.new_id()})),
    ("dept/update", 71010, lambda c, g: c.update_department(g.new_id(), {"name": g.name()})),
    ("room/add", 71009, lambda c, g: c.add_room(g.new_id(), {"name": g.name(), "user_ids": [g.new_id()]})),
    ("room/add", 71010, lambda c, g: c.add_room(g.new_id(), {"name": g.name(), "department": g.new_id()})),
    ("room/update", 71009, _room_of_nobody),
    ("room/update", 71010, _room_in_nothing),
    ("room/update", 71011, lambda c, g: c.update_room(g.new_id(), {"memo": "x"})),
    ("meeting/list", 71011, lambda c, g: c.meetings(MeetingFilter(room_id=g.new_id()))),
    ("meeting/book", 71009, _booked_by_nobody),
    ("meeting/book", 71011, _booked_nowhere),
    ("meeting/book", 71013, _attended_by_nobody),
    ("meeting/update", 71011, _moved_nowhere),
    ("meeting/update", 71012, lambda c, g: c.update_meeting(g.new_id(), {"memo": "x"})),
    ("meeting/update", 71013, _with_nobody),
    ("meeting/finish", 71012, lambda c, g: c.finish_meeting(g.new_id())),
]


async def test_what_is_not_there(client: Client, ground: Ground) -> None:
    """A call that refers to an object that is not there is refused with the code of its kind."""
    failures = Failures()
    for call, code, make in MISSING:
        with failures.case(f"{call} {code}"), pytest.raises(BY_CODE[str(code)]):
            await make(client, ground)
    failures.assert_none()


async def test_a_parent_that_is_not_there(client: Client, ground: Ground) -> None:
    """A department that is moved below one that is not there is refused with 71010."""
    with pytest.raises(BY_CODE["71010"]):
        await _under_nothing(client, ground)


GONE: list[Row] = [
    ("user/get", 71009, lambda c, g: c.user(g.new_id())),
    ("user/clearFace", 71009, lambda c, g: c.clear_face(g.new_id())),
    ("user/remove", 71009, lambda c, g: c.remove_user(g.new_id())),
    ("dept/get", 71010, lambda c, g: c.department(g.new_id())),
    ("dept/remove", 71010, lambda c, g: c.remove_department(g.new_id())),
    ("room/get", 71011, lambda c, g: c.room(g.new_id())),
    ("room/remove", 71011, lambda c, g: c.remove_room(g.new_id())),
    ("meeting/get", 71012, lambda c, g: c.meeting(g.new_id())),
    ("meeting/cancel", 71012, lambda c, g: c.cancel_meeting(g.new_id())),
]


@pytest.mark.parametrize(("call", "code", "make"), GONE, ids=ids(GONE))
async def test_what_is_gone_already(
    call: str, code: int, make: Make, client: Client, raw: RawCalls, ground: Ground
) -> None:
    """A get or removal of what is gone is refused with the code of its kind, which the client takes for no error."""
    assert (await raw.ask(call, {ABOUT[call]: ground.new_id()})).code == str(code)
    assert await make(client, ground) is None


async def _began(client: Client, ground: Ground) -> None:
    await client.cancel_meeting(await ground.add_meeting(client, int(time.time() * 1000) - HOUR))


async def _not_begun(client: Client, ground: Ground) -> None:
    await client.finish_meeting(await ground.add_meeting(client))


BY_THE_DOCUMENT: list[Row] = [("meeting/cancel", 71001, _began), ("meeting/finish", 71001, _not_begun)]


@pytest.mark.parametrize(("call", "code", "make"), BY_THE_DOCUMENT, ids=ids(BY_THE_DOCUMENT))
async def test_what_the_document_forbids(
    call: str, code: int, make: Make, client: Client, ground: Ground, own_sandbox: Sandbox | None
) -> None:
    """A begun meeting cannot be cancelled, one to come cannot be finished, and the sandbox answers 71001."""
    del call
    with pytest.raises(Refused) as caught:
        await make(client, ground)
    assert own_sandbox is None or caught.value.code == str(code)


async def _same_id(client: Client, ground: Ground) -> None:
    fields = {"name": ground.name(), "account": ground.account()}
    await client.add_user(await ground.add_user(client), fields, PASSWORD)


async def _no_account(client: Client, ground: Ground) -> None:
    await client.update_user(await ground.add_user(client), {"account": ""})


async def _no_picture(client: Client, ground: Ground) -> None:
    user = await ground.add_user(client)
    async with aclosing(Calls(ground.settings, None)) as calls:
        await calls.uploaded("user/updateFace", picture_body(user, b"\x89PNG\r\n\x1a\n", "png"))


async def _same_department(client: Client, ground: Ground) -> None:
    await client.add_department(await ground.add_department(client), {"name": ground.name()})


async def _below_itself(client: Client, ground: Ground) -> None:
    department = await ground.add_department(client)
    await client.update_department(department, {"parent": department})


async def _full(client: Client, ground: Ground) -> None:
    department = await ground.add_department(client)
    await ground.add_user(client, department=department)
    await client.remove_department(department)


async def _no_room_name(client: Client, ground: Ground) -> None:
    await client.update_room(await ground.add_room(client), {"name": ""})


async def _ends_first(client: Client, ground: Ground) -> None:
    booking = ground.booking(await ground.add_room(client), await ground.add_user(client))
    await client.book_meeting(msgspec.structs.replace(booking, end_time=booking.begin_time))


async def _ends_too_early(client: Client, ground: Ground) -> None:
    await client.update_meeting(await ground.add_meeting(client), {"end_time": 1})


INVALID: list[Row] = [
    ("user/add", 71001, _same_id),
    ("user/update", 71001, _no_account),
    ("user/updateFace", 71001, _no_picture),
    ("dept/add", 71001, _same_department),
    ("dept/update", 71001, _below_itself),
    ("dept/remove", 71001, _full),
    ("room/add", 71001, lambda c, g: c.add_room(g.new_id(), {"name": g.name(), "status": 2})),
    ("room/update", 71001, _no_room_name),
    ("meeting/list", 71001, lambda c, _: c.meetings(MeetingFilter(min_time="yesterday"))),
    ("meeting/book", 71001, _ends_first),
    ("meeting/update", 71001, _ends_too_early),
]


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(("call", "code", "make"), INVALID, ids=ids(INVALID))
async def test_what_is_invalid(call: str, code: int, make: Make, client: Client, ground: Ground) -> None:
    """What the sandbox takes for invalid is refused with 71001."""
    del call
    with pytest.raises(BY_CODE[str(code)]):
        await make(client, ground)
