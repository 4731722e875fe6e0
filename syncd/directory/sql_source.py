"""A source that is a database: a query for people and, where it has departments of its own, one for departments."""

import os
import socket
import sqlite3
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

import msgspec
import sqlalchemy as sa

from syncd.containment.deadline import Deadline, shut
from syncd.directory.cell_values import values_of
from syncd.directory.read_meter import OVERHEAD, READ_LIMITS, ReadLimits, ReadMeter
from syncd.directory.reading import Found
from syncd.directory.rows import (
    NO_ROWS,
    Reads,
    Rows,
    check_columns,
    column,
    is_read,
    row_locator,
    rows_snapshot,
    usable_columns,
)
from syncd.directory.sql_dialects import dialect_of, is_one_select
from syncd.errors import ConfigurationError, SourceBroken, SourceError, SourceUnreachable
from syncd.model.keys import key_text
from syncd.model.objects import Kind
from syncd.model.secrets import KnownSecrets, of_url
from syncd.model.source import Snapshot

BUFFERED_ROWS = 1000
REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist")
REFUSAL_CODES = (1044, 1045, 1049, 1698)  # MySQL: access denied, no such database


class Query(msgspec.Struct, frozen=True):
    """One SELECT, the column with the keys, and the columns that it must give, each with the setting that names it.

    `may_repeat`: see `Rows`. `left_out` are columns whose values are let go of row by row: pictures, which only a pass
    of faces wants. `reads` has the columns whose faults matter.
    """

    text: str
    key: str
    columns: Mapping[str, str] = {}
    may_repeat: bool = False
    left_out: frozenset[str] = frozenset()
    reads: Reads = None


class Database(msgspec.Struct, frozen=True):
    """Where to ask, and what a read may take; `url` has a password in it. Both times are in seconds."""

    url: str
    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    limits: ReadLimits = READ_LIMITS


class SqlSource:
    """Reads people and departments in one transaction that sees one state and cannot write.

    Raises `ConfigurationError` at once where the URL is none, or the driver of its database is not installed.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        users: Query | None = None,
        departments: Query | None = None,
        rooms: Query | None = None,
    ) -> None:
        self._name = name
        self._users, self._departments, self._rooms = users, departments, rooms
        url = _parsed(name, database.url)
        self._dialect = dialect_of(url.get_backend_name())
        self._timeout, self._limits = database.read_timeout, database.limits
        self._shown = url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)
        self._secrets = KnownSecrets((*of_url(database.url), url.password or ""))
        with self._secrets.kept_out():
            self._engine = _engine(name, url, database)

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._name

    def read(self) -> Snapshot:
        """Read all tables whole.

        Raises `SourceUnreachable` where no server answers, `SourceBroken` where a query fails or ends in the middle,
        `ConfigurationError` where the account is refused or a query gives no rows by its nature.
        """
        with self._secrets.kept_out():
            return self._read().reworded(self._secrets.without)

    def _read(self) -> Snapshot:
        with self._asking() as (connection, meter):
            with self._translated("the transaction", meter):
                for statement in self._dialect.begin:
                    connection.exec_driver_sql(statement.format(ms=round(self._timeout * 1000)))
            asking = connection, meter
            users = self._rows(asking, "users", self._users) if self._users else NO_ROWS
            departments = self._rows(asking, "departments", self._departments) if self._departments else NO_ROWS
            rooms = self._rows(asking, "rooms", self._rooms) if self._rooms else None
        users = msgspec.structs.replace(users, proofs=(self._proof, *users.proofs))
        return rows_snapshot(self._name, users, departments, rooms)

    def still_has(self, keys: Mapping[Kind, frozenset[str]]) -> Mapping[Kind, frozenset[str]]:
        """Return which of these keys a query gives now; see `AskedByKey`. Rows are looked at and let go one by one."""
        queries = {Kind.USER: self._users, Kind.DEPARTMENT: self._departments, Kind.ROOM: self._rooms}
        found: dict[Kind, frozenset[str]] = {}
        with self._secrets.kept_out(), self._asking() as asking:
            for kind, wanted in keys.items():
                query = queries[kind]
                if query is not None and wanted:
                    found[kind] = self._keys(asking, f"{kind}s", query) & wanted
        return found

    @contextmanager
    def _asking(self) -> Iterator["_Asking"]:
        """Yield a connection that is cut off when the time of a read is over."""
        meter = ReadMeter(self._name, self._limits)
        with closing(self._connection()) as connection:
            driver = connection.connection.dbapi_connection
            with Deadline(meter.seconds_left, lambda: _cut_off(driver)):
                yield connection, meter

    def _keys(self, asking: "_Asking", kind: str, query: Query) -> frozenset[str]:
        with self._translated(f"{kind}.query", asking[1]):
            rows = _found(asking, f"source {self._name}: {kind}", kind, query)
            values = (value for row in rows for value in row.attributes.get(column(query.key), ())[:1])
            return frozenset(key_text(query.key, value) for value in values)

    @property
    def _proof(self) -> str:
        untested = "" if self._dialect.is_tested else ", which syncd was never tested with"
        return f"{self._shown} was read {self._dialect.proof}{untested}"

    def _connection(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except sa.exc.DBAPIError as error:
            reason = _reason(error)
            if _is_refusal(error):
                raise ConfigurationError(f"source {self._name}: {self._shown} refuses: {reason}") from None
            raise SourceUnreachable(f"source {self._name}: no connection to {self._shown}: {reason}") from None
        except (sa.exc.SQLAlchemyError, OSError, RuntimeError, TypeError, ValueError) as error:
            # What drivers raise for options that they do not know, and files of certificates that are not there.
            raise ConfigurationError(f"source.{self._name}.url cannot be used: {_reason(error)}") from None

    def _rows(self, asking: "_Asking", kind: str, query: Query) -> Rows:
        where = f"source {self._name}: {kind}"
        if not self._dialect.is_tested and not is_one_select(query.text):
            raise ConfigurationError(f"{where}.query must be one SELECT")
        with self._translated(f"{kind}.query", asking[1]):
            found = tuple(_found(asking, where, kind, query))
        doubts = () if found else (f"{where}.query gives no row; look at what fills its tables",)
        return Rows(found, query.key, (f"{kind}: {len(found)} rows",), doubts, query.may_repeat)

    @contextmanager
    def _translated(self, what: str, meter: ReadMeter) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, UnicodeDecodeError) as error:
            meter.check_time()  # what is cut off at its end fails in the driver's own way
            raise self._broken(what, error) from None

    def _broken(self, what: str, error: Exception) -> SourceError:
        if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            return SourceBroken(
                f"source {self._name}: the connection to {self._shown} ended in the middle of {what}: {_reason(error)}"
            )
        return SourceBroken(f"source {self._name}: {what} failed at {self._shown}: {_reason(error)}")


_Asking = tuple[sa.Connection, ReadMeter]


def _cut_off(driver: Any) -> None:  # noqa: ANN401 - a connection of whatever driver
    """End what a driver waits for, from beside."""
    if isinstance(driver, sqlite3.Connection):
        driver.interrupt()
        return
    opened = getattr(driver, "_sock", None)  # PyMySQL has no way of its own
    if opened is None:
        with socket.socket(fileno=os.dup(driver.fileno())) as opened:
            shut(opened)
    else:
        shut(opened)


def _found(asking: _Asking, where: str, kind: str, query: Query) -> Iterator[Found]:
    connection, meter = asking
    options = {"stream_results": True, "max_row_buffer": BUFFERED_ROWS, "no_parameters": True}
    with connection.exec_driver_sql(query.text, execution_options=options) as result:
        if not result.returns_rows:
            raise ConfigurationError(f"{where}.query gives no rows by its nature; it must be one SELECT")
        header = tuple(result.keys())
        check_columns(where, header, query.columns)
        names = usable_columns(where, header, query.reads)
        key, left_out = column(query.key), {column(one) for one in query.left_out}
        for number, row in enumerate(result, 1):
            values = {}
            for place, name in names.items():
                if name in left_out:
                    continue
                try:
                    if found := values_of(row[place]):
                        values[name] = found
                except TypeError as error:
                    if not is_read(name, query.reads):
                        continue
                    raise SourceBroken(
                        f'{where}: column "{name}" has a value that is no single one ({error}); '
                        "let the query give text or a number, such as by a cast"
                    ) from None
            meter.take(OVERHEAD + sum(len(one) for each in values.values() for one in each))
            yield Found(row_locator(kind, query.key, number, values.get(key, ())), values)


def _parsed(name: str, text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigurationError(
            f"source.{name}.url is no URL of a database; it looks like postgresql://hr.example.org/staff"
        ) from None
    driver = dialect_of(url.drivername).driver
    return url.set(drivername=f"{url.drivername}+{driver}") if driver else url


def _engine(name: str, url: sa.URL, database: Database) -> sa.Engine:
    dialect = dialect_of(url.get_backend_name())
    try:
        if url.get_backend_name() == "sqlite":
            return sa.create_engine("sqlite://", creator=_sqlite(name, url, database), poolclass=sa.NullPool)
        arguments = _arguments(url, database)
        engine = sa.create_engine(url, connect_args=arguments, poolclass=sa.NullPool, hide_parameters=True)
    except sa.exc.NoSuchModuleError:
        raise ConfigurationError(
            f"source.{name}.url: {url.drivername} is no database that syncd knows; "
            "it knows postgresql, mysql, mariadb, sqlite, and what SQLAlchemy has a dialect for"
        ) from None
    except (sa.exc.ArgumentError, TypeError, ValueError) as error:
        raise ConfigurationError(f"source.{name}.url cannot be used: {_reason(error)}") from None
    except ImportError as error:
        install = dialect.install or f"install the Python package {error.name}"
        raise ConfigurationError(
            f"source.{name}.url: the driver for {url.get_backend_name()} ({error.name}) is not installed: {install}"
        ) from None
    sa.event.listen(engine, "handle_error", _let_go)
    return engine


def _arguments(url: sa.URL, database: Database) -> dict[str, object]:
    """Give the options of a driver, but for those that the URL has, so that a silent server is noticed."""
    backend = url.get_backend_name()
    usual: dict[str, object] = {}
    if backend == "postgresql":
        usual = {"connect_timeout": round(database.connect_timeout), "keepalives_idle": 30, "keepalives_interval": 10}
        usual |= {"keepalives_count": 3}
    elif backend in ("mysql", "mariadb"):
        usual = {"connect_timeout": database.connect_timeout, "read_timeout": database.read_timeout}
    return {name: value for name, value in usual.items() if name not in url.query}


def _sqlite(name: str, url: sa.URL, database: Database) -> Callable[[], sqlite3.Connection]:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(f"source.{name}.url names no file; it looks like sqlite:///hr.db")
    place = f"file:{urllib.parse.quote(url.database)}?mode=ro"
    return lambda: sqlite3.connect(place, uri=True, timeout=database.connect_timeout, check_same_thread=False)


def _let_go(context: sa.engine.ExceptionContext) -> None:
    """Let drivers forget an answer whose connection is lost: when collected, they would read on or complain aloud."""
    cursor = getattr(context.execution_context, "cursor", None)
    answer = getattr(cursor, "_result", None)
    if context.is_disconnect and answer is not None:
        answer.unbuffered_active = False
    if context.is_disconnect and cursor is not None:
        with suppress(Exception):
            cursor.close()


def _is_refusal(error: sa.exc.DBAPIError) -> bool:
    """Tell whether a server answered and refuses the account or knows no such database."""
    cause = error.orig
    code = cause.args[0] if cause and cause.args else None
    return code in REFUSAL_CODES or any(one in str(cause) for one in REFUSALS)


def _reason(error: Exception) -> str:
    """Give what the database says, in one line, without the statement."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    said = cause.args[-1] if cause.args and not isinstance(cause, OSError) else cause
    return " ".join(str(said).split()) or type(cause).__name__
