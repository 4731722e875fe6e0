"""What the store keeps, given and taken as values; each class is one concern of a unit of work."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from syncd.app.ports import Settled
from syncd.app.records import Failures, HeldPlan, JournalLine, JournalTrace, RunRecord
from syncd.model.links import Grace, Link, LinkState, Ownership
from syncd.model.objects import Department, Fields, Kind, User
from syncd.model.rooms import ManagedRoom
from syncd.plan.values import Change
from syncd.shadow import tables
from syncd.shadow.statements import Row, as_json, delete, portions, upsert

Value = TypeVar("Value")
MOST_NAMES = 3000  # of three parts each
FIELDS: Mapping[Kind, type[Fields]] = {Kind.USER: User, Kind.DEPARTMENT: Department, Kind.ROOM: ManagedRoom}


class Links:
    """Which key is which object."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Link, ...]:
        """Give every link, in the order of kind, source and key."""
        rows = self._connection.execute(sa.select(tables.links).order_by("kind", "source", "key"))
        return tuple(_link(row) for row in rows)

    def unseen(self) -> tuple[Link, ...]:
        """Give the links of objects of which no read has shown all that was written, in the same order."""
        wanted = sa.select(tables.links).where(tables.links.c.unseen.is_not(None))
        return tuple(_link(row) for row in self._connection.execute(wanted.order_by("kind", "source", "key")))

    def put(self, links: Iterable[Link]) -> None:
        """Make or renew links."""
        upsert(self._connection, tables.links, [_link_row(link) for link in links])

    def remove(self, identities: Iterable[tuple[Kind, str, str]]) -> None:
        """Undo links, named by kind, source and key; what is known of the faces of these users goes with them."""
        gone = list(identities)
        delete(self._connection, tables.links, gone)
        delete(self._connection, tables.faces, [(source, key) for kind, source, key in gone if kind is Kind.USER])

    def count(self) -> dict[Kind, int]:
        """Count the links of each kind."""
        statement = sa.select(tables.links.c.kind, sa.func.count()).group_by(tables.links.c.kind)
        return {Kind(kind): number for kind, number in self._connection.execute(statement)}

    def named(self, identities: Iterable[tuple[Kind, str, str]]) -> tuple[Link, ...]:
        """Give those of these links that there are, named by kind, source and key."""
        c = tables.links.c
        found: list[Link] = []
        for portion in portions(identities, MOST_NAMES):
            statement = sa.select(tables.links).where(sa.tuple_(c.kind, c.source, c.key).in_(portion))
            found += (_link(row) for row in self._connection.execute(statement.order_by("kind", "source", "key")))
        return tuple(found)

    def of(self, kind: Kind, platform_ids: Iterable[str]) -> dict[str, Link]:
        """Give the links of those objects that have one, by platform id."""
        c = tables.links.c
        found: dict[str, Link] = {}
        for portion in portions(platform_ids):
            rows = self._connection.execute(sa.select(tables.links).where(c.kind == kind, c.platform_id.in_(portion)))
            found |= {row.platform_id: _link(row) for row in rows}
        return found


def _link(row: sa.Row[Any]) -> Link:
    kind = Kind(row.kind)
    said = _decoded(row.said, FIELDS[kind])
    return Link(
        kind=kind,
        source=row.source,
        key=row.key,
        platform_id=row.platform_id,
        ownership=Ownership(row.ownership),
        state=LinkState(row.state),
        generation=row.generation,
        said=said,
        # For nearly everybody they are the same, and need no second copy.
        written=said if row.written == row.said else _decoded(row.written, FIELDS[kind]),
        kept=_decoded(row.kept, dict[str, str]) or {},
        unseen=_decoded(row.unseen, tuple[str, ...]) or (),
        enforced=_decoded(row.enforced, dict[str, tuple[float, ...]]) or {},
        missing_since=row.missing_since,
        locator=row.locator,
        grace=_decoded(row.grace, Grace),
    )


def _decoded(text: str | None, kind: type[Value]) -> Value | None:
    return msgspec.json.decode(text, type=kind) if text else None


def _link_row(link: Link) -> Row:
    row = msgspec.structs.asdict(link)
    for name in ("said", "written", "kept", "unseen", "enforced", "grace"):
        row[name] = as_json(row[name]) if row[name] else None
    return row | {name: str(row[name]) for name in ("kind", "ownership", "state")}


class _Changed(msgspec.Struct):
    id: str
    changes: dict[str, Change]


class _Changes(msgspec.Struct):
    operations: list[_Changed]


class Runs:
    """Runs with their plans, and the journal of their operations."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def start(self, run: str, started_at: float, fingerprint: str, plan: bytes) -> None:
        """Note that a run begins; once committed its plan is durable (I7)."""
        row = {"id": run, "started_at": started_at, "fingerprint": fingerprint, "plan": plan, "counts": "{}"}
        self._connection.execute(sa.insert(tables.runs), row)

    def replan(self, run: str, plan: bytes) -> None:
        """Let a run that is not finished have another plan; once committed it is durable (I7)."""
        self._connection.execute(sa.update(tables.runs).where(tables.runs.c.id == run).values(plan=plan))

    def finish(self, record: RunRecord) -> None:
        """Note how a run ended."""
        values = {
            "finished_at": record.finished_at,
            "outcome": record.outcome,
            "exit": record.exit,
            "counts": msgspec.json.encode(record.counts).decode(),
        }
        self._connection.execute(sa.update(tables.runs).where(tables.runs.c.id == record.run).values(values))

    def latest(self, limit: int) -> tuple[RunRecord, ...]:
        """Give the latest runs, newest first, without their plans."""
        c = tables.runs.c
        columns = (c.id, c.started_at, c.finished_at, c.outcome, c.exit, c.fingerprint, c.counts)
        rows = self._connection.execute(sa.select(*columns).order_by(c.started_at.desc(), c.id.desc()).limit(limit))
        return tuple(_run(row) for row in rows.all())

    def get(self, run: str) -> tuple[RunRecord, bytes] | None:
        """Give one run with its plan, by its id or the beginning of it where only one run has it."""
        c = tables.runs.c
        rows = self._connection.execute(sa.select(tables.runs).where(c.id.startswith(run, autoescape=True)).limit(2))
        found = rows.all()
        return (_run(found[0]), found[0].plan) if len(found) == 1 else None

    def record(
        self,
        run: str,
        settled: Iterable[Settled],
        approved: frozenset[str],
        further_steps: frozenset[str] = frozenset(),
    ) -> None:
        """Note outcomes of operations; `further_steps` has the ids of those that limits do not count once more."""
        rows = [
            {
                "run": run,
                "operation": one.operation.id,
                "kind": str(one.operation.kind),
                "action": str(one.operation.action),
                "outcome": one.outcome,
                "code": one.code,
                "message": one.message,
                "platform_id": one.platform_id,
                "source": one.operation.source,
                "key": one.operation.key,
                "approved": one.operation.id in approved,
                "further_step": one.operation.id in further_steps,
                "at": one.at,
            }
            for one in settled
        ]
        upsert(self._connection, tables.journal, rows)

    def results(self, run: str) -> dict[str, Row]:
        """Give the outcomes of a run, by operation id."""
        statement = sa.select(tables.journal).where(tables.journal.c.run == run)
        return {row.operation: dict(row._mapping) for row in self._connection.execute(statement)}  # noqa: SLF001 - the public name of it

    def of_object(self, kind: Kind, identity: tuple[str, str], platform_id: str, limit: int) -> tuple[JournalLine, ...]:
        """Give the latest outcomes of one object, by its (source, key) and by its platform id, newest first.

        An empty key or platform id is nobody's.
        """
        c = tables.journal.c
        source, key = identity
        same = [c.platform_id == platform_id] if platform_id else []
        same += [sa.and_(c.key == key, c.source == source)] if key else []
        columns = [c[name] for name in JournalLine.__struct_fields__]
        statement = sa.select(*columns).where(c.kind == str(kind), sa.or_(sa.false(), *same))
        rows = self._connection.execute(statement.order_by(c.at.desc(), c.run.desc(), c.operation).limit(limit))
        return tuple(JournalLine(*row) for row in rows)

    def changes(self, lines: Iterable[JournalLine]) -> dict[tuple[str, str], Mapping[str, Change]]:
        """Return what operations of runs were to change, by run and operation; nothing of runs that are forgotten."""
        c, wanted = tables.runs.c, {(line.run, line.operation) for line in lines}
        found: dict[tuple[str, str], Mapping[str, Change]] = {}
        for run in sorted({run for run, _ in wanted}):
            text = self._connection.scalar(sa.select(c.plan).where(c.id == run))
            for operation in msgspec.json.decode(text, type=_Changes).operations if text else ():
                if (run, operation.id) in wanted:
                    found[run, operation.id] = operation.changes
        return found

    def failures(self, since: float) -> tuple[Failures, ...]:
        """Return how often operations failed since then, in seconds since the epoch, without being done after it."""
        c = tables.journal.c
        columns = (c.operation, c.kind, c.action, c.key, c.at, c.code, c.message)
        failed = sa.select(*columns).where(c.at >= since, c.outcome == "failed").order_by(c.at, c.run)
        found: dict[str, Failures] = {}
        for operation, kind, action, key, at, code, message in self._connection.execute(failed):
            times = found[operation].times + 1 if operation in found else 1
            found[operation] = Failures(operation, kind, action, key or "", times, at, code, message)
        for portion in portions(found):
            done = sa.select(c.operation, c.at).where(c.at >= since, c.outcome == "done", c.operation.in_(portion))
            for operation, at in self._connection.execute(done):
                if operation in found and at >= found[operation].at:
                    del found[operation]
        return tuple(found.values())

    def unsuccessful(self, since: float, code: str) -> frozenset[str]:
        """Return the ids of operations that failed since then, or were skipped with this code."""
        c = tables.journal.c
        skipped = sa.and_(c.outcome == "skipped", c.code == code)
        wanted = sa.select(c.operation).where(c.at >= since, sa.or_(c.outcome == "failed", skipped))
        return frozenset(self._connection.scalars(wanted))

    def carried_out_since(self, moment: float, without_run: str) -> dict[tuple[Kind, str], int]:
        """Count the operations carried out since then without an approval, by kind and action, but for one run's.

        Further steps of somebody's leaving are left out: the first one counts (DESIGN 6, leavers).
        """
        c = tables.journal.c
        statement = (
            sa.select(c.kind, c.action, sa.func.count())
            .where(c.at >= moment, c.outcome == "done", c.approved.is_(False), c.run != without_run)
            .where(c.further_step.is_not(True))
            .group_by(c.kind, c.action)
        )
        return {(Kind(kind), action): number for kind, action, number in self._connection.execute(statement)}

    def plans(self) -> Iterator[tuple[str, bytes]]:
        """Yield every run with its plan, one at a time: a plan of a whole company has tens of megabytes."""
        c = tables.runs.c
        for run in self._connection.scalars(sa.select(c.id).order_by(c.started_at)).all():
            plan = self._connection.scalar(sa.select(c.plan).where(c.id == run))
            if plan is not None:
                yield run, plan

    def traces(self) -> Iterator[JournalTrace]:
        """Yield whom each line of the journal is about."""
        c = tables.journal.c
        columns = (c.run, c.operation, c.source, c.key, c.platform_id, c.message)
        for run, operation, source, key, platform_id, message in self._connection.execute(sa.select(*columns)):
            yield JournalTrace(run, operation, source or "", key or "", platform_id, message)

    def rewrite(self, traces: Iterable[JournalTrace]) -> None:
        """Let lines of the journal be about somebody else, or nobody, and say something else."""
        c = tables.journal.c
        same = sa.update(tables.journal).where(
            c.run == sa.bindparam("b_run"), c.operation == sa.bindparam("b_operation")
        )
        rows = [
            {
                "b_run": one.run,
                "b_operation": one.operation,
                "source": one.source,
                "key": one.key,
                "platform_id": one.platform_id,
                "message": one.message,
            }
            for one in traces
        ]
        if rows:
            self._connection.execute(same, rows)

    def prune(self, before: float) -> int:
        """Forget the runs that began before, with their journal, but for the latest; give how many those were."""
        c = tables.runs.c
        latest = sa.select(c.id).order_by(c.started_at.desc(), c.id.desc()).limit(1).scalar_subquery()
        gone = sa.select(c.id).where(c.started_at < before, c.id != latest)
        self._connection.execute(sa.delete(tables.journal).where(tables.journal.c.run.in_(gone)))
        return self._connection.execute(sa.delete(tables.runs).where(c.id.in_(gone))).rowcount


def _run(row: Any) -> RunRecord:  # noqa: ANN401 - rows of statements with different columns
    counts = msgspec.json.decode(row.counts)
    return RunRecord(row.id, row.started_at, row.fingerprint, row.finished_at, row.outcome or "", row.exit, counts)


class HeldPlans:
    """Plans that wait for a person."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def hold(self, plan: HeldPlan) -> None:
        """Keep a held plan under its fingerprint; one that is kept already keeps its date."""
        known = self.get(plan.fingerprint)
        since = known.since if known else plan.since
        row = {"fingerprint": plan.fingerprint, "plan": plan.plan, "since": since, "guards": as_json(plan.guards)}
        upsert(self._connection, tables.held_plans, [row])

    def all(self) -> tuple[HeldPlan, ...]:
        """Give every held plan, oldest first."""
        rows = self._connection.execute(sa.select(tables.held_plans).order_by("since", "fingerprint"))
        return tuple(_held(row) for row in rows)

    def get(self, fingerprint: str) -> HeldPlan | None:
        """Give one held plan."""
        statement = sa.select(tables.held_plans).where(tables.held_plans.c.fingerprint == fingerprint)
        row = self._connection.execute(statement).first()
        return _held(row) if row else None

    def keep_only(self, fingerprints: Iterable[str]) -> None:
        """Forget every held plan but these: the world has moved on."""
        kept = list(fingerprints)
        self._connection.execute(sa.delete(tables.held_plans).where(tables.held_plans.c.fingerprint.not_in(kept)))


def _held(row: sa.Row[Any]) -> HeldPlan:
    return HeldPlan(row.fingerprint, row.plan, row.since, msgspec.json.decode(row.guards, type=tuple[str, ...]))


class Facts:
    """Single values that the store remembers: bindings, what was last applied, counts of the last good reads."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def all(self) -> dict[str, str]:
        """Give every fact."""
        return {row.name: row.value for row in self._connection.execute(sa.select(tables.facts))}

    def put(self, facts: Mapping[str, str]) -> None:
        """Note facts."""
        upsert(self._connection, tables.facts, [{"name": name, "value": value} for name, value in facts.items()])

    def remove(self, names: Iterable[str]) -> None:
        """Forget facts."""
        delete(self._connection, tables.facts, [(name,) for name in names])
