"""The audit log in the store: appended to, read in order, cut at its beginning alone."""

import secrets
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from syncd.app.records import AUDIT_HEAD
from syncd.model.actors import Actor
from syncd.model.audit import GENESIS, AuditAction, AuditEntry, AuditRecord, content, record
from syncd.shadow import tables
from syncd.shadow.lock_numbers import Number
from syncd.shadow.statements import portions_of_numbers, upsert

BATCH = 1000


class Audit:
    """What people decided, as a chain (docs/guides/audit.md).

    Writers take turns: on SQLite a transaction that writes has the store for itself, on PostgreSQL a lock until its end
    does the same. So append last, just before the commit: whoever waits there holds nothing that others want.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def append(self, at: float, actor: Actor, entries: Iterable[AuditEntry]) -> tuple[AuditRecord, ...]:
        """Add records to the chain, in the same transaction as what they tell of; return them."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(Number.AUDIT)))
        number, previous = self.head() or (0, GENESIS)
        made: list[AuditRecord] = []
        for entry in entries:
            made.append(record(entry, actor, at, (number + 1, previous), secrets.token_hex(16)))
            number, previous = made[-1].number, made[-1].hash
        if made:
            self._connection.execute(sa.insert(tables.audit), [_row(one) for one in made])
            upsert(self._connection, tables.facts, [{"name": AUDIT_HEAD, "value": f"{number}:{previous}"}])
        return tuple(made)

    def head(self) -> tuple[int, str] | None:
        """Return number and hash of the newest record."""
        c = tables.audit.c
        row = self._connection.execute(sa.select(c.number, c.hash).order_by(c.number.desc()).limit(1)).first()
        return (row.number, row.hash) if row else None

    def after(self, number: int, limit: int | None = None) -> Iterator[AuditRecord]:
        """Yield the records after a number, in order."""
        c = tables.audit.c
        left = limit
        while left is None or left > 0:
            size = BATCH if left is None else min(BATCH, left)
            chosen = sa.select(tables.audit).where(c.number > number).order_by(c.number).limit(size)
            rows = self._connection.execute(chosen).all()
            for row in rows:
                yield AuditRecord(row.number, row.at, row.record, row.personal, row.hash)
            if len(rows) < size:
                return
            number, left = rows[-1].number, None if left is None else left - len(rows)

    def since(self, moment: float) -> int:
        """Return the number before the first record since then, in seconds since the epoch."""
        c = tables.audit.c
        first = self._connection.scalar(sa.select(sa.func.min(c.number)).where(c.at >= moment))
        newest = self.head()
        return first - 1 if first is not None else newest[0] if newest else 0

    def take_out(self, numbers: Sequence[int]) -> None:
        """Take out what may tell of somebody from these records; the chain holds without it."""
        c = tables.audit.c
        for some in portions_of_numbers(numbers):
            self._connection.execute(sa.update(tables.audit).where(c.number.in_(some)).values(personal=None))

    def prune(self, before: float, at: float, actor: Actor) -> int:
        """Forget the oldest records, all from before a time; return how many. A new record tells up to which.

        It keeps the number and the hash of the last one that went, so that the rest is known as the rest of a chain.
        Records that tell of nothing but that alone are not forgotten for themselves.
        """
        through = self.since(before)
        old = list(self._until(through))
        if not any(content(one).action != AuditAction.PRUNED for one in old):
            return 0
        last = old[-1]
        self.append(at, actor, [AuditEntry(AuditAction.PRUNED, {"through": last.number, "hash": last.hash})])
        self._connection.execute(sa.delete(tables.audit).where(tables.audit.c.number <= last.number))
        return len(old)

    def _until(self, number: int) -> Iterator[AuditRecord]:
        for one in self.after(0):
            if one.number > number:
                return
            yield one


def _row(one: AuditRecord) -> dict[str, object]:
    return {
        "number": one.number,
        "at": one.at,
        "previous": content(one).previous,
        "hash": one.hash,
        "record": one.text,
        "personal": one.personal,
    }
