"""What a person has approved, given and taken as values."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from syncd.app.records import Approval, RunRecord
from syncd.model.actors import Actor
from syncd.plan.ids import former_id
from syncd.shadow import tables
from syncd.shadow.statements import as_json, portions, upsert


class Approvals:
    """What a person has approved: operations of one plan, each used up when it succeeds (DESIGN 6, approval)."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, approval: Approval) -> None:
        """Approve operations; approving them again renews the date."""
        shared = {
            "fingerprint": approval.fingerprint,
            "who": approval.who,
            "reason": approval.reason,
            "actor": as_json(approval.by) if approval.by else None,
        }
        rows = [{**shared, "operation": one, "at": approval.at, "used_at": None} for one in approval.operations]
        upsert(self._connection, tables.approvals, rows)

    def valid(self, since: float) -> frozenset[str]:
        """Give the operations that were approved since then and are not used up."""
        c = tables.approvals.c
        statement = sa.select(c.operation).where(c.at >= since, c.used_at.is_(None))
        return frozenset(self._connection.scalars(statement))

    def use(self, operations: Iterable[str], at: float) -> None:
        """Note that operations were carried out."""
        c = tables.approvals.c
        # No index leads to an operation alone, so each statement looks at every approval: as few of them as may be.
        for found in portions(_with_former(operations)):
            used = sa.update(tables.approvals).where(c.operation.in_(found), c.used_at.is_(None))
            self._connection.execute(used.values(used_at=at))

    def revoke(self, fingerprint: str) -> int:
        """Withdraw what is not used up of an approval; give how many operations that were."""
        c = tables.approvals.c
        statement = sa.delete(tables.approvals).where(c.fingerprint == fingerprint, c.used_at.is_(None))
        return self._connection.execute(statement).rowcount

    def all(self, since: float) -> tuple[Approval, ...]:
        """Give the approvals since then that are not used up, oldest first."""
        c = tables.approvals.c
        statement = sa.select(tables.approvals).where(c.at >= since, c.used_at.is_(None)).order_by(c.at, c.operation)
        return _approvals(self._connection.execute(statement))

    def used(self, since: float, until: float) -> tuple[Approval, ...]:
        """Return the approvals by which operations were carried out between these times, oldest first."""
        c = tables.approvals.c
        chosen = sa.select(tables.approvals).where(c.used_at >= since, c.used_at <= until)
        return _approvals(self._connection.execute(chosen.order_by(c.at, c.operation)))

    def used_by(self, runs: Iterable[RunRecord]) -> dict[str, tuple[Approval, ...]]:
        """Return the approvals by which operations of each of these runs were carried out, by run."""
        begun = sorted(runs, key=lambda run: run.started_at)
        if not begun:
            return {}
        c = tables.approvals.c
        chosen = sa.select(tables.approvals).where(c.used_at >= begun[0].started_at).order_by(c.at, c.operation)
        starts = [run.started_at for run in begun]
        rows: defaultdict[str, list[sa.Row[Any]]] = defaultdict(list)
        for row in self._connection.execute(chosen):
            run = begun[bisect_right(starts, row.used_at) - 1]
            if row.used_at <= (run.finished_at or math.inf):
                rows[run.run].append(row)
        return {run: _approvals(some) for run, some in rows.items()}

    def of_operations(self, operations: Iterable[str]) -> dict[str, list[tuple[float, Approval]]]:
        """Return when operations were carried out by an approval, and by which, each by the operation's id."""
        c = tables.approvals.c
        found: defaultdict[str, list[tuple[float, Approval]]] = defaultdict(list)
        names: defaultdict[str, set[str]] = defaultdict(set)
        for one in operations:
            names[one].add(one)
            names[former_id(one)].add(one)
        for some in portions(names):
            chosen = sa.select(tables.approvals).where(c.operation.in_(some), c.used_at.is_not(None))
            for row in self._connection.execute(chosen):
                for one in names[row.operation]:
                    found[one].append((row.used_at, _approvals([row])[0]))
        return found

    def newest(self, since: float) -> float | None:
        """Give when the newest approval since then was given of which something is not used up."""
        c = tables.approvals.c
        statement = sa.select(sa.func.max(c.at)).where(c.at >= since, c.used_at.is_(None))
        found: float | None = self._connection.scalar(statement)
        return found

    def prune(self, before: float) -> None:
        """Forget the approvals that were given before."""
        self._connection.execute(sa.delete(tables.approvals).where(tables.approvals.c.at < before))


def _with_former(operations: Iterable[str]) -> Iterable[str]:
    """Yield the ids of operations, and those that approvals of former versions have for them."""
    for one in operations:
        yield from (one, former_id(one))


def _approvals(rows: Iterable[sa.Row[Any]]) -> tuple[Approval, ...]:
    """Return approvals, each with its operations, of rows that have one operation each."""
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.fingerprint, []).append(row)
    return tuple(
        Approval(
            fingerprint,
            tuple(row.operation for row in some),
            some[0].who,
            some[0].reason,
            some[0].at,
            msgspec.json.decode(some[0].actor, type=Actor) if some[0].actor else None,
        )
        for fingerprint, some in found.items()
    )
