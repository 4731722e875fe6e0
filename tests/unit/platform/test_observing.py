"""An observer is told the client's calls, waits and tokens."""

import asyncio
from collections.abc import Iterator

import httpx
import msgspec
import pytest
import stamina

from syncd.errors import PlatformError
from syncd.platform import Client
from syncd.platform.transport import OUTCOMES
from syncd.telemetry.metrics import WITHOUT_ENVELOPE
from syncd.testing.scripted import SETTINGS, Answer, Scripted, success


@pytest.fixture
def twice() -> Iterator[None]:
    """Let what may be repeated be tried twice, at once."""
    with stamina.set_testing(True, attempts=2):
        yield


class Notes:
    """Notes everything."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.seconds: list[float] = []
        self.waits: list[float] = []
        self.tokens = 0

    def call(self, endpoint: str, code: str, seconds: float) -> None:
        """Note a call."""
        self.calls.append((endpoint, code))
        self.seconds.append(seconds)

    def waited(self, seconds: float) -> None:
        """Note a wait."""
        self.waits.append(seconds)

    def unreadable(self, endpoint: str, object_id: str, why: str) -> None:
        """Note it."""
        self.calls.append((endpoint, f"unreadable {object_id}: {why}"))

    def token_renewed(self) -> None:
        """Note a token."""
        self.tokens += 1


def refused(code: str) -> str:
    """Return the answer of a refused call."""
    return f'{{"code": {code}, "message": "no"}}'


def observed(*answers: Answer, status: int = 200, **settings: float) -> tuple[Client, Notes]:
    """Return a client of a platform that answers so, and what is noted of it."""
    notes = Notes()
    chosen = msgspec.structs.replace(SETTINGS, **settings)
    return Client(chosen, Scripted(*answers, status=status), notes), notes


async def test_each_exchange_is_told_with_its_code_and_the_token_with_it() -> None:
    """An observer is told each exchange with its code, also that for the token, and no wait where there is no rate."""
    client, notes = observed(success([]), refused("71009"))
    await client.users()
    assert await client.user("NOBODY") is None
    assert notes.calls == [("oapi/gettoken", "10000"), ("user/list", "10000"), ("user/get", "71009")]
    assert (notes.tokens, notes.waits) == (1, [])
    assert all(0 < one < 60 for one in notes.seconds)


async def test_a_token_that_expires_is_told_as_often_as_it_is_renewed() -> None:
    """An observer is told each renewal of the token, and also the call that found it expired."""
    client, notes = observed(refused("71004"), success([]))
    await client.users()
    assert notes.calls == [
        ("oapi/gettoken", "10000"),
        ("user/list", "71004"),
        ("oapi/gettoken", "10000"),
        ("user/list", "10000"),
    ]
    assert notes.tokens == 2


async def test_a_call_that_waits_for_its_turn_tells_how_long() -> None:
    """An observer is told how long calls wait that share a rate, of which the first does not wait."""
    client, notes = observed(success([]), rate=20.0)
    await asyncio.gather(*(client.users() for _ in range(3)))
    assert len(notes.calls) == 4
    assert 0 < len(notes.waits) <= 3
    assert all(0 < one < 60 for one in notes.waits)


@pytest.mark.usefixtures("twice")
@pytest.mark.parametrize(("status", "name"), [(429, "busy"), (500, "server_fault"), (200, "broken"), (404, "unusable")])
async def test_an_exchange_without_an_envelope_is_told_by_its_fault(status: int, name: str) -> None:
    """An observer is told every attempt that brings no envelope, with the name of its fault."""
    client, notes = observed("<html>", status=status)
    with pytest.raises(PlatformError):
        await client.users()
    assert set(notes.calls[1:]) == {("user/list", name)}
    assert len(notes.calls) == (2 if name == "unusable" else 3)


@pytest.mark.usefixtures("twice")
@pytest.mark.parametrize(("error", "name"), [(httpx.ConnectError, "unreachable"), (httpx.ReadError, "lost")])
async def test_an_exchange_that_ends_without_an_answer_is_told(error: type[httpx.TransportError], name: str) -> None:
    """An observer is told an exchange without an answer as unreachable or as lost."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error("no")

    client, notes = observed(fail)
    with pytest.raises(PlatformError):
        await client.users()
    assert notes.calls[1:] == [("user/list", name)] * 2


def test_every_fault_without_an_envelope_is_known_to_the_metrics() -> None:
    """The metrics know every name under which an exchange without an envelope is told."""
    assert {name for _, name in OUTCOMES} == set(WITHOUT_ENVELOPE)
