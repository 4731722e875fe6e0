"""The store: units of work, and the lock that keeps a second run out."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from syncd.errors import RunInProgress, StoreError
from syncd.shadow.inbox import Inbox
from syncd.shadow.mirrored import Shadow
from syncd.shadow.repositories import Approvals, Facts, HeldPlans, Links, Runs
from syncd.shadow.schema import WRITES, check_version, engine_for, make_file, shown, sqlite_path, translated

ADVISORY_LOCK = 0x73796E6364  # "syncd"
INGEST_LOCK = 0x73796E6365  # the next one
HOLDER = sa.text(
    "SELECT activity.application_name FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)"
    " JOIN pg_database ON pg_database.oid = held.database AND pg_database.datname = current_database()"
    " WHERE held.locktype = 'advisory' AND held.granted AND (held.classid::bigint << 32) + held.objid::bigint = :lock"
)


class UnitOfWork:
    """One transaction: all that is done through it stands after `commit`, or nothing."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.shadow = Shadow(connection)
        self.links = Links(connection)
        self.runs = Runs(connection)
        self.held = HeldPlans(connection)
        self.approvals = Approvals(connection)
        self.facts = Facts(connection)
        self.inbox = Inbox(connection)

    def commit(self) -> None:
        """Make it durable."""
        self._connection.commit()


class Store:
    """An open store, of the schema that this program knows."""

    def __init__(self, url: str, engine: sa.Engine) -> None:
        self._url = url
        self._engine = engine
        self._writing = engine.execution_options(**{WRITES: True})

    @property
    def name(self) -> str:
        """Give the store's URL without password and query."""
        return shown(self._url)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Begin to write; leaving the block without `commit` undoes all of it. Raises `StoreError`."""
        with translated(self._url), self._writing.connect() as connection:
            yield UnitOfWork(connection)
            connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Begin to read, beside whatever is being written. Raises `StoreError`."""
        with translated(self._url), self._engine.connect() as connection:
            yield UnitOfWork(connection)
            connection.rollback()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep a second run out; raises `RunInProgress` where there is one already."""
        with self._held(".lock", ADVISORY_LOCK) as is_ours:
            if not is_ours:
                raise _in_progress(self.name, self._holder())
            yield

    @contextmanager
    def ingesting(self) -> Iterator[bool]:
        """Keep a second ingest out, beside whatever run there is; tell whether it is ours (DESIGN 6, leader)."""
        with self._held(".ingest.lock", INGEST_LOCK) as is_ours:
            yield is_ours

    @contextmanager
    def _held(self, suffix: str, number: int) -> Iterator[bool]:
        """Hold a lock until the block ends, or the process does; tell whether it could be had."""
        path = sqlite_path(self._url)
        with _file_lock(path.with_name(path.name + suffix)) if path else self._advisory_lock(number) as is_ours:
            yield is_ours

    @contextmanager
    def _advisory_lock(self, number: int) -> Iterator[bool]:
        """Hold a lock on a connection of its own, outside any transaction; the server frees it when that ends."""
        with translated(self._url), self._engine.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            is_ours = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))
            if is_ours:
                connection.execute(sa.select(sa.func.set_config("application_name", _ourselves(), False)))
            try:
                yield is_ours
            finally:
                # A connection that is lost has let go of the lock already, and must not hide how the run ended.
                with suppress(sa.exc.DBAPIError):
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(number))) if is_ours else None

    def _holder(self) -> str | None:
        """Say who holds the lock of a run."""
        path = sqlite_path(self._url)
        if path is not None:
            return path.with_name(path.name + ".lock").read_text(errors="replace").strip()
        with self._engine.connect() as connection:
            found: str | None = connection.scalar(HOLDER, {"lock": ADVISORY_LOCK})
            return found

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_store(url: str, *, migrate_sqlite: bool = True) -> Store:
    """Open a store; a missing SQLite file is created and migrated unless told not to (DESIGN 6, store).

    Raises `StoreError` where it cannot be used, `StoreVersionError` where its schema is another version's.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        if not migrate_sqlite:
            raise StoreError(f"store {shown(url)}: there is no file yet; `syncd db upgrade` makes it")
        make_file(path, url)
    engine = engine_for(url)
    try:
        check_version(engine, url)
    except StoreError:
        engine.dispose()
        raise
    return Store(url, engine)


def _ourselves() -> str:
    """Name this process and the time, in the 63 bytes that PostgreSQL keeps of an application's name."""
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return f"syncd {os.getpid()} on {socket.gethostname()[:24]} since {since}"


def _in_progress(store: str, holder: str | None) -> RunInProgress:
    by = holder or "a process that does not say its name"
    return RunInProgress(f"another run is in progress on {store} ({by}); wait for it, or look at `syncd status`")


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    """Hold a lock on a file beside the store; the system lets go of it however the process ends."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened: {error.strerror}; the folder of the store must be writable"
        ) from error
    try:
        if is_ours := _is_taken(descriptor):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _ourselves().encode(), 0)
        yield is_ours
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int) -> bool:
    """Take the lock of an open file, unless somebody else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
