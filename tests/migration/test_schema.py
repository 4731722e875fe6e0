"""The schema goes from nothing to the newest version and back, on both databases."""

import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from syncd.errors import ConfigurationError, StoreError, StoreVersionError
from syncd.shadow import schema
from syncd.shadow.store import open_store
from syncd.shadow.tables import metadata
from tests.kit.closed_port import closed_port


def test_the_migrations_make_exactly_the_tables_of_the_program(store_url: str) -> None:
    """The migrations make exactly the tables that the program knows."""
    schema.upgrade(store_url)
    engine = schema.engine_for(store_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert schema.current(store_url) == schema.head()


def test_every_version_can_be_taken_back(store_url: str) -> None:
    """The newest schema can be taken back to nothing and made again."""
    schema.upgrade(store_url)
    schema.downgrade(store_url, "base")
    engine = schema.engine_for(store_url)
    with engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    schema.upgrade(store_url)
    assert schema.current(store_url) == schema.head()


def test_a_newer_schema_is_refused_and_named(store_url: str) -> None:
    """A schema that is newer than the program is refused by its version, and never upgraded."""
    schema.upgrade(store_url)
    engine = schema.engine_for(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StoreVersionError, match="9999, which is newer"):
        open_store(store_url)
    with pytest.raises(StoreVersionError, match="9999, which is newer"):
        schema.upgrade(store_url)


def test_an_empty_postgresql_database_wants_an_upgrade(postgresql: str) -> None:
    """An empty PostgreSQL database is not given tables unasked; the error names `syncd db upgrade`."""
    with pytest.raises(StoreVersionError, match="run `syncd db upgrade`"):
        open_store(postgresql)


def test_an_sqlite_file_is_made_where_there_is_none_for_its_owner_only(tmp_path: Path) -> None:
    """A new SQLite file is made for its owner alone, because it holds personal data (DESIGN 6)."""
    path = tmp_path / "syncd.db"
    open_store(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_store_in_a_folder_that_is_missing_is_one_sentence() -> None:
    """The error of a store in a missing folder says to look at that folder."""
    with pytest.raises(StoreError, match="check that its folder exists"):
        open_store("sqlite:////nowhere/syncd.db")


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    """A file that is no database is refused as no SQLite database."""
    path = tmp_path / "syncd.db"
    path.write_text("Not a database, and long enough to be read as the header of one, twice over. " * 3)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["mysql://root@host/db", "not a url"])
def test_an_unknown_database_is_a_mistake_in_the_configuration(url: str) -> None:
    """A URL of an unknown database is a mistake in the configuration that says which are known."""
    with pytest.raises(ConfigurationError, match="postgresql"):
        open_store(url)


def test_a_server_that_does_not_answer_is_one_sentence_without_the_password() -> None:
    """The error of a server that does not answer has its address without the password (I8)."""
    with closed_port() as port, pytest.raises(StoreError) as caught:
        open_store(f"postgresql+psycopg://syncd:geheim@127.0.0.1:{port}/syncd")
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert "geheim" not in str(caught.value)
