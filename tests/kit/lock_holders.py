"""The sessions of a PostgreSQL that hold the store's locks."""

import sqlalchemy as sa

from syncd.shadow.locking import Lock
from syncd.shadow.schema import engine_for
from syncd.shadow.session_lock import HELD

HOLDER = sa.text(f"SELECT pid FROM pg_locks{HELD}")  # noqa: S608 - a constant
END = sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_locks{HELD}")  # noqa: S608 - likewise


def lock_holder(url: str, lock: Lock) -> int:
    """Return the process of the server that holds a lock in this database."""
    return _ask(url, HOLDER, lock)


def end_lock_holder(url: str, lock: Lock) -> None:
    """Let the server end the session that holds a lock in this database."""
    assert _ask(url, END, lock)


def _ask(url: str, statement: sa.TextClause, lock: Lock) -> int:
    engine = engine_for(url)
    with engine.connect() as connection:
        found: int = connection.scalar(statement, {"lock": lock.number})
    engine.dispose()
    return found
