"""A lock on PostgreSQL: a session of its own holds it, and a thread sees to it that the session lives."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from syncd.app.ports import Lease
from syncd.shadow.schema import translated

CONFIRM_SECONDS = 2.0
HELD_SECONDS = 8.0  # a lease that was not confirmed for so long is lost; the server keeps the lock for longer
SERVER_MILLISECONDS = 12_000  # after so much silence of a vanished holder the server ends its session, and the lock
LEAVE_SECONDS = 1.0
# The time in which the machine was suspended counts too, where the system has such a clock.
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
SESSION = {
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": str(SERVER_MILLISECONDS),
}
HELD = (
    " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32) + objid::bigint = :lock"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
IS_OURS = sa.text(f"SELECT EXISTS (SELECT FROM pg_locks{HELD} AND pid = pg_backend_pid())")  # noqa: S608 - a constant
HOLDER = sa.text(
    f"SELECT application_name FROM pg_stat_activity JOIN (SELECT pid FROM pg_locks{HELD}) AS held USING (pid)"  # noqa: S608 - a constant
)


@contextmanager
def session_lock(url: str, engine: sa.Engine, number: int, name: str) -> Iterator[Lease | None]:
    """Hold an advisory lock outside any transaction, in a session that bears a name; nothing where it is taken.

    Raises `StoreError`. The server frees the lock when the session ends, however that comes about.
    """
    with translated(url):
        asked_at = time.clock_gettime(CLOCK)
        connection = locked(engine, number, name)
    if connection is None:
        yield None
        return
    with _SessionLease(connection, number, asked_at) as lease:
        yield lease


def locked(engine: sa.Engine, number: int, name: str) -> sa.Connection | None:
    """Give a session that holds an advisory lock and bears a name; nothing where it is taken."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    try:
        if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))):
            settings = {**SESSION, "application_name": name}
            connection.execute(sa.select(*(sa.func.set_config(*one, False) for one in settings.items())))
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def session_holder(url: str, engine: sa.Engine, number: int) -> str | None:
    """Give the name of the session that holds an advisory lock; nothing where none does. Raises `StoreError`."""
    with translated(url), engine.connect() as connection:
        found: str | None = connection.scalar(HOLDER, {"lock": number})
        return found


class _SessionLease:
    """Confirms every other second that the session still holds its lock, and notices at once when the server ends it.

    A thread of its own does that; it alone uses the connection, and closes it in the end.
    """

    def __init__(self, connection: sa.Connection, number: int, confirmed_at: float) -> None:
        self._connection, self._number = connection, number
        self._confirmed_at, self._is_over = confirmed_at, False
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._work, name="lease", daemon=True)

    def is_held(self) -> bool:
        """Tell whether surely nobody else has the lock; the database is not asked for that."""
        return not self._is_over and time.clock_gettime(CLOCK) - self._confirmed_at < HELD_SECONDS

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waker.close()
        # A server that does not answer holds up nobody: the thread ends with the connection's own time-out.
        self._thread.join(LEAVE_SECONDS)
        self._is_over = True

    def _work(self) -> None:
        # A session that was lost has let go of the lock already, and must not hide how the run ended.
        with self._woken, self._connection as connection, suppress(sa.exc.SQLAlchemyError):
            try:
                if self._is_left(connection):
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(self._number)))
            finally:
                self._is_over = True

    def _is_left(self, connection: sa.Connection) -> bool:
        """Confirm the lease until the block is left, or until it is lost; a session that has ended can be read from."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(connection.connection.dbapi_connection, selectors.EVENT_READ)  # type: ignore[arg-type]
            while not any(key.fileobj is self._woken for key, _ in selector.select(CONFIRM_SECONDS)):
                asked_at = time.clock_gettime(CLOCK)
                # Something between us and the server may have given our session to others.
                if not connection.scalar(IS_OURS, {"lock": self._number}):
                    return False
                self._confirmed_at = asked_at
        return True
