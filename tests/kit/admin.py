"""The admin port on a socket of its own, and who asks it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from syncd.service.admin import AdminApplication, AdminPorts, serve_admin
from tests.kit.waiting import DEADLINE_SECONDS


@asynccontextmanager
async def admin_client(ports: AdminPorts) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an admin port, and yield a client of it."""
    stop = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(serve_admin(listener, AdminApplication(ports), stop))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=DEADLINE_SECONDS) as client:
                yield client
        finally:
            stop.set()
            await asyncio.wait_for(serving, DEADLINE_SECONDS)
