"""The sandbox as a server: in this process until it is stopped, or beside a test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from syncd.errors import SyncdError
from syncd.sandbox.api import PREFIX, Api, Sandbox

START_SECONDS = 10.0


def serve(sandbox: Sandbox, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; raises `SyncdError` where the address cannot be had."""
    with _listening(host, port) as listener:
        _server(sandbox).run(sockets=[listener])


@contextmanager
def running(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve on a free port of the loopback in a thread, and give the URL that a configuration takes."""
    with _listening("127.0.0.1", port) as listener:
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
        uvicorn.Config(Api(sandbox), http="httptools", loop="asyncio", log_level="critical", access_log=False)
    )


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
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SyncdError(f"{host}:{port} cannot be listened on: {error.strerror}; choose another --port") from error
    return listener
