"""The inbox: events as they came, and what became of each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from syncd.app.records import EventState, InboxEvent, Ingested, Received
from syncd.shadow import tables
from syncd.shadow.statements import portions

c = tables.inbox.c
CAME_BEFORE = "it came before with the same time stamp, so no body is kept"
OPEN = (EventState.PENDING,)
COLUMNS = Received.__struct_fields__
INSERT = f"INSERT INTO inbox ({', '.join(COLUMNS)}, state, objects, message) VALUES "  # noqa: S608 - names of our own
PAGE = 100  # events; a body may have megabytes
ROWS = 1_000  # times five values, of which SQLite takes 32,766 and PostgreSQL 65,535 in one statement


class Inbox:
    """Events of the platform, in the order in which they were received."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, events: Iterable[Received]) -> None:
        """Keep events; they are pending, but for those that came before with the same message and time stamp.

        Such a one is settled as repeated and its body is not kept: whoever holds a recorded callback can send it as
        often as they like.
        """
        new, repeated = self._told_apart(tuple(events))
        self._insert(new, EventState.PENDING, "")
        self._insert([msgspec.structs.replace(one, body=b"") for one in repeated], EventState.REPEATED, CAME_BEFORE)

    def _told_apart(self, events: Sequence[Received]) -> tuple[list[Received], list[Received]]:
        """Return the events that are new, and those that are here already or twice among these."""
        digests = sorted({one.digest for one in events})
        seen: set[tuple[str, float]] = set()
        for portion in portions(digests):
            known = sa.select(c.digest, c.time_stamp).where(c.digest.in_(portion)).distinct()
            seen |= {(row.digest, row.time_stamp) for row in self._connection.execute(known)}
        new: list[Received] = []
        repeated: list[Received] = []
        for one in events:
            (repeated if (one.digest, one.time_stamp) in seen else new).append(one)
            seen.add((one.digest, one.time_stamp))
        return new, repeated

    def _insert(self, events: Iterable[Received], state: EventState, message: str) -> None:
        """Insert rows of one state.

        One statement has many rows: with a statement a row the drivers let go of the interpreter's lock at each, and
        beside a busy thread waited five milliseconds for it every time.
        """
        rows = [msgspec.structs.astuple(one) for one in events]
        mark = "?" if self._connection.dialect.paramstyle == "qmark" else "%s"
        row = f"({', '.join([mark] * len(COLUMNS))}, '{state}', '[]', '{message}')"
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            values = tuple(value for one in part for value in one)
            self._connection.exec_driver_sql(f"{INSERT}{', '.join([row] * len(part))}", values)

    def pending(self, limit: int, after: int = 0, most_bytes: int | None = None) -> tuple[InboxEvent, ...]:
        """Give what is to be ingested after the event of this id, oldest first: so many bytes, but one event at least.

        Bodies may be large, so what is too much is not read at all.
        """
        sized = (
            sa.select(c.id, sa.func.length(c.body))
            .where(c.state == EventState.PENDING, c.id > after)
            .order_by(c.id)
            .limit(limit)
        )
        ids: list[int] = []
        size = 0
        for event_id, length in self._connection.execute(sized).all():
            size += length
            if ids and most_bytes is not None and size > most_bytes:
                break
            ids.append(event_id)
        rows = self._connection.execute(sa.select(tables.inbox).where(c.id.in_(ids)).order_by(c.id)) if ids else ()
        return tuple(_event(row) for row in rows)

    def are_pending(self, ids: Iterable[int]) -> bool:
        """Tell whether all of these are still to be ingested, and let nobody else settle them meanwhile."""
        wanted = sorted(set(ids))
        statement = sa.select(c.id).where(c.id.in_(wanted), c.state == EventState.PENDING).with_for_update()
        return len(self._connection.execute(statement).all()) == len(wanted)

    def settle(self, ingested: Iterable[Ingested]) -> None:
        """Note what became of events."""
        rows = [
            {"b_id": one.id, "state": one.state, "objects": _json(one.objects), "message": one.message}
            for one in ingested
        ]
        if rows:
            self._connection.execute(sa.update(tables.inbox).where(c.id == sa.bindparam("b_id")), rows)

    def get(self, event_id: int) -> InboxEvent | None:
        """Give one event."""
        row = self._connection.execute(sa.select(tables.inbox).where(c.id == event_id)).first()
        return _event(row) if row else None

    def latest(self, limit: int, state: EventState | None = None) -> tuple[InboxEvent, ...]:
        """Give the latest events, newest first; of one state only if it is given."""
        statement = sa.select(tables.inbox).order_by(c.id.desc()).limit(limit)
        if state is not None:
            statement = statement.where(c.state == state)
        return tuple(_event(row) for row in self._connection.execute(statement))

    def reopen(self, state: EventState) -> int:
        """Let every event of a state be pending again of which the body is kept; return how many those are."""
        again = (
            sa.update(tables.inbox)
            .where(c.state == state, sa.func.length(c.body) > 0)
            .values(state=EventState.PENDING, message="")
        )
        return self._connection.execute(again).rowcount

    def first_seen(self, digests: Iterable[str]) -> dict[str, int]:
        """Give, by digest, the id of the first event with that message."""
        statement = sa.select(c.digest, sa.func.min(c.id).label("first")).group_by(c.digest)
        found = self._connection.execute(statement.where(c.digest.in_(sorted(set(digests)))))
        return {row.digest: row.first for row in found}

    def counts(self) -> dict[EventState, int]:
        """Count the events of each state."""
        statement = sa.select(c.state, sa.func.count()).group_by(c.state)
        return {EventState(state): number for state, number in self._connection.execute(statement)}

    def oldest_pending(self) -> float | None:
        """Give when the oldest event that is not ingested was received."""
        oldest = sa.select(sa.func.min(c.received_at)).where(c.state == EventState.PENDING)
        found: float | None = self._connection.scalar(oldest)
        return found

    def every(self) -> Iterator[InboxEvent]:
        """Yield every event, oldest first, some at a time."""
        after = 0
        while rows := self._connection.execute(
            sa.select(tables.inbox).where(c.id > after).order_by(c.id).limit(PAGE)
        ).all():
            yield from map(_event, rows)
            after = rows[-1].id

    def rewrite(self, event: InboxEvent) -> None:
        """Let an event that was ingested have other objects, another body and another message."""
        values = {"objects": _json(event.objects), "body": event.body, "message": event.message}
        self._connection.execute(sa.update(tables.inbox).where(c.id == event.id).values(values))

    def prune(self, before: float) -> int:
        """Forget the events that were received before and are ingested; give how many those were."""
        gone = sa.delete(tables.inbox).where(c.received_at < before, c.state.not_in(OPEN))
        return self._connection.execute(gone).rowcount


def _event(row: sa.Row[Any]) -> InboxEvent:
    return InboxEvent(
        id=row.id,
        received_at=row.received_at,
        time_stamp=row.time_stamp,
        type=row.type,
        state=EventState(row.state),
        objects=msgspec.json.decode(row.objects, type=tuple[str, ...]),
        message=row.message,
        digest=row.digest,
        body=row.body,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
