"""The admin port: health, readiness, metrics and status, and nothing of the public listener (DESIGN 4, HTTP)."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
import structlog
import uvicorn
from prometheus_client.exposition import choose_encoder

from syncd.app.standing import standing
from syncd.app.status_kept import KeptStanding
from syncd.app.store_ports import Store
from syncd.errors import StoreError
from syncd.events.protocol import HastyProtocol
from syncd.events.serving import run_server
from syncd.model.json_text import encoded
from syncd.model.visible import visible
from syncd.report.messages import Words, words_for
from syncd.report.status_form import status_form
from syncd.report.status_html import STYLE_HASH, StatusSubject, status_html
from syncd.service.readiness import Readiness, ReadinessCheck
from syncd.telemetry.metrics import Metrics
from syncd.wire.hosts import is_meant

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]
Value = TypeVar("Value")
TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"
HTML = b"text/html; charset=utf-8"
THREADS = 2
MOST_CONNECTIONS = 512
MOST_PAGES = 32  # answered at a time; the other connections are there for whoever asks whether it lives
KEEP_ALIVE_SECONDS = 15
STOP_SECONDS = 5
LANGUAGES = ("en", "zh")
FOR_PROBES = frozenset({"/healthz", "/readyz"})
HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        f"default-src 'none'; style-src '{STYLE_HASH}'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'".encode(),
    ),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class AdminPorts(msgspec.Struct, frozen=True):
    """What the admin port looks at.

    `accepts` tells whether the listener accepts connections, `receives_events` whether callbacks have keys. `lang` is
    `[log] lang`: with `auto` each reader's browser chooses. Times are told in `zone`. `shows_people` is `[log] pii`.
    `environ` tells the language where no browser does; `clock` is seconds since the epoch.
    """

    store: Store
    metrics: Metrics
    accepts: Callable[[], Awaitable[bool]]
    remove_after: float | None = None
    lang: str = "auto"
    shows_people: bool = False
    receives_events: bool = True
    zone: str = "UTC"
    environ: Mapping[str, str] = {}
    clock: Callable[[], float] = time.time


class Answer(msgspec.Struct, frozen=True):
    """A status, the kind of content and the content."""

    status: int
    kind: bytes
    content: bytes
    headers: tuple[Header, ...] = ()


class AdminApplication:
    """The ASGI application of the admin port.

    The store is waited for in threads of its own, so that neither the loop nor a run waits for a scrape; what it holds
    is read every few seconds at most. `close` ends the threads.
    """

    def __init__(self, ports: AdminPorts) -> None:
        self._ports = ports
        self._executor = ThreadPoolExecutor(THREADS, "admin")
        self._standing = KeptStanding(lambda: standing(ports.store, ports.remove_after, ports.clock()))
        self._check = ReadinessCheck(ports.store, ports.accepts, self._executor)
        self._answering = 0
        self._pages = {
            "/": self._page,
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._metrics,
            "/status.json": self._status,
        }
        ports.metrics.store(self._standing, ports.clock)

    def close(self) -> None:
        """Let go of the threads; what they wait for is not waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._standing.close()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answered(scope)
        except StoreError as error:
            answer = Answer(503, TEXT, f"{visible(str(error))}\n".encode())
        except Exception:  # noqa: BLE001 - one request must not end the daemon, nor show a traceback
            structlog.get_logger().exception("an admin page could not be made", action="admin_fault")
            answer = Answer(500, TEXT, b"this page could not be made; the log says why\n")
        headers = [(b"content-type", answer.kind), (b"content-length", str(len(answer.content)).encode())]
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": [*headers, *HEADERS, *answer.headers]}
        )
        await send({"type": "http.response.body", "body": answer.content})

    async def _answered(self, scope: Scope) -> Answer:
        if not is_meant(_header(scope, b"host"), (scope.get("server") or ("",))[0]):
            return Answer(421, TEXT, b"this port is for this machine; ask for it as 127.0.0.1 or localhost\n")
        page = self._pages.get(scope["path"])
        if page is None:
            return Answer(404, TEXT, b"there is no such page; there are / /healthz /readyz /metrics /status.json\n")
        if scope["method"] not in ("GET", "HEAD"):
            return Answer(405, TEXT, b"only GET and HEAD\n", ((b"allow", b"GET, HEAD"),))
        if scope["path"] in FOR_PROBES:
            return await page(scope)
        if self._answering >= MOST_PAGES:
            return Answer(503, TEXT, b"too many pages are asked for at once\n", ((b"retry-after", b"1"),))
        self._answering += 1
        try:
            return await page(scope)
        finally:
            self._answering -= 1

    async def _health(self, _scope: Scope) -> Answer:
        return Answer(200, TEXT, b"ok\n")

    async def _readiness(self, _scope: Scope) -> Answer:
        found = await self._looked()
        content = {"ready": found.is_ready, "reasons": found.reasons}
        return Answer(200 if found.is_ready else 503, JSON, encoded(content) + b"\n")

    async def _looked(self) -> Readiness:
        found = await self._check()
        self._ports.metrics.ready("store", is_ready=not found.store)
        self._ports.metrics.ready("listener", is_ready=not found.listener)
        return found

    async def _metrics(self, scope: Scope) -> Answer:
        await self._looked()
        encode, kind = choose_encoder(_header(scope, b"accept"))
        content = await self._in_thread(lambda: encode(self._ports.metrics.registry))
        return Answer(200, kind.encode(), content)

    async def _status(self, _scope: Scope) -> Answer:
        found = await self._in_thread(self._standing)
        form = status_form(found, self._ports.store.name, self._ports.clock())
        return Answer(200, JSON, encoded(form) + b"\n")

    async def _page(self, scope: Scope) -> Answer:
        ports, readiness = self._ports, await self._looked()
        try:
            found = await self._in_thread(self._standing)
        except StoreError:
            found = None
        subject = StatusSubject(
            found,
            ports.store.name,
            ports.metrics.version,
            readiness.reasons,
            ports.clock(),
            ports.shows_people,
            ports.receives_events,
        )
        page = status_html(subject, self._words(scope))
        return Answer(503 if found is None else 200, HTML, page.encode(), ((b"vary", b"accept-language"),))

    def _words(self, scope: Scope) -> Words:
        """Give the words of the configured language, else of the browser's, else of this process's."""
        accepted = accepted_language(_header(scope, b"accept-language")) if self._ports.lang == "auto" else ""
        return words_for(accepted or self._ports.lang, self._ports.environ, self._ports.zone)

    async def _in_thread(self, work: Callable[[], Value]) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _header(scope: Scope, wanted: bytes) -> str:
    return b",".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")


def accepted_language(header: str) -> str:
    """Give the one of our languages that an Accept-Language header likes best (RFC 9110, 12.5.4); `""` for neither."""
    liked: list[tuple[float, str]] = []
    for one in header.split(","):
        tag, _, parameter = one.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            liked.append((_quality(parameter), language))
    best = max(liked, key=lambda one: one[0], default=(0.0, ""))
    return best[1] if best[0] > 0 else ""


def _quality(parameter: str) -> float:
    """Give a q-value: 1 where none is said, 0 where it cannot be read."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0


async def serve_admin(listener: socket.socket, application: AdminApplication, stop: asyncio.Event) -> None:
    """Serve the admin port on a bound socket until `stop` is set; what is being answered then has five seconds."""
    configuration = uvicorn.Config(
        application,
        http=HastyProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    try:
        await run_server(configuration, listener, stop)
    finally:
        application.close()
