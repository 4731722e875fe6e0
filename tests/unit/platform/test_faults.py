"""The client repeats, refuses or tells whatever goes wrong between it and the platform."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from syncd.errors import (
    AnswerBroken,
    AnswerLost,
    PlatformBusy,
    PlatformError,
    PlatformUnreachable,
    Refused,
    ServerFault,
)
from syncd.platform import AnswerUnusable, Client, ClientSettings, TokenExpired, TokenIllegal, TokenMissing
from syncd.platform.transport import Exchange, read_envelope
from syncd.testing.scripted import SECRET, SETTINGS, TOKEN, Scripted, scripted, success
from syncd.wire.envelope import Token
from tests.kit.failures import Failures

Made = Callable[[Client], Awaitable[object]]


FINAL: list[tuple[int, type[PlatformError]]] = [
    (400, AnswerUnusable),
    (401, AnswerUnusable),
    (403, AnswerUnusable),
    (404, AnswerUnusable),
    (302, AnswerUnusable),
]
PASSING: list[tuple[int, type[PlatformError]]] = [
    (200, AnswerBroken),
    (429, PlatformBusy),
    (500, ServerFault),
    (502, ServerFault),
    (503, ServerFault),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("make", [lambda c: c.users(), lambda c: c.update_user("A", {})])
async def test_a_page_instead_of_an_envelope_is_judged_by_its_status(make: Made) -> None:
    """A page instead of an envelope is asked for again if its status is 200, 429 or 5xx, and is final if 302 or 4xx."""
    failures = Failures()
    for status, error in FINAL + PASSING:
        client, there = scripted("<html>a page</html>", status=status, location="http://elsewhere/")
        with failures.case(status):
            async with client:
                with pytest.raises(error) as caught:
                    await make(client)
            assert type(caught.value) is error
            assert len(there.asked) == (1 if error is AnswerUnusable else 3)
    failures.assert_none()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "text", ['{"success": true}', '{"value": []}', "[]", "7", '{"code": {}}', '{"code": null, "value": 1}']
)
@pytest.mark.parametrize("make", [lambda c: c.users(), lambda c: c.user("A")])
async def test_json_without_a_code_is_no_envelope(text: str, make: Made) -> None:
    """JSON without a code is no envelope and is asked for again, for it does not tell what was carried out."""
    client, there = scripted(text)
    async with client:
        with pytest.raises(AnswerBroken, match="is not the document's envelope; check"):
            await make(client)
    assert len(there.asked) == 3


@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 500])
async def test_an_envelope_counts_whatever_the_status(status: int) -> None:
    """An envelope counts, be it of a refusal or of a success, whatever its HTTP status is."""
    client, _ = scripted('{"success": false, "code": 71010}', success([]), status=status)
    async with client:
        with pytest.raises(Refused, match="71010"):
            await client.users()
        assert await client.users() == ()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "text", ["", "{", '{"code": 10000, "value": [{"id": "A"}, {"id"', '{"code": 10000, "value": []']
)
async def test_a_text_that_ends_early_is_asked_for_again(text: str) -> None:
    """A text that ends early is asked for again and never taken for a short list."""
    client, there = scripted(text, text, success([{"id": "A"}, {"id": "B"}]))
    async with client:
        assert len(await client.users()) == 2
    assert len(there.asked) == 3


async def cut() -> AsyncIterator[bytes]:
    """Send half a body, then lose the connection."""
    yield b'{"code": 10000, "value": ['
    raise httpx.ReadError("lost")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("make", [lambda c: c.users(), lambda c: c.user("A")])
async def test_a_connection_that_ends_within_the_body_is_an_answer_lost(make: Made) -> None:
    """A connection that ends within the body of a list or of a single answer is an answer that was lost."""
    client, there = scripted(lambda _: httpx.Response(200, content=cut()))
    async with client:
        with pytest.raises(AnswerLost, match="ended before the answer was whole"):
            await make(client)
    assert len(there.asked) == 3


async def packed(content: bytes) -> AsyncIterator[bytes]:
    """Send a body at once."""
    yield content


@pytest.mark.usefixtures("quick")
async def test_a_body_may_be_compressed_and_have_a_byte_order_mark() -> None:
    """A compressed body with a byte order mark is read, and one that is badly compressed is asked for again."""
    whole = gzip.compress(b"\xef\xbb\xbf" + success([{"id": "A"}]).encode())
    headers = {"content-encoding": "gzip"}
    client, there = scripted(
        lambda _: httpx.Response(200, content=packed(b"no gzip"), headers=headers),
        lambda _: httpx.Response(200, content=packed(whole), headers=headers),
        lambda _: httpx.Response(200, content=packed(b"no gzip"), headers=headers),
    )
    async with client:
        assert len(await client.users()) == 1
        assert len(there.asked) == 2
        with pytest.raises(AnswerBroken, match="is not HTTP as it should be"):
            await client.users()


ONCE: list[Made] = [
    lambda c: c.add_user("A", {"name": "a", "account": "a"}, "geheim"),
    lambda c: c.add_department("A", {"name": "a"}),
    lambda c: c.add_room("A", {"name": "a"}),
    lambda c: c.cancel_meeting("A"),
    lambda c: c.finish_meeting("A"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("make", ONCE)
async def test_what_would_be_another_thing_the_second_time_is_not_repeated(make: Made) -> None:
    """What may not be done twice is not repeated after a 500, and is after a 429, which carries nothing out."""
    client, there = scripted("oops", status=500)
    async with client:
        with pytest.raises(AnswerLost, match="it may have been carried out"):
            await make(client)
    assert len(there.asked) == 1
    client, there = scripted("not now", status=429)
    async with client:
        with pytest.raises(PlatformBusy):
            await make(client)
    assert len(there.asked) == 3


@pytest.mark.parametrize(("code", "error"), [(71002, TokenMissing), (71003, TokenIllegal), (71004, TokenExpired)])
async def test_a_refused_token_is_renewed_once_for_all_tasks(code: int, error: type[Refused]) -> None:
    """A refused token is renewed once for all tasks, and each call is repeated once."""
    refused = f'{{"success": false, "code": {code}}}'

    def judge(request: httpx.Request) -> httpx.Response:
        is_first = request.url.params["access_token"] == f"{TOKEN}-1"
        return httpx.Response(200, text=refused if is_first else success([]))

    client, there = scripted(judge)
    async with client:
        assert await asyncio.gather(*(client.users() for _ in range(5))) == [()] * 5
        assert (there.tokens, len(there.asked)) == (2, 10)
    client, there = scripted(refused)
    async with client:
        with pytest.raises(error):
            await client.users()
        assert (there.tokens, len(there.asked)) == (2, 2)


async def test_no_token_and_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """No token and no secret stands in a log, in an error, or in what a trace shows (I8)."""
    caplog.set_level(logging.DEBUG)
    client, _ = scripted("<html>", status=404)
    async with client:
        with pytest.raises(PlatformError) as caught:
            await client.users()
    tokens = client._calls._tokens  # noqa: SLF001 - what a trace would show
    shown = [caplog.text, str(caught.value), repr(caught.value), repr(caught.value.__cause__), repr(client)]
    shown += [repr(one) for one in (tokens, tokens._access, SETTINGS, Token(TOKEN))]  # noqa: SLF001 - likewise
    assert not [one for one in shown if TOKEN in one or SECRET in one or "?" in one]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "99999"}, 300.0),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT", "date": "Tue, 24 Nov 2026 12:00:00 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_seconds_or_a_date(header: dict[str, str], seconds: float | None) -> None:
    """Retry-After is read as seconds or as a date, but never as more than five minutes."""
    exchange = Exchange(SETTINGS, Scripted("", status=429, **header))
    with pytest.raises(PlatformBusy) as caught:
        await exchange.get("user/list", httpx.URL("http://h5/api"), read_envelope)
    assert caught.value.retry_after == seconds


async def test_redirects_are_not_followed() -> None:
    """A redirect is not followed, for it would carry the secret elsewhere."""
    client, there = scripted("", status=302, location="http://elsewhere/")
    async with client:
        with pytest.raises(AnswerUnusable, match="redirects"):
            await client.users()
    assert {url.host for url in there.urls} == {"h5"}


def lost(_: httpx.Request) -> httpx.Response:
    """Lose the connection."""
    raise httpx.ReadError("lost")


@pytest.mark.usefixtures("quick")
async def test_a_call_whose_token_was_lost_was_not_sent() -> None:
    """A call whose token was lost is made again, and in the end the error says that it was not sent."""
    make = ONCE[0]
    client, there = scripted(success({"id": "A"}))
    there.before_tokens = [lost, lambda _: httpx.Response(200, text="<html>")]
    async with client:
        await make(client)
        assert (there.asked, len(there.urls)) == (["user/add"], 4)
    client, there = scripted(success({"id": "A"}))
    there.before_tokens = [lost] * 9
    async with client:
        with pytest.raises(PlatformUnreachable, match=r"oapi/gettoken: .*without a token nothing else was sent"):
            await make(client)
        assert (there.asked, len(there.urls)) == ([], 3)


@pytest.mark.usefixtures("quick")
async def test_a_token_that_is_none_is_not_asked_for_again() -> None:
    """An answer to the request for a token that bears none is final, for the address must be wrong."""
    for answer in (httpx.Response(404, text="<html>"), httpx.Response(200, json={"code": 10000, "value": None})):
        client, there = scripted(success([]))
        there.before_tokens = [lambda _, answer=answer: answer]  # type: ignore[misc]
        async with client:
            with pytest.raises(AnswerUnusable, match="oapi/gettoken: the answer"):
                await client.users()
        assert len(there.urls) == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "text", [b"RUBBISH\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"SSH-2.0-x\r\n"]
)
async def test_an_answer_that_is_no_http_is_told(text: bytes) -> None:
    """An answer that is no HTTP raises an error that says so and does not show the secret."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Client(ClientSettings(url, "key", SECRET, rate=0)) as client:
            with pytest.raises(PlatformUnreachable, match="is not HTTP as it should be") as caught:
                await client.users()
    assert SECRET not in str(caught.value)
