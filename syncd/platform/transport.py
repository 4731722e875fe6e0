"""HTTP: one request and its answer, with every fault of the library translated at this one border."""

import datetime as dt
import email.utils
import ssl
from collections.abc import Mapping

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from syncd.errors import AnswerBroken, AnswerLost, ConfigurationError, PlatformBusy, PlatformUnreachable, ServerFault
from syncd.platform.settings import ClientSettings
from syncd.wire.envelope import Envelope

TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500
NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
NOTHING_SENT_PLAINLY = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
LONGEST_WAIT = 300.0


def http_client(settings: ClientSettings, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """Make the HTTP client: no redirects, nothing taken from the environment, no cookies."""
    return httpx.AsyncClient(
        transport=transport or _transport(settings),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout, pool=None),
    )


def _transport(settings: ClientSettings) -> httpx.AsyncBaseTransport:
    context = tls_context(settings)

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=30)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

    proxy = httpx.Proxy(settings.proxy) if settings.proxy else None
    return AiohttpTransport(verify=context, client=session, proxy=proxy, trust_env=False)


def tls_context(settings: ClientSettings) -> ssl.SSLContext:
    """Give what certificates are checked against: `ca_file`, else the system's authorities."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"platform.ca_file: {settings.ca_file} cannot be used as PEM certificates: {error}"
        ) from error
    if settings.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def ask(client: httpx.AsyncClient, request: httpx.Request, call: str) -> Envelope:
    """Send one request and give the envelope of its answer; errors name the call and never the URL's query.

    Raises `PlatformUnreachable` where nothing was sent, `AnswerLost` where it may have been carried out, `PlatformBusy`
    for 429 and 5xx without an envelope, and `AnswerBroken` for anything else that is no envelope.
    """
    where = f"{request.url.scheme}://{request.url.netloc.decode()}"
    try:
        response = await client.send(request)
    except httpx.TransportError as error:
        raise _translated(error, call, where) from None
    return _envelope(response, call, where)


def _translated(error: httpx.TransportError, call: str, where: str) -> PlatformUnreachable | AnswerLost:
    """Tell what was surely never sent from what may have been carried out.

    The transport names both alike, so that the cause below it decides.
    """
    cause = error.__cause__
    by_cause = isinstance(cause, aiohttp.ClientError | OSError)
    unsent = isinstance(cause, NOTHING_SENT) if by_cause else isinstance(error, NOTHING_SENT_PLAINLY)
    if not unsent:
        return AnswerLost(f"{call}: the connection to {where} ended before the answer was whole")
    reason = _reason(cause or error)
    return PlatformUnreachable(f"{call}: no connection to {where}: {reason}; check platform.url and the network")


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        fault = error.certificate_error
        reason = getattr(fault, "verify_message", "") or str(fault)
        return f"its certificate is not trusted ({reason}); name its authority in platform.ca_file"
    if isinstance(error, aiohttp.ConnectionTimeoutError | httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    return "the address cannot be used"


def _envelope(response: httpx.Response, call: str, where: str) -> Envelope:
    try:
        envelope = msgspec.json.decode(response.content, type=Envelope)
    except msgspec.DecodeError:
        envelope = Envelope()
    if envelope.code is not None:
        return envelope
    status = response.status_code
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERRORS:
        kind_of_busy = PlatformBusy if status == TOO_MANY_REQUESTS else ServerFault
        wait = _retry_after(response.headers)
        raise kind_of_busy(f"{call}: {where} answers HTTP {status}: not now; try again later", wait)
    if response.is_redirect:
        raise AnswerBroken(f"{call}: {where} redirects (HTTP {status}), which is not followed; correct platform.url")
    kind = response.headers.get("content-type", "no content type")
    raise AnswerBroken(
        f"{call}: the answer of {where} (HTTP {status}, {kind}) is not the document's envelope; check platform.url"
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date (RFC 9110, 10.2.3); never more than five minutes."""
    text = headers.get("retry-after", "").strip()
    try:
        return min(max(float(text), 0.0), LONGEST_WAIT)
    except ValueError:
        pass
    try:
        date = email.utils.parsedate_to_datetime(text)
        sent = email.utils.parsedate_to_datetime(headers["date"])
    except (ValueError, KeyError):
        return None
    aware = [one if one.tzinfo else one.replace(tzinfo=dt.UTC) for one in (date, sent)]
    return min(max((aware[0] - aware[1]).total_seconds(), 0.0), LONGEST_WAIT)
