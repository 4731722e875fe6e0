"""The admin port tells of a PostgreSQL that goes away and comes back."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from syncd.service.admin import AdminPorts
from syncd.shadow.store import Store, open_store
from syncd.telemetry.metrics import Metrics
from tests.kit.admin import admin_client
from tests.kit.servers.postgresql import PostgreSQL


@pytest.fixture
def store(database: PostgreSQL) -> Iterator[Store]:
    """Yield a store on a server that may be stopped."""
    opened = open_store(database.url.replace("postgres@", "postgres:geheim@"))  # which it does not ask for
    yield opened
    opened.close()


async def accepts() -> bool:
    """Return that nothing is wrong with the listener."""
    return True


async def until(client: httpx.AsyncClient, path: str, shown: str) -> httpx.Response:
    """Ask until an answer shows this, and return that answer."""
    for _ in range(300):
        if shown in (answer := await client.get(path)).text:
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError(f"{path} never shows {shown}")


async def test_a_database_that_goes_and_comes_is_told_and_needs_no_restart(
    store: Store, database: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that goes and comes is told of by readiness and metrics, without a restart or its password."""
    # How things stand is looked up anew at once, and not kept for five seconds or twenty times as long as a look takes.
    monkeypatch.setattr("syncd.app.status_kept.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("syncd.app.status_kept.KEPT_TIMES", 0.0)
    async with admin_client(AdminPorts(store, Metrics("1.2.3", "0005"), accepts)) as client:
        assert (await client.get("/readyz")).status_code == 200
        assert "syncd_store_up 1.0" in (await client.get("/metrics")).text
        database.stop()
        away = await until(client, "/readyz", '"ready":false')
        assert away.status_code == 503
        assert "postgresql+psycopg://***@127.0.0.1" in away.text
        assert "geheim" not in away.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await until(client, "/metrics", "syncd_store_up 0.0")).status_code == 200
        database.start()
        assert (await until(client, "/readyz", '"ready":true')).status_code == 200
        assert (await until(client, "/metrics", "syncd_store_up 1.0")).status_code == 200
