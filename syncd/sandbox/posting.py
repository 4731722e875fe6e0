"""HTTP towards the receiver of events: one request and its answer on a connection that is kept.

It stands on the parser of our own server, since a push may not cost more than half of what a call of the API costs.
"""

import asyncio
import ssl
from urllib.parse import SplitResult, urlsplit

import httptools

from syncd.sandbox.envelopes import Outgoing

SCHEMES = {"http": 80, "https": 443}
LARGEST_ANSWER = 1 << 20


class Unanswered(Exception):
    """A receiver gave no HTTP answer in time, or there is nobody at its URL."""


class Connection(asyncio.Protocol):
    """One connection; it bears one request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.is_open = False
        self._done: asyncio.Future[tuple[int, bytes]] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Give status and body of the answer; raises `Unanswered` where the connection ends before it."""
        self._parts: list[bytes] = []
        self._size, self._is_framed, self._has_head = 0, False, False
        self._parser = httptools.HttpResponseParser(self)
        self._done = self._loop.create_future()
        self._transport.write(request)
        return await self._done

    def close(self) -> None:
        """End it, with nothing left to say: TLS would wait for the other side, longer than our loop may live."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # of a connection it is one
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Read a part of the answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("the answer is no HTTP")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """End; an answer that does not say how long it is ends here too (RFC 9112, 6.3)."""
        self.is_open = False
        if self._done is None or self._done.done():
            return
        if self._has_head and not self._is_framed:
            self.on_message_complete()
        else:
            self._fail("the connection ended before the answer was whole")

    def on_header(self, name: bytes, _value: bytes) -> None:
        """Notice whether the answer says how long it is."""
        self._is_framed |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        """Notice the end of the head."""
        self._has_head = True

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._size += len(part)
        if self._size > LARGEST_ANSWER:
            self._fail(f"the answer has more than {LARGEST_ANSWER} bytes")
        else:
            self._parts.append(part)

    def on_message_complete(self) -> None:
        """Give the answer."""
        if not self._parser.should_keep_alive():
            self.is_open = False
            self._transport.close()
        if self._done is not None and not self._done.done():
            self._done.set_result((self._parser.get_status_code(), b"".join(self._parts)))

    def _fail(self, reason: str) -> None:
        self.is_open = False
        self._transport.abort()
        if self._done is not None and not self._done.done():
            self._done.set_exception(Unanswered(reason))


class Poster:
    """Posts to one URL at a time, over as many connections as there are requests at once."""

    def __init__(self) -> None:
        self._url = ""
        self._idle: list[Connection] = []

    async def post(self, url: str, sent: Outgoing, seconds: float) -> tuple[int, bytes]:
        """Give status and body; raises `Unanswered` where there is none within so many seconds."""
        if url != self._url:
            self.close()
            self._url, self._address = url, address(url)
            self._context = ssl.create_default_context() if self._address.scheme == "https" else None
        request = _request(self._address, sent)
        try:
            async with asyncio.timeout(seconds):
                return await self._posted(request)
        except TimeoutError:
            raise Unanswered(f"no answer came within {seconds * 1000:g} ms") from None
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise Unanswered(f"{self._address.netloc} cannot be reached: {reason}") from None

    def close(self) -> None:
        """End the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    async def _posted(self, request: bytes) -> tuple[int, bytes]:
        while self._idle:
            kept = self._idle.pop()
            if kept.is_open:
                # A receiver may end a kept connection just when we use it; the request is then sent on a new one.
                try:
                    return await self._asked(kept, request)
                except Unanswered:
                    break
        return await self._asked(await self._connected(), request)

    async def _asked(self, connection: Connection, request: bytes) -> tuple[int, bytes]:
        url = self._url
        try:
            answer = await connection.ask(request)
        except asyncio.CancelledError:
            connection.close()
            raise
        if connection.is_open and url == self._url:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    async def _connected(self) -> Connection:
        there, loop = self._address, asyncio.get_running_loop()
        port = there.port or SCHEMES[there.scheme]
        _, made = await loop.create_connection(Connection, there.hostname or "", port, ssl=self._context)
        return made


def address(url: str) -> SplitResult:
    """Read a URL; raises `Unanswered` for one that is not http or https, or names no host."""
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        raise Unanswered(f"{url} is no URL") from None
    if found.scheme not in SCHEMES or not found.hostname or port == 0 or not _is_plain(url):
        raise Unanswered(f"{url} is no URL such as http://127.0.0.1:8090/callback")
    return found


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _request(there: SplitResult, sent: Outgoing) -> bytes:
    query = "&".join(one for one in (there.query, sent.query) if one)
    target = (there.path or "/") + (f"?{query}" if query else "")
    host = there.netloc.rpartition("@")[2]
    head = (
        f"POST {target} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {sent.kind}\r\n"
        f"content-length: {len(sent.body)}\r\naccept: application/json\r\n\r\n"
    )
    return head.encode() + sent.body
