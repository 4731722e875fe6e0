"""The listener is an ASGI application, and has a real store behind it here."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.app.receiving import Receipt
from syncd.app.records import EventState, InboxEvent
from syncd.events.listener import STATUS, Limits, Listener
from syncd.events.writer import Writer
from syncd.shadow.store import Store
from syncd.telemetry.receiving import Receipts
from syncd.wire.callback import CallbackKeys
from tests.kit.installation.callbacks import AES_KEY, APPKEY, KEYS, event, fields, is_success, sealed
from tests.kit.waiting import DEADLINE_SECONDS, until

FORMER = CallbackKeys.of("former", AES_KEY[::-1], APPKEY)
LIMITS = Limits(body=64 << 10, store_seconds=DEADLINE_SECONDS, body_seconds=DEADLINE_SECONDS)
BRIEFLY = 0.1
"""Seconds that a test waits for what does not come."""
GENUINE = json.dumps(fields(sealed(event()))).encode()
LAST: Mapping[str, Any] = {"type": "http.request"}
HUNG_UP: Mapping[str, Any] = {"type": "http.disconnect"}
SILENT = None


class Answer:
    """What one request was answered; nothing was if the sender was gone."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 0, b"", dict[bytes, bytes]()

    async def take(self, message: Mapping[str, Any]) -> None:
        """Take a part, as a server does."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.body += message["body"]


class Site:
    """A listener, its store and its counts."""

    def __init__(self, made: Callable[[Limits], Listener], limits: Limits, store: Store, receipts: Receipts) -> None:
        self._made, self._limits, self.store, self.receipts = made, limits, store, receipts
        self.listener = made(limits)

    def limit(self, **seconds: float) -> None:
        """Go on with another listener, whose limits differ in these."""
        self.listener = self._made(msgspec.structs.replace(self._limits, **seconds))

    async def ask(self, *parts: bytes, then: Mapping[str, Any] | None = LAST, **changes: object) -> Answer:
        """Send a request in parts, and then hang up, or be silent."""
        waiting: list[Mapping[str, Any]] = [{"type": "http.request", "body": one, "more_body": True} for one in parts]
        waiting += [then] if then else []

        async def receive() -> Any:  # noqa: ANN401 - ASGI
            if not waiting:
                await asyncio.Event().wait()
            return waiting.pop(0)

        scope = {"type": "http", "method": "POST", "path": "/callback", "query_string": b"", "headers": [], **changes}
        answer = Answer()
        await self.listener(scope, receive, answer.take)
        return answer

    async def receipt(self, *parts: bytes, **changes: Any) -> Receipt:  # noqa: ANN401 - the scope's
        """Give the one receipt of a request."""
        before = self.receipts.counts
        answer = await self.ask(*parts, **changes)
        (receipt,) = [one for one, count in self.receipts.counts.items() if count > before.get(one, 0)]
        assert answer.status == STATUS[receipt]
        assert bool(answer.body) is (answer.status == 200)
        return receipt

    @property
    def inbox(self) -> tuple[InboxEvent, ...]:
        """Give what is in the inbox."""
        with self.store.reading() as work:
            return work.inbox.latest(1000)


@asynccontextmanager
async def listening(store: Store, limits: Limits = LIMITS, **most: int) -> AsyncIterator[Site]:
    """Run a listener over a store."""
    receipts = Receipts()
    with ThreadPoolExecutor(1) as executor:
        async with Writer(store, **most) as writer:

            def made(limits: Limits) -> Listener:
                return Listener("/callback", (KEYS, FORMER), limits, writer, executor, receipts)

            yield Site(made, limits, store, receipts)


@contextmanager
def without_inbox(folder: Path) -> Iterator[None]:
    """Let a store fail to take events."""
    with closing(sqlite3.connect(folder / "syncd.db")) as beside:
        beside.execute("ALTER TABLE inbox RENAME TO elsewhere")
        yield
        beside.execute("ALTER TABLE elsewhere RENAME TO inbox")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every other writer out of a store."""
    with closing(sqlite3.connect(folder / "syncd.db", isolation_level=None)) as beside:
        beside.execute("BEGIN IMMEDIATE")
        yield
        beside.execute("ROLLBACK")


@pytest.fixture
async def site(store: Store) -> AsyncIterator[Site]:
    """Give a listener."""
    async with listening(store) as made:
        yield made


async def test_an_event_is_in_the_inbox_before_it_is_answered(site: Site) -> None:
    """An event is in the inbox when it is answered by `success`, with a fresh time stamp and nonce."""
    answer = await site.ask(GENUINE)
    assert (answer.status, is_success(answer.body)) == (200, True)
    assert [(one.type, one.state, one.body) for one in site.inbox] == [("user_update", EventState.PENDING, event())]
    again = await site.ask(GENUINE)
    first, second = (json.loads(one.body) for one in (answer, again))
    assert abs(int(first["timeStamp"]) / 1000 - time.time()) < 60
    assert first["nonce"] != second["nonce"]


async def test_the_answer_is_sealed_with_the_keys_of_the_question(site: Site) -> None:
    """The answer is sealed with the keys of the question, so that a platform with former keys can read it."""
    answer = await site.ask(json.dumps(fields(sealed(event(), FORMER))).encode())
    assert is_success(answer.body, FORMER)


async def test_a_check_of_the_url_is_answered_without_the_store(site: Site, tmp_path: Path) -> None:
    """A check of the URL is answered without the store, even while that takes nothing."""
    with without_inbox(tmp_path):
        answer = await site.ask(json.dumps(fields(sealed(b'{"event_type": "check_url"}'))).encode())
    assert is_success(answer.body)
    assert site.inbox == ()
    assert site.receipts.counts == {Receipt.CHECKED: 1}


async def test_a_long_list_in_many_parts_is_taken(store: Store) -> None:
    """An event with a long list that comes in many parts is stored whole."""
    message = event("user_update", [{"id": str(number), "name": "王芳"} for number in range(5000)])
    body = json.dumps(fields(sealed(message))).encode()
    async with listening(store, Limits(body=8 << 20)) as site:
        answer = await site.ask(*(body[start : start + 65536] for start in range(0, len(body), 65536)))
        assert is_success(answer.body)
        assert site.inbox[0].body == message


@pytest.mark.parametrize("age", [86400, -86400])
async def test_a_stale_event_is_stored_and_answered_all_the_same(site: Site, age: int) -> None:
    """An event from long ago or from the future is stored and answered like any other (DESIGN 6)."""
    stamp = str(int((time.time() - age) * 1000))
    assert is_success((await site.ask(json.dumps(fields(sealed(event(), time_stamp=stamp))).encode())).body)
    assert site.inbox[0].time_stamp == int(stamp) / 1000


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post"])
async def test_another_method_is_405(site: Site, method: str) -> None:
    """A request by another method than POST is answered by 405, which names POST."""
    answer = await site.ask(b"", method=method)
    assert (answer.status, answer.headers[b"allow"], answer.body) == (405, b"POST", b"")


@pytest.mark.parametrize("path", ["/", "/callback/", "/Callback", "/metrics", ""])
async def test_another_path_is_404(site: Site, path: str) -> None:
    """A request to another path is answered by 404, whatever its method."""
    assert await site.receipt(GENUINE, path=path) is Receipt.NO_SUCH_PATH
    assert (await site.ask(b"", path=path, method="GET")).status == 404


FORGED = {
    "signature": fields(sealed(event())) | {"msg_signature": "0" * 40},
    "token": fields(sealed(event(), CallbackKeys.of("guessed", AES_KEY, APPKEY))),
    "receiver": fields(sealed(event(), CallbackKeys.of(KEYS.token, AES_KEY, "another app"))),
}
NOT_UNDERSTOOD = {
    "no JSON within": fields(sealed(b"success")),
    "no UTF-8 within": fields(sealed(b'{"event_type": "\xff"}')),
    "no fields": {},
    "a list": [],
}


@pytest.mark.parametrize("name", FORGED)
async def test_forgeries_look_all_alike_from_outside(site: Site, name: str) -> None:
    """Every forgery is answered by the same 403 without content, and nothing is stored."""
    answer = await site.ask(json.dumps(FORGED[name]).encode())
    assert (answer.status, answer.body, answer.headers) == (403, b"", {b"content-length": b"0"})
    assert site.inbox == ()
    assert site.receipts.counts == {Receipt.FORGED: 1}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
async def test_what_is_no_callback_by_its_form_is_not_called_a_forgery(site: Site, name: str) -> None:
    """A request that is no callback by its form is answered by 400 and counted apart from forgeries."""
    answer = await site.ask(json.dumps(NOT_UNDERSTOOD[name]).encode())
    assert (answer.status, answer.body, answer.headers) == (400, b"", {b"content-length": b"0"})
    assert site.inbox == ()
    assert site.receipts.counts == {Receipt.NOT_UNDERSTOOD: 1}


async def test_a_body_over_the_limit_is_refused_before_it_is_read_whole(site: Site) -> None:
    """A body over the limit is refused before it is read whole, and a body at the limit is not."""
    too_long = LIMITS.body + 1
    assert await site.receipt(headers=[(b"content-length", str(too_long).encode())]) is Receipt.TOO_LARGE
    parts = [b"x" * 1024] * (LIMITS.body // 1024)
    assert await site.receipt(*parts, b"x", b"never read") is Receipt.TOO_LARGE
    assert await site.receipt(*parts) is Receipt.NOT_UNDERSTOOD


async def test_a_body_that_does_not_end_is_refused_in_time(site: Site) -> None:
    """A body that does not end is answered by 408, whether nothing more comes or a byte now and then."""
    site.limit(body_seconds=BRIEFLY)
    answer = await site.ask(GENUINE[:10], then=SILENT)
    assert (answer.status, answer.headers[b"connection"]) == (408, b"close")

    async def receive() -> dict[str, object]:
        await asyncio.sleep(BRIEFLY / 10)
        return {"type": "http.request", "body": b"x", "more_body": True}

    answer = Answer()
    scope = {"type": "http", "method": "POST", "path": "/callback", "query_string": b"", "headers": []}
    await site.listener(scope, receive, answer.take)
    assert answer.status == 408


async def test_a_sender_who_hangs_up_harms_nobody(site: Site) -> None:
    """A sender who hangs up midway through a body keeps no later event from being stored."""
    assert await site.receipt(GENUINE[:100], then=HUNG_UP) is Receipt.GONE
    assert await site.receipt(GENUINE) is Receipt.STORED
    assert len(site.inbox) == 1


async def test_a_store_that_takes_nothing_is_503_and_then_goes_on(site: Site, tmp_path: Path) -> None:
    """While the store fails all requests are answered by 503, and afterwards events are stored again."""
    with without_inbox(tmp_path):
        answers = await asyncio.gather(*(site.ask(GENUINE) for _ in range(20)))
    assert {one.status for one in answers} == {503}
    assert site.receipts.counts == {Receipt.FAILED: 20}
    assert await site.receipt(GENUINE) is Receipt.STORED


async def test_a_store_that_is_held_too_long_is_503_in_time(site: Site, tmp_path: Path) -> None:
    """An event that the store takes too late is answered as late, and is stored all the same."""
    site.limit(store_seconds=BRIEFLY)
    with held(tmp_path):
        assert await site.receipt(GENUINE) is Receipt.LATE
    site.limit()
    assert await site.receipt(GENUINE) is Receipt.STORED
    assert len(site.inbox) == 2


@pytest.mark.parametrize("most", [{"most_events": 3}, {"most_bytes": 3 * len(event())}], ids=str)
async def test_more_than_may_wait_is_503_at_once(store: Store, tmp_path: Path, most: dict[str, int]) -> None:
    """More events or bytes than may wait are answered by 503, and later events are stored again."""
    async with listening(store, LIMITS, **most) as site:
        with held(tmp_path):
            waiting = [asyncio.create_task(site.ask(GENUINE)) for _ in range(5)]
            await until(lambda: site.receipts.counts == {Receipt.FULL: 2})
        answers = [(await one).status for one in waiting]
        assert sorted(answers) == [200, 200, 200, 503, 503]
        assert site.receipts.counts == {Receipt.STORED: 3, Receipt.FULL: 2}
        assert await site.receipt(GENUINE) is Receipt.STORED


async def test_no_more_is_read_than_may_be_held(store: Store) -> None:
    """Many long bodies at once are answered by 503, and what they held is free again afterwards."""
    async with listening(store, Limits(body=64 << 10, held=100_000, body_seconds=1.0)) as site:
        slow = asyncio.create_task(site.ask(b"x" * 60_000, then=SILENT))
        await asyncio.sleep(0)
        assert await site.receipt(b"x" * 60_000) is Receipt.FULL
        assert await site.receipt(GENUINE) is Receipt.STORED
        assert (await slow).status == 408
        assert await site.receipt(b"x" * 60_000) is Receipt.NOT_UNDERSTOOD


async def test_what_nobody_foresaw_is_503_and_shows_nothing(store: Store) -> None:
    """An unforeseen fault of one request is answered by 503, and the next event is stored."""
    async with listening(store) as site:
        assert (await site.ask(GENUINE, query_string=None)).status == 503
        assert await site.receipt(GENUINE) is Receipt.STORED
        assert site.receipts.counts[Receipt.FAILED] == 1


def test_every_receipt_has_a_status() -> None:
    """Only what was stored or checked is a success, and only what should be sent again is a 503."""
    assert set(STATUS) == set(Receipt)
    assert {one for one in Receipt if STATUS[one] < 300} == {Receipt.STORED, Receipt.CHECKED}
    assert {STATUS[one] for one in Receipt if STATUS[one] >= 500} == {503}
