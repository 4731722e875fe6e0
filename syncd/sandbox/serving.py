"""The sandbox as a server: in this process until it is stopped, or beside a test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from syncd.errors import SyncdError
from syncd.sandbox.api import PREFIX, Sandbox
from syncd.sandbox.application import Application
from syncd.sandbox.state import save
from syncd.wire.upgrade_offers import OfferBlindProtocol

START_SECONDS = 10.0


def serve(sandbox: Sandbox, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; raises `SyncdError` for an address or state file that cannot be had."""
    with _listening(host, port) as listener:
        _keep_at_once(sandbox)
        _server(sandbox).run(sockets=[listener])
    if sandbox.problem:
        raise SyncdError(sandbox.problem)


@contextmanager
def running(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve on a free port of the loopback in a thread, and give the URL that a configuration takes."""
    with _listening("127.0.0.1", port) as listener:
        _keep_at_once(sandbox)
        server = _server(sandbox)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox")
        thread.start()
        try:
            _wait(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}{PREFIX}"
        finally:
            server.should_exit = True
            thread.join()


def _server(sandbox: Sandbox) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            Application(sandbox),
            http=OfferBlindProtocol,
            loop="asyncio",
            ws="none",
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
    )


def _keep_at_once(sandbox: Sandbox) -> None:
    """Write the state file before anything relies on it."""
    if sandbox.state_file is None:
        return
    try:
        save(sandbox.company.state, sandbox.state_file)
    except OSError as error:
        raise SyncdError(f"the state file {sandbox.state_file} cannot be written: {error.strerror}") from error


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(START_SECONDS * 100)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise SyncdError("the sandbox did not start")


def _listening(host: str, port: int) -> socket.socket:
    # Only a socket whose protocol is said is sent without delay by asyncio; else every second answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SyncdError(f"{host}:{port} cannot be listened on: {error.strerror}; choose another --port") from error
    return listener
