"""Who holds the store's locks."""

import sqlalchemy as sa

from syncd.errors import RunInProgress
from syncd.shadow.locking import Lock
from syncd.shadow.schema import engine_for
from syncd.shadow.session_lock import HELD
from syncd.shadow.store import Store

HOLDER = sa.text(f"SELECT pid FROM pg_locks{HELD}")  # noqa: S608 - a constant
END = sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_locks{HELD}")  # noqa: S608 - likewise


def may_lock(store: Store) -> bool:
    """Whether nobody holds the lock of a run."""
    try:
        with store.lock():
            return True
    except RunInProgress:
        return False


def lock_holder(url: str, lock: Lock) -> int:
    """Return the process of a PostgreSQL that holds a lock in this database."""
    return _ask(url, HOLDER, lock)


def end_lock_holder(url: str, lock: Lock) -> None:
    """End the session of a PostgreSQL that holds a lock in this database."""
    assert _ask(url, END, lock)


def _ask(url: str, statement: sa.TextClause, lock: Lock) -> int:
    engine = engine_for(url)
    with engine.connect() as connection:
        found: int = connection.scalar(statement, {"lock": lock.number})
    engine.dispose()
    return found
