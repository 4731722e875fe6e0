"""The admin port tells of a PostgreSQL that goes away and comes back."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from syncd.service.admin import AdminApplication, AdminPorts, serve_admin
from syncd.shadow.store import Store, open_store
from syncd.telemetry.metrics import Metrics
from tests.kit.servers.postgresql import PostgreSQL


@pytest.fixture
def store(database: PostgreSQL) -> Iterator[Store]:
    """Give a store on a server that may be stopped."""
    opened = open_store(database.url.replace("postgres@", "postgres:geheim@"))  # which it does not ask for
    yield opened
    opened.close()


async def accepts() -> bool:
    """Tell that there is nothing wrong with the listener."""
    return True


@asynccontextmanager
async def served(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of an admin port."""
    application, stop = AdminApplication(AdminPorts(store, Metrics("1.2.3", "0005"), accepts)), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as bound:
        serving = asyncio.create_task(serve_admin(bound, application, stop))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            yield client
        stop.set()
        await asyncio.wait_for(serving, 30)


async def until(client: httpx.AsyncClient, path: str, shown: str) -> httpx.Response:
    """Ask until an answer shows this."""
    for _ in range(300):
        if shown in (answer := await client.get(path)).text:
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError(f"{path} never shows {shown}")


async def test_a_database_that_goes_and_comes_is_told_and_needs_no_restart(store: Store, database: PostgreSQL) -> None:
    """A database that goes and comes is told of by readiness and metrics, without a restart or its password."""
    async with served(store) as client:
        assert (await client.get("/readyz")).status_code == 200
        assert "syncd_store_up 1.0" in (await client.get("/metrics")).text
        database.stop()
        away = await until(client, "/readyz", '"ready":false')
        assert away.status_code == 503
        assert "postgresql+psycopg://postgres:***@127.0.0.1" in away.text
        assert "geheim" not in away.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await until(client, "/metrics", "syncd_store_up 0.0")).status_code == 200
        database.start()
        assert (await until(client, "/readyz", '"ready":true')).status_code == 200
        assert (await until(client, "/metrics", "syncd_store_up 1.0")).status_code == 200
