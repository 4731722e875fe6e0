"""The client of the platform, talking to a sandbox over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from syncd.platform import Client, ClientSettings
from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.kit.stopping import stopped_beside


@asynccontextmanager
async def served(**settings: object) -> AsyncIterator[tuple[Client, Sandbox]]:
    """Return a client with these settings, without a limit of its rate, and the new sandbox that it talks to."""
    sandbox = Sandbox()
    with stopped_beside(running(sandbox)) as url:
        async with Client(ClientSettings(url, "sandbox", "sandbox-secret", **{"rate": 0, **settings})) as client:  # type: ignore[arg-type]
            yield client, sandbox
