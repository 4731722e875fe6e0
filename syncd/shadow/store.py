"""The store: units of work, and the lock that keeps a second run out."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from syncd.errors import RunInProgress, StoreError
from syncd.shadow.repositories import Approvals, Facts, HeldPlans, Links, Runs, Shadow
from syncd.shadow.schema import WRITES, check_version, create_file, engine_for, shown, sqlite_path, translated, upgrade

ADVISORY_LOCK = 0x73796E6364  # "syncd"


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
        path = sqlite_path(self._url)
        with _file_lock(path) if path else self._advisory_lock():
            yield

    @contextmanager
    def _advisory_lock(self) -> Iterator[None]:
        with translated(self._url), self._engine.connect() as connection:
            if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ADVISORY_LOCK))):
                raise RunInProgress(
                    f"another run is in progress on {self.name}; wait for it, or look at `syncd status`"
                )
            try:
                yield
            finally:
                connection.scalar(sa.select(sa.func.pg_advisory_unlock(ADVISORY_LOCK)))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """Open a store; a missing SQLite file is created and migrated (DESIGN 6, store).

    Raises `StoreError` where it cannot be used, `StoreVersionError` where its schema is another version's.
    """
    path = sqlite_path(url)
    if path is not None and (not path.exists() or path.stat().st_size == 0):
        create_file(path)
        upgrade(url)
    engine = engine_for(url)
    try:
        check_version(engine, url)
    except StoreError:
        engine.dispose()
        raise
    return Store(url, engine)


@contextmanager
def _file_lock(store: Path) -> Iterator[None]:
    """Hold a lock on a file beside the store; the system lets go of it however the process ends."""
    path = store.with_name(store.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened: {error.strerror}; the folder of the store must be writable"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 100).decode(errors="replace").strip() or "unknown"
            raise RunInProgress(
                f"another run is in progress on {store} (process {holder}); wait for it, or look at `syncd status`"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
