"""An ASGI application on a port of its own, in a thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from syncd.events.serving import bind
from tests.kit.waiting import wait_for


@contextmanager
def serving(application: ASGIApp, **settings: Any) -> Iterator[int]:  # noqa: ANN401 - the library's own types
    """Serve an application with these settings of uvicorn, and yield the port."""
    config = uvicorn.Config(application, loop="asyncio", ws="none", log_level="critical", access_log=False, **settings)
    server = uvicorn.Server(config)
    with bind("127.0.0.1", 0, "tests.kit") as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="application")
        thread.start()
        try:
            wait_for(lambda: server.started or not thread.is_alive())
            assert server.started
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
