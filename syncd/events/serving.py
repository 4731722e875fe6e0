"""The listener as a server: its socket, its certificate, its limits, and its end (docs/decisions/0010-events.md)."""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import uvicorn

from syncd.app.receiving import Observer
from syncd.app.store_ports import Store
from syncd.config.addresses import http_url
from syncd.errors import ConfigurationError, SyncdError
from syncd.events.listener import MOST_HELD, Limits, Listener
from syncd.events.protocol import HastyProtocol
from syncd.events.writer import MOST_BYTES, Writer
from syncd.wire.callback import CallbackKeys

BACKLOG = 2048
MOST_CONNECTIONS = 2000
KEEP_ALIVE_SECONDS = 75
BODIES_HELD = 4  # of the longest that may come
# A body has ten seconds, and its answer follows within two.
STOP_SECONDS = 15
LETS_GO_SECONDS = 2.0
PAUSE_SECONDS = 0.05


class ListenerSettings(msgspec.Struct, frozen=True):
    """Where to listen and whom to believe; `keys` in the order in which they are tried, `max_body` in bytes."""

    host: str
    port: int
    path: str
    keys: tuple[CallbackKeys, ...]
    max_body: int
    certificate: str = ""
    key: str = ""
    trusted_proxies: tuple[str, ...] = ()


def bind(host: str, port: int, key: str) -> socket.socket:
    """Take an address, before anything is said to be listening there.

    One that is in use is tried again for some seconds: the listener of a process that was killed ends a moment later.
    Raises `SyncdError`, which names the configuration's `key`, where it cannot be had.
    """
    until = time.monotonic() + LETS_GO_SECONDS
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(PAUSE_SECONDS)
                continue
            raise SyncdError(
                f"{key}: {host}:{port} cannot be listened on: {error.strerror}; see what else listens there, or choose "
                "another address or port"
            ) from error


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only a socket whose protocol is said is sent without delay by asyncio; else every second answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def address(settings: ListenerSettings, listener: socket.socket) -> str:
    """Give the URL at which a bound listener is reached, as far as this machine knows it."""
    return _url(settings, settings.host, listener.getsockname()[1])


def own_address(settings: ListenerSettings) -> str:
    """Give the URL at which this machine reaches its own listener."""
    return _url(settings, {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host), settings.port)  # noqa: S104 - not bound here


def _url(settings: ListenerSettings, host: str, port: int) -> str:
    return http_url(host, port, settings.path, is_secure=bool(settings.certificate))


def certificate(settings: ListenerSettings) -> ssl.SSLContext | None:
    """Load the certificate; nothing where none is configured. Raises `ConfigurationError`."""
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:  # ssl.SSLError is one
        reason = error.strerror if not isinstance(error, ssl.SSLError) else error.reason
        raise ConfigurationError(
            f"listener.tls: {settings.certificate} and {settings.key} cannot be used: {reason}; they are a "
            "certificate with its chain, and its key without a password, both PEM"
        ) from error
    return context


async def receive_events(
    settings: ListenerSettings,
    tls: ssl.SSLContext | None,
    listener: socket.socket,
    store: Store,
    tell: Observer,
    stop: asyncio.Event,
) -> None:
    """Receive events until `stop` is set; whoever was accepted until then is answered."""
    with ThreadPoolExecutor(1, "callback opener") as executor:
        async with Writer(store, most_bytes=max(MOST_BYTES, BODIES_HELD * settings.max_body)) as writer:
            limits = Limits(settings.max_body, max(MOST_HELD, BODIES_HELD * settings.max_body))
            application = Listener(settings.path, settings.keys, limits, writer, executor, tell)
            await serve(application, settings, tls, listener, stop)


async def serve(
    application: Listener,
    settings: ListenerSettings,
    tls: ssl.SSLContext | None,
    listener: socket.socket,
    stop: asyncio.Event,
) -> None:
    """Serve the application until `stop` is set."""
    await run_server(_configuration(application, settings, tls), listener, stop)


async def run_server(configuration: uvicorn.Config, listener: socket.socket, stop: asyncio.Event) -> None:
    """Run a server on a bound socket, which it closes in the end, until `stop` is set."""
    server = _Server(configuration)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
    await serving


class _Server(uvicorn.Server):
    """A server that leaves the signals to the command that runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _configuration(application: Listener, settings: ListenerSettings, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=HastyProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        # What strangers make of HTTP would fill the log; what goes wrong here is told by the listener itself.
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=MOST_CONNECTIONS,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )
