"""The store: units of work, and the locks of what one process at a time may do."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from syncd.app.ports import Lease
from syncd.app.records import Holder
from syncd.errors import RunInProgress, StoreError
from syncd.shadow.approvals import Approvals
from syncd.shadow.audit import Audit
from syncd.shadow.faces import Faces
from syncd.shadow.inbox import Inbox
from syncd.shadow.locking import Lock, as_holder, held, holder
from syncd.shadow.mirrored import Shadow
from syncd.shadow.repositories import Facts, HeldPlans, Links, Runs
from syncd.shadow.schema import ALONE, WRITES, check_version, engine_for, make_file, shown, sqlite_path, translated


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
        self.faces = Faces(connection)
        self.audit = Audit(connection)

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
    def lock(self) -> Iterator[Lease]:
        """Keep a second run out; raises `RunInProgress` where there is one already."""
        with held(self._url, self._engine, Lock.RUN) as lease:
            if lease is None:
                raise _in_progress(self.name, holder(self._url, self._engine, Lock.RUN))
            yield lease

    @contextmanager
    def ingesting(self) -> Iterator[bool]:
        """Keep a second ingest out, beside whatever run there is; tell whether it is ours (DESIGN 6, leader)."""
        with held(self._url, self._engine, Lock.INGEST) as lease:
            yield lease is not None

    @contextmanager
    def leading(self) -> Iterator[Lease | None]:
        """Lead: make the passes of the schedule for as long as the lease is held; nothing where another one leads.

        Whoever gets nothing stands by, and tries again every second or so. Raises `StoreError`.
        """
        with held(self._url, self._engine, Lock.LEADER) as lease:
            yield lease

    @contextmanager
    def giving_faces(self) -> Iterator[Lease | None]:
        """Keep a second pass of faces out, beside whatever run there is; nothing where another process makes one."""
        with held(self._url, self._engine, Lock.FACES) as lease:
            yield lease

    def leader(self) -> Holder | None:
        """Say which process leads; nothing where none does. Raises `StoreError`."""
        found = holder(self._url, self._engine, Lock.LEADER)
        return as_holder(found) if found else None

    def compact(self) -> None:
        """Let nothing be left in the file of what was taken out of it; PostgreSQL sees to that by itself (autovacuum).

        Raises `StoreError`.
        """
        if sqlite_path(self._url) is None:
            return
        alone = self._engine.execution_options(**{ALONE: True})
        with translated(self._url), alone.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

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


def _in_progress(store: str, holder: str | None) -> RunInProgress:
    by = holder or "a process that does not say its name"
    return RunInProgress(f"another run is in progress on {store} ({by}); wait for it, or look at `syncd status`")
