"""Engines, and the version of a store's schema."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from syncd.errors import ConfigurationError, StoreError, StoreVersionError
from syncd.model.secrets import KnownSecrets, of_url
from syncd.shadow.lock_numbers import Number
from syncd.shadow.turns import turn, waiting_at

BUSY_SECONDS = 10
MIGRATION_SECONDS = 3600  # for which one replica waits while another one upgrades
TABLE_LOCK_SECONDS = 10  # a migration that waits for longer would hold up everybody behind it
# What the URL does not say of a connection. Without an encoding of ours a database made with SQL_ASCII gives bytes
# where text is expected; without the rest a server that vanished is waited for during a quarter of an hour.
POSTGRESQL = {
    "connect_timeout": 10,
    "client_encoding": "utf8",
    "keepalives_idle": 3,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,
}
WRITES = "syncd_writes"
ALONE = "syncd_alone"
"""Options of a connection: its transactions will write; its statements stand in no transaction."""
# Whose the tables are; before there are any, whose the database is, and whether this role may make some.
OWNER = sa.text(
    "SELECT coalesce(tableowner, pg_get_userbyid(datdba)), current_user,"
    " coalesce(CASE WHEN tableowner IS NULL THEN has_schema_privilege(current_schema(), 'CREATE')"
    " ELSE pg_has_role(tableowner, 'USAGE') END, false)"
    " FROM pg_database LEFT JOIN pg_tables ON tablename = 'alembic_version' AND schemaname = current_schema()"
    " WHERE datname = current_database()"
)
# Every version, the oldest first, as the migrations have them. Alembic is loaded only where one of them is to be run.
VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")


def shown(url: str) -> str:
    """Give a store's URL without password and query, for messages."""
    return _parsed(url).set(query={}).render_as_string(hide_password=True)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn every fault of the database library into one sentence, at this one border."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip() or type(error.orig).__name__
        with secrets_of(url).kept_out():
            raise StoreError(_sentence(reason.splitlines()[0], shown(url))) from error
    except sa.exc.SQLAlchemyError as error:
        with secrets_of(url).kept_out():
            raise StoreError(f"store {shown(url)}: {error}") from error


def secrets_of(url: str) -> KnownSecrets:
    """Return what no answer of the database may show."""
    return KnownSecrets((*of_url(url), _parsed(url).password or ""))


def _sentence(reason: str, store: str) -> str:
    ways = {
        "readonly database": "the file cannot be written; check its owner and mode, and that its folder is writable",
        "unable to open": "the file cannot be opened; check that its folder exists and who may write there",
        "database is locked": "another program holds it locked; see what else has it open",
        "not a database": "the file is no SQLite database; correct store.url or move the file away",
        "malformed": "the file is damaged; put back a copy of it",
        "does not match host name": "name the server in store.url as its certificate does",
        "certificate verify failed": "name its authority with ?sslrootcert=FILE in store.url, or renew the certificate",
        "permission denied": "the role of store.url lacks a right there; deploy/postgresql/roles.sql gives it",
        "lock timeout": "others use its tables for too long; nothing was changed, so try again",
        "is full": "there is no space left where it stands",
        "constraint": "nothing was changed; this is a fault of syncd, please report it",
    }
    way = next((way for sign, way in ways.items() if sign in reason), "check store.url and that the database runs")
    return f"store {store}: {reason}: {way}"


def engine_for(url: str, patience: float = BUSY_SECONDS) -> sa.Engine:
    """Make the engine of a store: SQLite with WAL and full durability, or PostgreSQL through psycopg.

    On SQLite a writer waits `patience` seconds for another one. No error shows a statement's values, which are personal
    data (I8).
    """
    parsed = _parsed(url)
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        engine = sa.create_engine(url, connect_args={"timeout": patience}, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", partial(_begin_sqlite, Path(parsed.database or ""), patience))
        return engine
    if parsed.drivername != "postgresql+psycopg":
        raise ConfigurationError(f"store.url: {parsed.drivername} is not known; sqlite and postgresql+psycopg are")
    arguments = {name: value for name, value in POSTGRESQL.items() if name not in parsed.query}
    return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True, hide_parameters=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    """Leave transactions to SQLAlchemy, and set what holds for one connection."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(path: Path, patience: float, connection: sa.Connection) -> None:
    """Begin for real: a transaction that will write takes the lock at once, so that it never has to start over."""
    if connection.get_execution_options().get(ALONE):
        return
    if connection.get_execution_options().get(WRITES):
        with turn(path, patience):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _parsed(url: str) -> sa.URL:
    try:
        return make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            "store.url is not a database URL; it looks like sqlite:///syncd.db or postgresql+psycopg://user@host/db"
        ) from None


def sqlite_path(url: str) -> Path | None:
    """Give the file of an SQLite store; nothing for PostgreSQL. Raises `ConfigurationError` for one in memory."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("store.url: an SQLite store is a file, such as sqlite:///syncd.db")
    return Path(parsed.database)


def make_file(path: Path, url: str) -> None:
    """Make an SQLite store for its owner's eyes only, with the newest schema (DESIGN 6, store, personal data).

    It appears under its name whole, so nobody ever opens half of one; of two made at once the first one's stays.
    """
    making = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        os.close(os.open(making, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        _migrate(_parsed(url).set(database=str(making)).render_as_string(hide_password=False), "head")
        with suppress(FileExistsError):
            os.link(making, path)
    except OSError as error:
        raise StoreError(
            f"store {path}: cannot be created: {error.strerror}; check that its folder exists and is writable"
        ) from error
    finally:
        for one in (making, waiting_at(making)):
            one.unlink(missing_ok=True)


@contextmanager
def _transaction(url: str, *, writes: bool = False) -> Iterator[sa.Connection]:
    engine = engine_for(url, MIGRATION_SECONDS if writes else BUSY_SECONDS)
    try:
        with translated(url), engine.execution_options(**{WRITES: writes}).begin() as connection:
            yield connection
    finally:
        engine.dispose()


def current(url: str) -> str:
    """Give the version of a store's schema; `""` where there is none, and no file is made by asking."""
    if (path := sqlite_path(url)) is not None and not path.exists():
        return ""
    with _transaction(url) as connection:
        return _revision(connection)


def head() -> str:
    """Give the version that this program knows."""
    return VERSIONS[-1]


def upgrade(url: str, target: str = "head") -> None:
    """Bring a store's schema to a version, the newest unless said; raises `StoreVersionError` where it is newer.

    Of several at once one does it; the others wait, and find it done.
    """
    if (path := sqlite_path(url)) is not None and not path.exists():
        make_file(path, url)
    _migrate(url, target)


def _migrate(url: str, target: str) -> None:
    from syncd.shadow import migrating  # noqa: PLC0415 - slow to load, and almost every store is of this version

    with _transaction(url, writes=True) as connection:
        _wait_for_others(connection)
        found = _revision(connection)
        _check_known(found, url)
        if found != head() and (roles := _roles_of_others(connection)):
            raise StoreVersionError(f"store {shown(url)} {_older(found)}; {_way(roles)}")
        migrating.upgrade(connection, target)


def downgrade(url: str, target: str) -> None:
    """Bring a store's schema back to an older version."""
    from syncd.shadow import migrating  # noqa: PLC0415 - likewise

    with _transaction(url, writes=True) as connection:
        _wait_for_others(connection)
        migrating.downgrade(connection, target)


def _wait_for_others(connection: sa.Connection) -> None:
    """Keep other migrations out until the transaction ends; on SQLite it does so by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(Number.MIGRATION)))
        connection.execute(sa.select(sa.func.set_config("lock_timeout", f"{TABLE_LOCK_SECONDS}s", True)))


def check_version(engine: sa.Engine, url: str) -> None:
    """Raise `StoreVersionError` unless the schema is the one that this program knows."""
    with translated(url), engine.connect() as connection:
        found = _revision(connection)
        roles = _roles_of_others(connection) if found != head() else None
    _check_known(found, url)
    if found != head():
        raise StoreVersionError(f"store {shown(url)} {_older(found)}; {_way(roles)}")


def _older(found: str) -> str:
    return f"has the older schema {found}" if found else "has no tables yet"


def _way(roles: tuple[str, str] | None) -> str:
    if roles is None:
        return "run `syncd db upgrade`"
    owner, own = roles
    return f"run `syncd db upgrade` as the role {owner}, which owns it; this role, {own}, may not change it"


def _roles_of_others(connection: sa.Connection) -> tuple[str, str] | None:
    """Return the role that may change the tables, and ours, where that is another one (deploy/postgresql/roles.sql)."""
    if connection.dialect.name != "postgresql":
        return None
    owner, own, may = connection.execute(OWNER).one()
    return None if may else (owner, own)


def _check_known(found: str, url: str) -> None:
    if found and found not in VERSIONS:
        raise StoreVersionError(
            f"store {shown(url)} has schema {found}, which is newer than this syncd; install the version that made it"
        )


def _revision(connection: sa.Connection) -> str:
    """Return the version of the schema as Alembic keeps it; `""` where nothing was migrated yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none() or ""
