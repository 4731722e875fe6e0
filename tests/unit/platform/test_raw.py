"""Raw calls give answers as they stand."""

from contextlib import aclosing

import httpx
import msgspec
import pytest
import stamina

from syncd.errors import AnswerBroken, AnswerLost, PlatformError
from syncd.platform.raw import RawCalls
from syncd.testing.scripted import SETTINGS, Answer, Scripted, success

REFUSED = '{"success": false, "code": "71009", "message": "User is not exist", "fieldErrors": [], "more": 1}'


def raw(*answers: Answer, status: int = 200, **settings: object) -> tuple[RawCalls, Scripted]:
    """Return what makes raw calls, and what answers it."""
    there = Scripted(*answers, status=status)
    return RawCalls(msgspec.structs.replace(SETTINGS, **settings), there), there


async def test_an_answer_is_given_whole() -> None:
    """A refusal is given whole, with its HTTP status and with fields that the document does not name."""
    calls, _ = raw(REFUSED, status=400)
    async with aclosing(calls):
        said = await calls.ask("user/get", {"userId": "A"})
    assert (said.status, said.code, said.is_success, said.envelope["more"]) == (400, "71009", False, 1)
    assert said.outcome == "refused with 71009 (User is not exist)"
    with pytest.raises(PlatformError, match="71009"):
        _ = said.record


@pytest.mark.parametrize(
    ("body", "kind", "sent"),
    [
        ("", "application/json", '{"userId":"A"}'),
        ("json", "application/json", '{"userId":"A"}'),
        ("form", "application/x-www-form-urlencoded", "userId=A"),
    ],
)
async def test_a_call_has_the_body_that_is_wanted(body: str, kind: str, sent: str) -> None:
    """A raw call has the form of body that it is given, or else the JSON of the settings."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=success({}))

    calls, _ = raw(answer)
    async with aclosing(calls):
        await calls.ask("user/get", {"userId": "A"}, body)
    assert (seen[0].headers["content-type"], seen[0].content.decode()) == (kind, sent)


async def test_a_refused_token_is_renewed_once() -> None:
    """A refused token is renewed once and the call repeated, unless the caller chose the token."""
    illegal = '{"success": false, "code": 71003}'
    calls, there = raw(illegal, success([]))
    async with aclosing(calls):
        assert (await calls.ask("user/list", {})).is_success
    assert (there.tokens, len(there.asked)) == (2, 2)
    calls, there = raw(illegal)
    async with aclosing(calls):
        assert (await calls.ask("user/list", {}, token="x")).code == "71003"
        assert (await calls.ask("user/list", {})).code == "71003"
    assert len(there.asked) == 3


async def test_the_former_token_is_used_after_a_renewal() -> None:
    """A call can be made with the former token after a renewal, and later calls use the new one."""
    calls, there = raw(success([]))
    async with aclosing(calls):
        await calls.ask_after_renewal("user/list", {})
        await calls.ask("user/list", {})
    assert [url.query[-2:] for url in there.urls if b"access_token" in url.query] == [b"-1", b"-2"]


async def test_what_may_have_been_carried_out_is_asked_again_only_where_that_is_the_same() -> None:
    """After a fault a reading call is repeated, and one that adds is not, for it may have been carried out."""
    with stamina.set_testing(testing=True, attempts=2):
        calls, there = raw("<html>", success([]))
        async with aclosing(calls):
            assert (await calls.ask("user/list", {})).is_success
        calls, there = raw("<html>", status=500)
        async with aclosing(calls):
            with pytest.raises(AnswerLost, match="it may have been carried out"):
                await calls.ask("user/add", {"name": "x"})
        assert len(there.asked) == 1


async def test_what_is_no_envelope_is_an_error() -> None:
    """An answer that is no envelope is an error, even where it is JSON."""
    for answer in ("[]", "3", '{"value": []}', "<html>"):
        calls, _ = raw(answer, status=404)
        async with aclosing(calls):
            with pytest.raises(AnswerBroken):
                await calls.ask("user/list", {})


async def test_read_only_lets_no_writing_call_out() -> None:
    """No raw call that writes is sent where `read_only` is set, and reading ones are (I10)."""
    calls, there = raw(success([]), read_only=True)
    async with aclosing(calls):
        assert (await calls.ask("user/list", {})).is_success
        with pytest.raises(PlatformError, match=r"platform\.read_only is true"):
            await calls.ask("user/remove", {"userId": "A"})
    assert there.asked == ["user/list"]
