"""Upgrades keep data, work beside the former version and by many at once, on both databases."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from syncd.app.ports import Settled
from syncd.app.records import Approval, HeldPlan, Received, RunRecord
from syncd.errors import StoreError
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry
from syncd.model.events import Topic
from syncd.model.faces import Face, FaceState
from syncd.model.links import Link
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.plan.ingesting import EVENT, Known
from syncd.plan.values import Action, Operation, Reason
from syncd.shadow import migrating, schema
from syncd.shadow.lock_numbers import Number
from syncd.shadow.store import Store, open_store
from tests.kit.waiting import DEADLINE_SECONDS

PROGRAM = """
import os, sys
from syncd.shadow.schema import upgrade
children = []
for _ in range(4):
    child = os.fork()
    if not child:
        upgrade(sys.argv[1])
        os._exit(0)
    children.append(child)
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""
PEOPLE = 50
MEETING = KnownMeeting("M1", "R1", "例会", 1, 2, ("U1",))
Rows = Mapping[str, list[dict[str, Any]]]
Columns = Mapping[str, Mapping[str, tuple[str, bool]]]


def versions() -> list[str]:
    """Give every version of the schema, the first one first."""
    scripts = ScriptDirectory.from_config(migrating.configuration()).walk_revisions()
    return [one.revision for one in scripts][::-1]


def test_the_program_knows_the_versions_that_the_migrations_make() -> None:
    """The list of versions in the program, which spares it Alembic, is that of the migration files, in their order."""
    assert list(schema.VERSIONS) == versions()


def fill(store: Store) -> None:
    """Put something into every table, as the program does."""
    users = tuple(
        PlatformUser(f"U{number}", User(f"u{number}", f"王{number}", "1", "", "", None, "D1"), status=1)
        for number in range(PEOPLE)
    )
    sales = PlatformDepartment("D1", Department("销售", ""))
    operation = Operation(
        "o", Kind.USER, Action.UPDATE, "k", "ldap", "U1", "uid=u1", "王", {}, Reason.DIRECTORY_CHANGED
    )
    links = [Link(Kind.USER, "ldap", f"k{one.id}", one.id, said=one.fields, written=one.fields) for one in users]
    with store.unit_of_work() as work:
        work.shadow.replace(Mirror(users, (sales,)), 1.0)
        rooms = {"R1": Known(PlatformRoom("R1", Room(name="东厅")), 2.0, EVENT)}
        work.shadow.learn(Topic.ROOM, rooms)
        work.shadow.learn(Topic.MEETING, {"M1": Known(MEETING, 2.0, EVENT)})
        work.links.put(links)
        work.runs.start("run", 1.0, "f", b"{}")
        work.runs.record("run", [Settled(operation, "done", "", "", "U1", 2.0)], frozenset({"o"}))
        work.runs.finish(RunRecord("run", 1.0, "f", 3.0, "done", 0, {"done": 1}))
        work.held.hold(HeldPlan("f", b"{}", 1.0, ("limits",)))
        work.approvals.add(Approval("f", ("o", "p"), "anna", "new office", 1.0, Actor("anna", 1001)))
        work.facts.put({"company": "c"})
        work.faces.put(Face("ldap", "kU1", "U1", FaceState.SENT, "m", "o", "s", "", "", 1.0))
        work.inbox.add([Received(1.0, 1.0, "user_add", "digest", "王".encode())])
        work.audit.append(1.0, Actor("anna", 1001), [AuditEntry(AuditAction.APPROVED, {}, {"reason": "new office"})])
        work.commit()


def rows(url: str) -> Rows:
    """Give all that the tables hold."""
    engine = schema.engine_for(url)
    metadata = sa.MetaData()
    with engine.connect() as connection:
        metadata.reflect(connection)
        found = {
            table.name: [
                dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
        }
    engine.dispose()
    return found


def columns(url: str) -> Columns:
    """Give type and necessity of every column; what a row may leave out is not necessary."""
    engine = schema.engine_for(url)
    inspector = sa.inspect(engine)
    found = {
        table: {
            one["name"]: (str(one["type"]), not one["nullable"] and one["default"] is None)
            for one in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
    }
    engine.dispose()
    return found


def broken(before: Columns, after: Columns) -> list[str]:
    """Say what of a schema the program before it could no longer read or write."""
    gone = [f"{table}.{name}" for table, known in before.items() for name in known.keys() - after.get(table, {}).keys()]
    changed = [
        f"{table}.{name} changed"
        for table, known in before.items()
        for name, kind in known.items()
        if after.get(table, {}).get(name, kind) != kind
    ]
    wanted = [
        f"{table}.{name} is wanted"
        for table in before.keys() & after.keys()
        for name in after[table].keys() - before[table].keys()
        if after[table][name][1]
    ]
    return sorted(gone + changed + wanted)


def test_what_the_former_version_reads_and_writes_is_there_after_every_upgrade(store_url: str) -> None:
    """After every upgrade the former version still finds all that it reads and writes."""
    former: Columns = {}
    for version in versions():
        schema.upgrade(store_url, version)
        now = columns(store_url)
        assert broken(former, now) == []
        former = now


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("ALTER TABLE links DROP COLUMN enforced", ["links.enforced"]),
        ("ALTER TABLE links RENAME COLUMN enforced TO forced", ["links.enforced"]),
        ("DROP TABLE facts", ["facts.name", "facts.value"]),
        ("ALTER TABLE facts ADD COLUMN since TEXT NOT NULL", ["facts.since is wanted"]),
        ("ALTER TABLE facts ADD COLUMN since TEXT", []),
        ("ALTER TABLE facts ADD COLUMN since TEXT NOT NULL DEFAULT ''", []),
    ],
)
def test_what_would_break_the_former_version_is_found(empty_postgresql: str, statement: str, found: list[str]) -> None:
    """A change of the schema that would break the former version is found, a harmless one is not."""
    schema.upgrade(empty_postgresql)
    before = columns(empty_postgresql)
    engine = schema.engine_for(empty_postgresql)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert broken(before, columns(empty_postgresql)) == found
    engine.dispose()


@pytest.mark.parametrize("version", versions()[:-1])
def test_data_survives_the_upgrade_from_every_former_schema_and_the_way_back(store_url: str, version: str) -> None:
    """Data survives the upgrade from every former schema and the way back, row by row."""
    schema.upgrade(store_url)
    store = open_store(store_url)
    fill(store)
    store.close()
    assert all(rows(store_url).values()), "every table holds something"
    schema.downgrade(store_url, version)
    former = rows(store_url)
    assert len(former["links"]) == PEOPLE
    schema.upgrade(store_url)
    newest = rows(store_url)
    for table, known in former.items():
        names = known[0].keys()
        assert [{name: row[name] for name in names} for row in newest[table]] == known
    store = open_store(store_url)
    with store.unit_of_work() as work:
        links = work.links.all()
        assert {one.platform_id for one in links} == {one.id for one in work.shadow.mirror().users}
        work.links.put(links)
        work.inbox.add([Received(2.0, 2.0, "user_add", "another", b"{}")])
        work.commit()
    store.close()
    schema.downgrade(store_url, version)
    left = {table: [one for one in found if one.get("digest") != "another"] for table, found in rows(store_url).items()}
    assert left == former


def test_many_may_upgrade_at_once(store_url: str) -> None:
    """Many processes may upgrade a store at once, and all of them succeed."""
    schema.upgrade(store_url, versions()[0])
    command = [sys.executable, "-c", PROGRAM, store_url]
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    assert (done.returncode, done.stderr) == (0, b"")
    assert schema.current(store_url) == schema.head()


def test_an_upgrade_waits_for_the_one_under_way(empty_postgresql: str) -> None:
    """An upgrade waits for the one under way and then completes."""
    schema.upgrade(empty_postgresql, versions()[0])
    engine = schema.engine_for(empty_postgresql)
    with engine.begin() as other:
        other.execute(sa.select(sa.func.pg_advisory_xact_lock(Number.MIGRATION)))
        upgrading = threading.Thread(target=schema.upgrade, args=(empty_postgresql,))
        upgrading.start()
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not other.execute(waiting).scalar_one():
            assert upgrading.is_alive()
            time.sleep(0.01)
        assert schema.current(empty_postgresql) == versions()[0]
    upgrading.join(DEADLINE_SECONDS)
    assert schema.current(empty_postgresql) == schema.head()
    engine.dispose()


def test_an_upgrade_that_would_hold_up_everybody_gives_up(
    empty_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade that would wait for a table in use gives up, changes nothing and says to try again."""
    monkeypatch.setattr(schema, "TABLE_LOCK_SECONDS", 0.1)
    schema.upgrade(empty_postgresql, "0001")
    engine = schema.engine_for(empty_postgresql)
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM links")
        with pytest.raises(StoreError, match="nothing was changed, so try again"):
            schema.upgrade(empty_postgresql)
    assert schema.current(empty_postgresql) == "0001"
    engine.dispose()
