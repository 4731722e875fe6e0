"""HTTP: one request and its answer, with every fault of the library translated at this one border."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from syncd.config.certificates import why_refused
from syncd.config.trust import tls_context
from syncd.errors import (
    AnswerBroken,
    AnswerLost,
    PlatformBusy,
    PlatformError,
    PlatformUnreachable,
    ServerFault,
)
from syncd.model.json_text import decoded
from syncd.platform.bodies import Body
from syncd.platform.observing import NOBODY, Observer
from syncd.platform.refusals import AnswerUnusable
from syncd.platform.settings import ClientSettings
from syncd.platform.streaming import ListStream, Unreadable
from syncd.wire.envelope import Answer, Envelope
from syncd.wire.loose import text
from syncd.wire.retry_after import retry_after

Value = TypeVar("Value")
Shown_co = TypeVar("Shown_co", covariant=True)
Reader = Callable[[AsyncIterator[bytes]], Awaitable[tuple[Answer, Value]]]
HEADERS = [(b"accept", b"application/json"), (b"accept-encoding", b"gzip, deflate"), (b"user-agent", b"syncd")]
HTTPS, REDIRECTS = 443, 300
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500
NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
NOTHING_SENT_PLAINLY = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
LONGEST_WAIT = 300.0
LARGEST_OBJECT = 16 << 20  # bytes of an answer that is no list
OUTCOMES: tuple[tuple[type[PlatformError], str], ...] = (
    (PlatformUnreachable, "unreachable"),
    (AnswerLost, "lost"),
    (ServerFault, "server_fault"),
    (PlatformBusy, "busy"),
    (AnswerUnusable, "unusable"),
    (PlatformError, "broken"),
)
"""What an exchange without an envelope is called, by its error; a class stands before those that it is one of."""


class OnWire(Protocol[Shown_co]):
    """An object of an answer."""

    def value(self) -> Shown_co:
        """Give it as the rest of the program knows it."""


class Exchange:
    """Sends requests and reads answers; errors name the call and never the URL's query.

    It speaks to the transport itself: of httpx's client nothing is wanted (redirects, cookies, authentication), and it
    would log every URL with its token. Every exchange raises `PlatformUnreachable` where nothing was sent, `AnswerLost`
    where it may have been carried out, `PlatformBusy` for 429 and `ServerFault` for 5xx without an envelope,
    `AnswerUnusable` for 3xx and 4xx without one and for a value that the document does not describe, and `AnswerBroken`
    for anything else that is no envelope.
    """

    def __init__(
        self, settings: ClientSettings, transport: httpx.AsyncBaseTransport | None, observer: Observer = NOBODY
    ) -> None:
        self._observer = observer
        self._ca_file = settings.ca_file
        self._largest, self._seconds = settings.largest_answer, settings.answer_timeout
        self._transport = transport or http_transport(settings)
        timeout = httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout, pool=None)
        self._extensions = {"timeout": timeout.as_dict()}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def get(self, call: str, url: httpx.URL, read: Reader[Value]) -> tuple[Answer, Value]:
        """Ask without a body, and read the answer."""
        return await self._sent(call, httpx.Request("GET", url, headers=HEADERS, extensions=self._extensions), read)

    async def post(self, call: str, url: httpx.URL, body: Body, read: Reader[Value]) -> tuple[Answer, Value]:
        """Ask with a body, and read the answer."""
        headers = [(b"content-type", body.kind), *HEADERS]
        request = httpx.Request("POST", url, headers=headers, content=body.content, extensions=self._extensions)
        return await self._sent(call, request, read)

    async def _sent(self, call: str, request: httpx.Request, read: Reader[Value]) -> tuple[Answer, Value]:
        began = time.perf_counter()
        try:
            found = await self._exchanged(call, request, read)
        except PlatformError as error:
            code = next(name for kind, name in OUTCOMES if isinstance(error, kind))
            self._observer.call(call, code, time.perf_counter() - began)
            raise
        self._observer.call(call, text(found[0].code), time.perf_counter() - began)
        return found

    async def _exchanged(self, call: str, request: httpx.Request, read: Reader[Value]) -> tuple[Answer, Value]:
        where = f"{request.url.scheme}://{request.url.netloc.decode()}"
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._transport.handle_async_request(request)
                try:
                    found = await read(self._bounded(chunks(response), call, where, is_list=read is not read_envelope))
                finally:
                    await response.aclose()
        except TimeoutError:
            raise AnswerLost(
                f"{call}: the answer of {where} was not whole within {self._seconds:.0f} s (platform.answer_timeout)"
            ) from None
        except httpx.TransportError as error:
            raise await self._translated(error, call, request.url) from None
        except msgspec.ValidationError as error:
            raise AnswerUnusable(f"{call}: the answer is not what the document describes: {error}") from None
        except msgspec.DecodeError:
            raise _no_envelope(response, call, where) from None
        except (httpx.DecodingError, aiohttp.ClientError):
            raise AnswerBroken(f"{call}: the answer of {where} is not HTTP as it should be") from None
        if found[0].code is None:
            raise _no_envelope(response, call, where)
        return found

    async def _translated(
        self, error: httpx.TransportError, call: str, url: httpx.URL
    ) -> PlatformUnreachable | AnswerLost:
        """Tell what was surely never sent from what may have been carried out.

        The transport names both alike, so that the cause below it decides.
        """
        where = f"{url.scheme}://{url.netloc.decode()}"
        cause = error.__cause__
        by_cause = isinstance(cause, aiohttp.ClientError | OSError)
        unsent = isinstance(cause, NOTHING_SENT) if by_cause else isinstance(error, NOTHING_SENT_PLAINLY)
        if not unsent:
            return AnswerLost(f"{call}: the connection to {where} ended before the answer was whole")
        if isinstance(cause, aiohttp.ClientConnectorCertificateError):
            fault = cause.certificate_error
            reason = await asyncio.to_thread(
                why_refused, str(fault), url.host, url.port or HTTPS, self._ca_file, "platform.ca_file"
            )
            return PlatformUnreachable(f"{call}: no connection to {where}: {reason}")
        return PlatformUnreachable(
            f"{call}: no connection to {where}: {_reason(cause or error)}; check platform.url and the network"
        )

    async def _bounded(
        self, body: AsyncIterator[bytes], call: str, where: str, *, is_list: bool
    ) -> AsyncIterator[bytes]:
        """Yield what comes until it is more than any answer has; raises `AnswerUnusable` then."""
        most = self._largest if is_list else min(self._largest, LARGEST_OBJECT)
        taken = 0
        async for chunk in body:
            taken += len(chunk)
            if taken > most:
                key = " (platform.largest_answer)" if most == self._largest else ""
                raise AnswerUnusable(f"{call}: the answer of {where} has more than {most >> 20} MiB{key}")
            yield chunk


def chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give the body as it arrives, decompressed."""
    if "content-encoding" in response.headers:
        return response.aiter_bytes()
    return aiter(response.stream)  # type: ignore[arg-type]


async def read_envelope(body: AsyncIterator[bytes]) -> tuple[Answer, msgspec.Raw]:
    """Read a whole answer and give its value undecoded."""
    envelope = decoded(b"".join([chunk async for chunk in body]), Envelope)
    return envelope, envelope.value


def list_reader(kind: type[OnWire[Value]], unreadable: list[Unreadable] | None = None) -> Reader[list[Value]]:
    """Give what reads a list while it arrives; what it gives of an answer that bears an error code is worth nothing.

    Objects that cannot be read are left out; `unreadable` has them afterwards.
    """

    async def read(body: AsyncIterator[bytes]) -> tuple[Answer, list[Value]]:
        stream = ListStream(kind)
        found: list[Value] = []
        async for chunk in body:
            found += [one.value() for one in stream.feed(chunk)]
        answer, rest = stream.close()
        found += [one.value() for one in rest]
        if unreadable is not None:
            unreadable[:] = stream.unreadable
        return answer, found

    return read


def http_transport(settings: ClientSettings) -> httpx.AsyncBaseTransport:
    """Give what carries requests: no cookies, no redirects, nothing taken from the environment."""
    context = _context(settings)

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=30)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    proxy = httpx.Proxy(settings.proxy) if settings.proxy else None
    return AiohttpTransport(verify=context, client=session, proxy=proxy, trust_env=False)


def _context(settings: ClientSettings) -> ssl.SSLContext:
    """Return what certificates are checked against; it trusts nobody where the way is plain HTTP, and none is shown.

    To read the system's authorities takes longer than the calls of many a command.
    """
    if settings.url.lower().startswith("http://") and not settings.ca_file and not settings.proxy:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return tls_context("platform", settings.ca_file, insecure=settings.insecure)


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError | httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    return "the address cannot be used"


def _no_envelope(response: httpx.Response, call: str, where: str) -> PlatformError:
    """Give the error of an answer that bears no code: its HTTP status is all that there is to judge by."""
    status = response.status_code
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERRORS:
        kind_of_busy = PlatformBusy if status == TOO_MANY_REQUESTS else ServerFault
        asked = retry_after(response.headers)
        wait = None if asked is None else min(asked, LONGEST_WAIT)
        return kind_of_busy(f"{call}: {where} answers HTTP {status}: not now; try again later", wait)
    if response.is_redirect:
        return AnswerUnusable(f"{call}: {where} redirects (HTTP {status}), which is not followed; correct platform.url")
    kind = response.headers.get("content-type", "no content type")
    broken = AnswerUnusable if status >= REDIRECTS else AnswerBroken
    return broken(
        f"{call}: the answer of {where} (HTTP {status}, {kind}) is not the document's envelope; check platform.url"
    )
