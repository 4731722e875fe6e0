"""HTTP with a source's service: requests that only read, and every fault translated at this one border."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import httpx
import msgspec
import stamina

from syncd.config.certificates import is_about_certificate, why_refused
from syncd.config.trust import tls_context
from syncd.containment.deadline import Connections, Deadline
from syncd.directory.read_meter import ReadMeter
from syncd.errors import ConfigurationError, SourceBroken, SourceError, SourceUnreachable
from syncd.wire.retry_after import retry_after

LARGEST_BODY = 64 << 20
ATTEMPTS = 5
PATIENCE = 60.0
LONGEST_WAIT = 30.0  # in a command that a signal ends, whoever waits is waited for
BUSY = (429, 503)
UNAUTHORIZED, FORBIDDEN = 401, 403
HTTPS = 443
NOT_MODIFIED = 304
HEADERS = {"accept": "application/json", "accept-encoding": "gzip, deflate", "user-agent": "syncd"}
Headers = Mapping[str, str]


class Reaching(msgspec.Struct, frozen=True):
    """How a service is reached; both times are in seconds, `read_timeout` is for a whole answer."""

    ca_file: str = ""
    insecure: bool = False
    connect_timeout: float = 10.0
    read_timeout: float = 120.0


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; the names of `headers` are in lower case."""

    status: int
    headers: Headers
    body: bytes


class _Busy(Exception):
    """The service refuses for now (429 or 503); `retry_after` is in seconds, if it said so."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Exchange:
    """Connections to a service; a context manager.

    It speaks to the transport itself: httpx's client would follow redirects where told to, keep cookies, and log every
    URL with its query. `source` begins every message; a URL is shown without its query (I8). `meter` counts the answers
    of one read, where they belong to one.
    """

    def __init__(self, source: str, reaching: Reaching, meter: ReadMeter | None = None) -> None:
        self._source, self._reaching, self._meter = source, reaching, meter
        self._transport = httpx.HTTPTransport(
            verify=tls_context(f"source.{source}", reaching.ca_file, insecure=reaching.insecure), trust_env=False
        )
        timeout = httpx.Timeout(reaching.read_timeout, connect=reaching.connect_timeout)
        self._connections = Connections()
        self._extensions = {"timeout": timeout.as_dict(), "trace": self._connections.trace}
        self._has_answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def get(self, url: httpx.URL, headers: Headers) -> Answer:
        """Ask, again while the service is busy; gives answers of any other status.

        Raises `SourceUnreachable` where no connection came about, and `SourceBroken` where one was lost later, where
        the answer is not whole, too large or too slow, where the service stays busy, and where the meter has run out.
        """
        return self._patient(lambda: self._sent("GET", url, headers, None))

    def post(self, url: httpx.URL, headers: Headers, form: Mapping[str, str]) -> Answer:
        """Send a form; as `get` otherwise."""
        body = httpx.QueryParams(form)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self._patient(lambda: self._sent("POST", url, {**headers, **kind}, str(body).encode()))

    def _patient(self, send: Callable[[], Answer]) -> Answer:
        try:
            for attempt in stamina.retry_context(on=_pause, attempts=ATTEMPTS, timeout=PATIENCE, wait_max=LONGEST_WAIT):
                with attempt:
                    return send()
        except _Busy as error:
            raise SourceBroken(str(error)) from None
        raise AssertionError  # never reached: the loop ends with an answer or an error

    def _sent(self, method: str, url: httpx.URL, headers: Headers, body: bytes | None) -> Answer:
        where = f"source {self._source}: {shown(url)}"
        if self._meter is not None:
            self._meter.check_time()
        request = httpx.Request(method, url, headers={**HEADERS, **headers}, content=body, extensions=self._extensions)
        with Deadline(self._longest(), self._connections.shut) as deadline:
            try:
                response = self._transport.handle_request(request)
                try:
                    content = self._whole(response, where)
                finally:
                    response.close()
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise self._too_late(where) if deadline.has_passed else self._translated(error, url, where) from None
        if deadline.has_passed:  # what was cut off looks whole where nothing tells its length
            raise self._too_late(where)
        self._has_answered = True
        if response.status_code in BUSY:
            wait = retry_after(response.headers)
            raise _Busy(f"{where} answers HTTP {response.status_code}: not now; try again later", wait)
        return Answer(response.status_code, response.headers, content)

    def _longest(self) -> float:
        """Return within how many seconds the next answer ends, its head and the connection among it."""
        most = self._reaching.connect_timeout + self._reaching.read_timeout
        return most if self._meter is None else min(most, self._meter.seconds_left)

    def _too_late(self, where: str) -> SourceBroken:
        if self._meter is not None and not self._meter.seconds_left:
            return self._meter.too_late()
        return SourceBroken(f"{where}: an answer was not whole after {self._reaching.read_timeout:g} s")

    def _whole(self, response: httpx.Response, where: str) -> bytes:
        end = time.monotonic() + self._reaching.read_timeout
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if self._meter is not None:
                self._meter.take(len(chunk))
            if len(content) > LARGEST_BODY:
                raise SourceBroken(f"{where}: an answer is larger than {LARGEST_BODY >> 20} MiB; ask for smaller pages")
            if time.monotonic() > end:
                raise self._too_late(where)
        return bytes(content)

    def _translated(self, error: Exception, url: httpx.URL, where: str) -> SourceError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not self._has_answered:
            reason = "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error)
            if is_about_certificate(reason):
                reason = why_refused(reason, url.host, url.port or HTTPS, self._reaching.ca_file, "ca_file")
            return SourceUnreachable(f"{where}: no connection: {reason}")
        if isinstance(error, httpx.TimeoutException):
            return SourceBroken(f"{where}: no answer within {self._reaching.read_timeout:g} s")
        return SourceBroken(f"{where}: the answer ended before it was whole ({type(error).__name__})")


def shown(url: httpx.URL) -> str:
    """Give a URL as people may see it: without user, query and fragment."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def refusal(source: str, url: httpx.URL, status: int) -> SourceError | ConfigurationError:
    """Give the error of a status that is no success."""
    where = f"source {source}: {shown(url)} answers HTTP {status}"
    if status in (UNAUTHORIZED, FORBIDDEN):
        return ConfigurationError(f"{where}: it refuses who asks; check auth, its secrets and what they may read")
    if status == NOT_MODIFIED:
        return SourceBroken(f"{where}: nothing has changed, it says, but nothing was kept and nothing asked for that")
    if 300 <= status < 400:
        return SourceBroken(f"{where}: redirects are not followed; correct url and path")
    return SourceBroken(f"{where}, which is no list; check url and path")


def _pause(error: Exception) -> bool | float:
    """Tell whether to ask again, and in how many seconds."""
    if not isinstance(error, _Busy):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_WAIT else False
