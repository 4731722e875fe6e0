"""The listener: a callback is verified, decrypted, made durable and answered, in milliseconds (DESIGN 6, events).

Raw ASGI: a framework costs a fifth of the throughput, for one route.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor
from typing import Any, Protocol

import msgspec
import structlog

from syncd.app.receiving import Observer, Receipt
from syncd.app.records import Received
from syncd.errors import StoreError
from syncd.events.opening import Opened, opened
from syncd.events.writer import QueueFull
from syncd.wire.callback import RANDOM_BYTES, SUCCESS, CallbackKeys, Forged, NotUnderstood, Sealed, seal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

STATUS: Mapping[Receipt, int] = {
    Receipt.STORED: 200,
    Receipt.CHECKED: 200,
    Receipt.FORGED: 403,
    Receipt.NOT_UNDERSTOOD: 400,
    Receipt.NO_SUCH_PATH: 404,
    Receipt.NO_SUCH_METHOD: 405,
    Receipt.TOO_LARGE: 413,
    Receipt.TOO_SLOW: 408,
    Receipt.GONE: 400,
    Receipt.FULL: 503,
    Receipt.LATE: 503,
    Receipt.FAILED: 503,
}
LET_FINISH = {Receipt.NO_SUCH_PATH, Receipt.NO_SUCH_METHOD, Receipt.TOO_LARGE}
UNREAD = {*LET_FINISH, Receipt.TOO_SLOW}
ON_THE_LOOP = 32 << 10  # bytes; opening so many takes a tenth of a millisecond, more is for a thread
MOST_HELD = 32 << 20
BODY_SECONDS = 10.0
LINGER_SECONDS = 2.0
LINGERING = 4  # times the longest body that may come
# The platform waits 1,500 ms for an answer, of which some are the network's.
STORE_SECONDS = 1.2


class Limits(msgspec.Struct, frozen=True):
    """What a sender may ask for: bytes of one body and of all that are being answered, and seconds."""

    body: int
    held: int = MOST_HELD
    body_seconds: float = BODY_SECONDS
    store_seconds: float = STORE_SECONDS
    linger_seconds: float = LINGER_SECONDS


class Inbox(Protocol):
    """Makes events durable; the future fails with `StoreError`, and `QueueFull` is raised at once."""

    def put(self, event: Received, /) -> asyncio.Future[None]:
        """Take an event."""


class Refusal(Exception):
    """A request ends with this receipt."""

    def __init__(self, receipt: Receipt, why: str = "") -> None:
        super().__init__(why)
        self.receipt, self.why = receipt, why


class Listener:
    """The ASGI application of the callback path; `executor` opens what is too large for the loop."""

    def __init__(
        self,
        path: str,
        keys: Sequence[CallbackKeys],
        limits: Limits,
        inbox: Inbox,
        executor: Executor,
        tell: Observer,
    ) -> None:
        self._path, self._keys, self._limits = path, tuple(keys), limits
        self._inbox, self._executor, self._tell = inbox, executor, tell
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever it is, the sender learns nothing but the status."""
        why, content = "", b""
        try:
            receipt, content = await self._answer(scope, receive)
        except Refusal as refusal:
            receipt, why = refusal.receipt, refusal.why
        except Exception as error:  # noqa: BLE001 - one request must not end another, nor show a traceback
            structlog.get_logger().exception("a request could not be answered", action="listener_fault")
            receipt, why = Receipt.FAILED, type(error).__name__
        self._tell(receipt, _sender(scope), why)
        await _reply(send, receipt, content)
        if receipt in LET_FINISH:
            await self._let_finish(receive)
            await send({"type": "http.response.body", "body": b""})

    async def _let_finish(self, receive: Receive) -> None:
        """Throw away what a refused sender still sends: who is hung up on while sending never reads the answer."""
        length, most = 0, self._limits.body * LINGERING
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.linger_seconds):
                while length < most and (message := await receive()).get("more_body"):
                    length += len(message.get("body", b""))

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Receipt, bytes]:
        if scope["path"] != self._path:
            raise Refusal(Receipt.NO_SUCH_PATH)
        if scope["method"] != "POST":
            raise Refusal(Receipt.NO_SUCH_METHOD)
        body = bytearray()
        try:
            await self._read(scope, receive, body)
            return await self._taken(bytes(body), scope["query_string"])
        finally:
            self._held -= len(body)

    async def _read(self, scope: Scope, receive: Receive, body: bytearray) -> None:
        if _content_length(scope) > self._limits.body:
            raise Refusal(Receipt.TOO_LARGE)
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while await self._read_part(receive, body):
                    pass
        except TimeoutError:
            raise Refusal(Receipt.TOO_SLOW) from None

    async def _read_part(self, receive: Receive, body: bytearray) -> bool:
        """Read on, and tell whether there is more."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(Receipt.GONE)
        part = message.get("body", b"")
        body += part
        self._held += len(part)
        if len(body) > self._limits.body:
            raise Refusal(Receipt.TOO_LARGE)
        if self._held > self._limits.held:
            raise Refusal(Receipt.FULL, f"{self._held} bytes of requests are held")
        return bool(message.get("more_body"))

    async def _taken(self, body: bytes, query: bytes) -> tuple[Receipt, bytes]:
        """Open a request and store its event; give the answer."""
        try:
            found = await self._opened(body, query)
        except Forged as forged:
            raise Refusal(Receipt.FORGED, str(forged)) from None
        except NotUnderstood as fault:
            raise Refusal(Receipt.NOT_UNDERSTOOD, str(fault)) from None
        if not found.is_check:
            await self._stored(found)
        return Receipt.CHECKED if found.is_check else Receipt.STORED, answer(found.keys, time.time())

    async def _opened(self, body: bytes, query: bytes) -> Opened:
        if len(body) <= ON_THE_LOOP:
            return opened(self._keys, body, query, time.time())
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, opened, self._keys, body, query, time.time())

    async def _stored(self, found: Opened) -> None:
        try:
            async with asyncio.timeout(self._limits.store_seconds):
                await self._inbox.put(found.event)
        except QueueFull as full:
            raise Refusal(Receipt.FULL, str(full)) from None
        except TimeoutError:
            raise Refusal(Receipt.LATE, "the store takes too long") from None
        except StoreError as error:
            raise Refusal(Receipt.FAILED, str(error)) from None


def answer(keys: CallbackKeys, now: float) -> bytes:
    """Give `success`, sealed with the keys that the question was sealed with."""
    sealed: Sealed = seal(keys, SUCCESS, str(int(now * 1000)), secrets.token_hex(8), secrets.token_bytes(RANDOM_BYTES))
    return msgspec.json.encode(sealed)


def _content_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0


def _sender(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


async def _reply(send: Send, receipt: Receipt, content: bytes) -> None:
    """Answer; where a sender is let finish, the end of the answer is still to be sent."""
    headers = [(b"content-length", b"%d" % len(content))]
    if content:
        headers.append((b"content-type", b"application/json"))
    if receipt is Receipt.NO_SUCH_METHOD:
        headers.append((b"allow", b"POST"))
    if receipt in UNREAD:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": STATUS[receipt], "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": receipt in LET_FINISH})
