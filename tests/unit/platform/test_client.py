"""The client gets its tokens, errors and repetitions right against a real server."""

import asyncio
import time
from collections.abc import Callable

import msgspec
import pytest

import syncd.platform as public
from syncd.errors import (
    AnswerBroken,
    AnswerLost,
    ConfigurationError,
    LeaseLost,
    PlatformBusy,
    PlatformError,
    PlatformUnreachable,
    Refused,
    ServerFault,
)
from syncd.model.objects import User
from syncd.platform import Client, ClientSettings, InvalidArguments
from syncd.platform.pacing import Pacing
from syncd.platform.refusals import BY_CODE, refusal
from syncd.sandbox.faults import Fault, Order
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.serving import running
from syncd.testing.leases import LosableLease
from syncd.wire.codes import Code
from tests.kit.sandbox_client import served
from tests.kit.virtual_time import VirtualTime

FIELDS = {"name": "安娜", "account": "anna", "department": ""}


@pytest.mark.parametrize("body", ["json", "form"])
async def test_users_and_departments_are_made_changed_and_removed(body: str) -> None:
    """In either form of body users and departments are made, changed, read and removed, the latter even twice."""
    async with served(body=body) as (client, sandbox):
        assert await client.company_id() == sandbox.company_id
        department = await client.add_department("D1", {"name": "销售 & Co", "parent": ""})
        assert (department.id, department.fields.name, department.fields.parent) == ("D1", "销售 & Co", "")
        user = await client.add_user("U1", {**FIELDS, "department": "D1"}, "geheim+1")
        assert (user.id, user.fields) == ("U1", User("anna", "安娜", "", "", "", "", "D1"))
        await client.update_user("U1", {"phone": "1", "department": ""})
        await client.update_department("D1", {"name": "East"})
        assert (await client.user("U1")) == (await client.users())[1]
        assert (await client.department("D1")) == (await client.departments())[0]
        await client.remove_user("U1")
        await client.remove_department("D1")
        assert (await client.user("U1"), await client.department("D1")) == (None, None)
        await client.remove_user("U1")
        await client.remove_department("D1")
        assert sandbox.company.state.passwords == {"U1": "given"}


async def test_every_code_of_the_document_is_an_error_class() -> None:
    """Each code of the document has a public error class, and another code is a refusal that keeps its message."""
    listed = {str(int(code)) for code in Code if code is not Code.SUCCESS}
    assert set(BY_CODE) == listed
    assert {one.__name__ for one in BY_CODE.values()} <= set(public.__all__)
    assert type(refusal("71099", "Email is already occupied")) is Refused
    assert "71099: Email is already occupied" in str(refusal("71099", "Email is already occupied"))
    async with served() as (client, sandbox):
        sandbox.quirks = Quirks(mail_code=71099)
        await client.add_user("U1", {**FIELDS, "email": "a@b"}, "geheim")
        with pytest.raises(public.AccountOccupied):
            await client.add_user("U2", {**FIELDS, "account": " ANNA "}, "geheim")
        with pytest.raises(public.DepartmentMissing):
            await client.update_user("U1", {"department": "NOWHERE"})
        with pytest.raises(Refused, match="71099"):
            await client.add_user("U2", {"name": "x", "account": "x", "email": "A@B"}, "geheim")


async def test_one_token_serves_all_tasks_and_is_renewed_once() -> None:
    """One token serves all tasks, is renewed once the platform no longer knows it, and is not renewed for ever."""
    async with served() as (client, sandbox):
        await asyncio.gather(*(client.users() for _ in range(20)))
        assert sandbox.requests == 21
        sandbox.revoke_tokens()
        await asyncio.gather(*(client.users() for _ in range(20)))
        assert sandbox.requests <= 21 + 41
        sandbox.token_life = 0.0
        sandbox.revoke_tokens()
        with pytest.raises(public.TokenExpired):
            await client.users()


async def test_wrong_credentials_say_what_to_look_at() -> None:
    """The error about wrong credentials names the settings to check and does not show the secret."""
    async with served() as (_, sandbox):
        with running(sandbox) as url:
            async with Client(ClientSettings(url, "sandbox", "wrong-secret")) as other:
                with pytest.raises(InvalidArguments, match=r"check platform\.appkey and platform\.appsecret") as caught:
                    await other.users()
    assert "wrong-secret" not in str(caught.value)


FAULTS = [
    (Fault.BUSY, PlatformBusy),
    (Fault.ERROR_BEFORE, ServerFault),
    (Fault.ERROR_AFTER, ServerFault),
    (Fault.LOST_ANSWER, AnswerLost),
    (Fault.LOST_REQUEST, AnswerLost),
    (Fault.CUT, AnswerLost),
    (Fault.HTML, AnswerBroken),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_a_call_that_may_be_repeated_is_repeated(fault: Fault, error: type[PlatformError]) -> None:
    """A call that may be repeated is repeated until it succeeds, or ends with the error of the last attempt."""
    async with served() as (client, sandbox):
        await client.add_user("U1", FIELDS, "geheim")
        sandbox.faults.order(*(Order(fault, call, 2) for call in ("user/list", "user/update", "user/remove")))
        assert len(await client.users()) == 2
        await client.update_user("U1", {"name": "Anna"})
        await client.remove_user("U1")
        sandbox.faults.order(Order(fault, "user/list", 9))
        with pytest.raises(error) as caught:
            await client.users()
        assert "access_token" not in str(caught.value)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_a_creation_is_repeated_only_if_it_was_surely_not_carried_out(
    fault: Fault, error: type[PlatformError]
) -> None:
    """A creation is repeated after a 429 alone, for after any other fault it may have been carried out."""
    async with served() as (client, sandbox):
        sandbox.faults.order(Order(fault, "user/add", 1))
        if fault is Fault.BUSY:
            assert (await client.add_user("U1", FIELDS, "geheim")).id == "U1"
            return
        wanted = AnswerLost if error is ServerFault else error
        with pytest.raises(wanted):
            await client.add_user("U1", FIELDS, "geheim")
        assert sandbox.requests == 2


async def test_a_platform_that_says_when_to_come_back_is_left_alone_until_then() -> None:
    """A call that is answered with Retry-After is not repeated before its seconds are over (RFC 9110, 10.2.3)."""
    async with served() as (client, sandbox):
        await client.users()
        sandbox.faults.order(Order(Fault.BUSY, "user/list", 1, 0.3))
        began = time.monotonic()
        await client.users()
        assert time.monotonic() - began >= 0.3


async def test_read_only_lets_no_writing_call_out() -> None:
    """No call that makes, changes or removes reaches the platform where `read_only` is set, and lists do (I10)."""
    async with served(read_only=True) as (client, sandbox):
        writes: list[Callable[[], object]] = [
            lambda: client.add_user("U1", FIELDS, "geheim"),
            lambda: client.update_user("U1", {}),
            lambda: client.remove_user("U1"),
            lambda: client.add_department("D1", {"name": "x"}),
            lambda: client.update_department("D1", {}),
            lambda: client.remove_department("D1"),
        ]
        for write in writes:
            with pytest.raises(PlatformError, match="read_only"):
                await write()  # type: ignore[misc]
        await client.users()
        assert sandbox.calls == []


async def test_nothing_is_asked_without_an_id_or_made_without_a_password() -> None:
    """No call is made with an empty id, which might mean everybody, and no user without a password."""
    async with served() as (client, sandbox):
        for call in (client.remove_user(""), client.remove_department(""), client.update_user("", {}), client.user("")):
            with pytest.raises(PlatformError, match="without the id"):
                await call
        with pytest.raises(PlatformError, match="without a password"):
            await client.add_user("U1", FIELDS, "")
        assert sandbox.requests == 0


@pytest.mark.usefixtures("quick")
async def test_a_platform_that_cannot_be_reached_is_named_without_its_query() -> None:
    """The error about a platform that cannot be reached says what to check and does not show the secret."""
    for url in ("http://127.0.0.1:1/meeting", "http://nohost.invalid/meeting"):
        async with Client(ClientSettings(url, "k", "geheim")) as client:
            with pytest.raises(PlatformUnreachable, match=r"check platform\.url and the network") as caught:
                await client.users()
        assert "geheim" not in str(caught.value)


def test_settings_show_no_secret() -> None:
    """The text form of the settings does not show the secret (I8)."""
    assert "geheim" not in repr(ClientSettings("http://h5", "k", "geheim"))


def test_an_authority_that_cannot_be_read_is_a_mistake_in_the_configuration() -> None:
    """A `ca_file` that cannot be read is an error of the configuration that names the file."""
    with pytest.raises(ConfigurationError, match="/nowhere"):
        Client(ClientSettings("https://h5", "k", "s", ca_file="/nowhere"))


def test_calls_are_spaced_evenly() -> None:
    """At a rate of ten a second, calls that are made at once leave a tenth of a second apart."""
    waits: list[float] = []

    async def turns() -> None:
        clock = asyncio.get_running_loop().time
        pacing = Pacing(10.0, clock)

        async def turn() -> None:
            before = clock()
            await pacing.turn()
            waits.append(clock() - before)

        await asyncio.gather(*(turn() for _ in range(4)))

    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        runner.run(turns())
    assert [round(wait, 6) for wait in sorted(waits)] == [0.0, 0.1, 0.2, 0.3]


def test_the_fake_and_the_real_client_offer_the_same_calls() -> None:
    """The client and the fake platform offer every call of the port `Platform`."""
    from syncd.app.ports import Platform  # noqa: PLC0415 - compared here only
    from syncd.testing.platform import FakePlatform  # noqa: PLC0415

    calls = {name for name in vars(Platform) if not name.startswith("_")}
    assert calls <= set(dir(Client))
    assert calls <= set(dir(FakePlatform))
    assert msgspec.json.encode(sorted(calls))


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.ERROR_BEFORE, Fault.LOST_REQUEST])
async def test_no_writing_request_is_sent_once_the_lease_is_lost(quick: None, fault: Fault) -> None:
    """Once its lease is lost a client sends no writing request, not even a repeated one, and may still read."""
    del quick
    lease = LosableLease()
    async with served() as (client, sandbox):
        leased = client.under(lease)
        await leased.add_user("U1", FIELDS, "geheim")
        sandbox.faults.order(Order(fault, "user/update", -1))
        changing = asyncio.create_task(leased.update_user("U1", {"phone": "1"}))
        while sandbox.requests < 3:  # noqa: ASYNC110 - the sandbox counts in a thread of its own
            await asyncio.sleep(0)
        lease.lose()
        with pytest.raises(LeaseLost, match="user/update: not sent"):
            await changing
        sandbox.faults.clear()
        requests = sandbox.requests
        with pytest.raises(LeaseLost, match="user/remove: not sent"):
            await leased.remove_user("U1")
        assert sandbox.requests == requests
        assert await leased.user("U1") is not None
        await client.under(LosableLease()).remove_user("U1")
        assert await client.user("U1") is None
