"""A platform that tests use one after the other, each with a sandbox of its own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import Receive, Scope, Send

from syncd.platform import Client, ClientSettings
from syncd.sandbox.api import PREFIX, Sandbox
from syncd.sandbox.application import Application
from tests.kit.asgi import serving


class Platform:
    """The application of the sandbox that was put behind it last.

    Its server stays: to start and stop one takes 0.2 s of waiting, which is as long as many a test takes.
    """

    def __init__(self) -> None:
        self.url = ""
        self._application = Application(Sandbox())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the sandbox answer."""
        await self._application(scope, receive, send)

    def settings(self, sandbox: Sandbox, body: str = "json") -> ClientSettings:
        """Put a sandbox behind the platform, and return what a client of it needs to know."""
        self._application = Application(sandbox)
        return ClientSettings(self.url, "sandbox", "sandbox-secret", rate=0, body=body)

    @asynccontextmanager
    async def client(self, sandbox: Sandbox, body: str = "json") -> AsyncIterator[Client]:
        """Put a sandbox behind the platform, and yield a client of it."""
        async with Client(self.settings(sandbox, body)) as client:
            yield client


@contextmanager
def served_platform() -> Iterator[Platform]:
    """Serve a platform on a free port."""
    platform = Platform()
    with serving(platform) as port:
        platform.url = f"http://127.0.0.1:{port}{PREFIX}"
        yield platform
