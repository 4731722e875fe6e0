"""The store gives back what it was given, and lets one run at a time write, on both databases."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from syncd.app.ports import Settled
from syncd.app.records import Approval, HeldPlan, JournalLine, RunRecord, ShadowRow
from syncd.app.refreshing import refresh
from syncd.errors import RunInProgress
from syncd.model.links import Link, LinkState, Ownership
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.ingesting import Known
from syncd.plan.json_form import to_json
from syncd.plan.values import Action, Operation, Reason
from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store
from syncd.testing.plans import EVERYTHING
from tests.kit.lock_holders import may_lock
from tests.kit.waiting import comes

ANNA = PlatformUser("U1", User("anna", "安娜", "1", "", "", "", "D1"), is_admin=True, status=None)
BERT = PlatformUser("U2", User("bert", "Bert", "", "", "", None, ""), status=1)
SALES = PlatformDepartment("D1", Department("销售", ""))


def operation(name: str, action: Action = Action.UPDATE) -> Operation:
    """Return an operation."""
    return Operation(name, Kind.USER, action, "k", "ldap", "U1", "uid=anna", "Anna", {}, Reason.DIRECTORY_CHANGED)


def test_what_is_not_committed_is_undone(store: Store) -> None:
    """Leaving a unit of work without a commit leaves nothing behind."""
    with store.unit_of_work() as work:
        work.facts.put({"company": "c"})
    with store.reading() as work:
        assert work.facts.all() == {}


def test_the_shadow_is_what_lists_show(store: Store) -> None:
    """A list adds, renews and removes, and what it shows unchanged keeps its date and origin."""
    with store.unit_of_work() as work:
        work.shadow.replace(Mirror((ANNA, BERT), (SALES,)), 1.0)
        work.shadow.put([Known(PlatformDepartment("D2", Department("East", "D1")), 2.0, "write")])
        work.commit()
    east = PlatformDepartment("D2", Department("East", "D1"))
    renamed = PlatformUser("U2", User("bert", "Bertram", "", "", "", None, ""), status=1)
    with store.unit_of_work() as work:
        assert work.shadow.mirror() == Mirror((ANNA, BERT), (SALES, east))
        work.shadow.replace(Mirror((renamed,), (SALES, east)), 3.0)
        work.commit()
    with store.reading() as work:
        assert work.shadow.mirror() == Mirror((renamed,), (SALES, east))
        assert [(row.platform_id, row.as_of, row.origin) for row in work.shadow.rows(Kind.USER)] == [
            ("U2", 3.0, "refresh")
        ]
        assert [(row.platform_id, row.as_of, row.origin) for row in work.shadow.rows(Kind.DEPARTMENT)] == [
            ("D1", 1.0, "refresh"),
            ("D2", 2.0, "write"),
        ]


def test_objects_are_forgotten_by_kind_and_id(store: Store) -> None:
    """Only the objects that are named by kind and id are forgotten."""
    with store.unit_of_work() as work:
        work.shadow.replace(Mirror((ANNA, BERT), (SALES,)), 1.0)
        work.shadow.remove(Kind.USER, ["U1"])
        work.shadow.remove(Kind.DEPARTMENT, ["D1", "D9"])
        assert work.shadow.mirror() == Mirror((BERT,), ())


def test_links_come_back_as_they_went(store: Store) -> None:
    """Links come back as they went, with every field, and known values apart from unknown ones."""
    full = Link(
        kind=Kind.USER,
        source="ldap",
        key="k1",
        platform_id="U1",
        ownership=Ownership.ADOPTED,
        state=LinkState.LEFT,
        generation=2,
        said=User("anna", "安娜", None, ""),
        written=User("anna", "安娜"),
        missing_since=5.5,
        locator="uid=anna",
    )
    bare = Link(Kind.DEPARTMENT, "ldap", "k1", "D1", said=Department("销售"))
    with store.unit_of_work() as work:
        work.links.put([full, bare])
        work.links.put([full])
        assert work.links.all() == (bare, full)
        assert work.links.count() == {Kind.USER: 1, Kind.DEPARTMENT: 1}
        work.links.remove([(Kind.USER, "ldap", "k1")])
        assert work.links.all() == (bare,)


def test_a_run_is_kept_with_its_plan_and_its_outcomes(store: Store) -> None:
    """A run is kept with its plan, its outcomes and its end, and is found by a beginning that no other run has."""
    with store.unit_of_work() as work:
        work.runs.start("20260101-a", 10.0, "f1", b"{}")
        work.runs.start("20260102-b", 20.0, "f2", b"{}")
        done = Settled(operation("o1"), "done", platform_id="U1", at=11.0)
        failed = Settled(operation("o2", Action.REMOVE), "failed", "71001", "Invalid arguments", "U1", 12.0)
        work.runs.record("20260101-a", [done, failed], frozenset())
        work.runs.finish(RunRecord("20260101-a", 10.0, "f1", 13.0, "partial", 4, {"done": 1, "failed": 1}))
        work.commit()
    with store.reading() as work:
        assert [run.run for run in work.runs.latest(5)] == ["20260102-b", "20260101-a"]
        found = work.runs.get("20260101")
        assert found is not None
        assert found[0] == RunRecord("20260101-a", 10.0, "f1", 13.0, "partial", 4, {"done": 1, "failed": 1})
        assert found[1] == b"{}"
        assert work.runs.get("2026") is None, "two runs begin so"
        assert {one: row["outcome"] for one, row in work.runs.results("20260101-a").items()} == {
            "o1": "done",
            "o2": "failed",
        }


def test_the_journal_is_asked_by_object(store: Store) -> None:
    """The journal of an object is found by its key and by its platform id, newest first; empty ones are nobody's."""
    other = msgspec.structs.replace(operation("o3"), key="k3", platform_id="U3")
    elsewhere = msgspec.structs.replace(operation("o4"), source="csv", platform_id="U4")
    unit = msgspec.structs.replace(operation("o5"), kind=Kind.DEPARTMENT)
    linked_before = msgspec.structs.replace(operation("o6"), key="k-old")
    with store.unit_of_work() as work:
        work.runs.record("r1", [Settled(operation("o1"), "done", platform_id="U1", at=1.0)], frozenset({"o1"}))
        failed = Settled(operation("o2"), "failed", "71001", "Invalid arguments", "", 2.0)
        others = [Settled(one, "done", platform_id=one.platform_id, at=2.5) for one in (other, elsewhere, unit)]
        work.runs.record("r2", [failed, *others], frozenset())
        work.runs.record("r3", [Settled(linked_before, "done", platform_id="U1", at=3.0)], frozenset())
        work.commit()
    with store.reading() as work:
        found = work.runs.of_object(Kind.USER, ("ldap", "k"), "U1", 9)
        assert found == (
            JournalLine("r3", "o6", 3.0, "update", "done", "", "", "U1", approved=False),
            JournalLine("r2", "o2", 2.0, "update", "failed", "71001", "Invalid arguments", "", approved=False),
            JournalLine("r1", "o1", 1.0, "update", "done", "", "", "U1", approved=True),
        )
        assert work.runs.of_object(Kind.USER, ("ldap", "k"), "U1", 1) == found[:1]
        assert work.runs.of_object(Kind.USER, ("", ""), "", 9) == ()


def test_who_approved_is_known_by_run_and_by_operation(store: Store) -> None:
    """An approval is known by the run that used it and by its operation, and a run after it has none of it."""
    first, second = RunRecord("r1", 10.0, finished_at=20.0), RunRecord("r2", 30.0, finished_at=40.0)
    with store.unit_of_work() as work:
        work.approvals.add(Approval("f", ("o1", "o2", "o3"), "李娜", "年会", 5.0))
        work.approvals.use(["o1"], 15.0)
        work.approvals.use(["o2"], 20.0)
        work.approvals.use(["o3"], 35.0)
        work.commit()
    with store.reading() as work:
        used = work.approvals.used_by([second, first, RunRecord("r3", 50.0)])
        assert {run: [each.operations for each in some] for run, some in used.items()} == {
            "r1": [("o1", "o2")],
            "r2": [("o3",)],
        }
        assert used["r1"][0].who == "李娜"
        found = work.approvals.of_operations(["o3", "o4"])
        assert {name: [(at, each.who, each.reason) for at, each in uses] for name, uses in found.items()} == {
            "o3": [(35.0, "李娜", "年会")]
        }
        assert work.approvals.used_by([]) == {}


def test_the_values_of_past_operations_are_known_while_their_run_is_kept(store: Store) -> None:
    """What an operation was to change is read from its run's plan, and nothing is known of a run without one."""
    (moved,) = [one for one in EVERYTHING.operations if one.action == "move"][:1]
    with store.unit_of_work() as work:
        work.runs.start("r1", 1.0, "f", to_json(EVERYTHING))
        work.commit()
    line = JournalLine("r1", moved.id, 1.0, "move", "done", "", "", "U", approved=False)
    gone = msgspec.structs.replace(line, run="r0")
    with store.reading() as work:
        assert work.runs.changes([line, gone]) == {("r1", moved.id): moved.changes}


def test_one_object_of_the_shadow_is_known_with_its_date_and_origin(store: Store) -> None:
    """One object of the shadow is known by its kind and id, with its date and origin."""
    with store.unit_of_work() as work:
        work.shadow.replace(Mirror((ANNA,), (SALES,)), 1.0)
        assert work.shadow.row(Kind.USER, "U1") == ShadowRow("U1", ANNA.fields, 1.0, "refresh")
        assert work.shadow.row(Kind.DEPARTMENT, "D1") == ShadowRow("D1", SALES.fields, 1.0, "refresh")
        assert work.shadow.row(Kind.DEPARTMENT, "U1") is None


def test_the_window_counts_what_was_carried_out_without_an_approval(store: Store) -> None:
    """The window counts what was carried out, but not what failed, was approved or is older (DESIGN 6, guards)."""
    with store.unit_of_work() as work:
        work.runs.record("r", [Settled(operation("old"), "done", at=1.0)], frozenset())
        work.runs.record("r", [Settled(operation("new"), "done", at=9.0)], frozenset())
        work.runs.record("r", [Settled(operation("gone", Action.REMOVE), "done", at=9.0)], frozenset())
        work.runs.record("r", [Settled(operation("failed"), "failed", at=9.0)], frozenset())
        work.runs.record("r", [Settled(operation("approved"), "done", at=9.0)], frozenset({"approved"}))
        assert work.runs.carried_out_since(5.0, "other") == {(Kind.USER, "update"): 1, (Kind.USER, "remove"): 1}
        assert work.runs.carried_out_since(5.0, "r") == {}


def test_a_held_plan_keeps_the_date_it_was_first_held(store: Store) -> None:
    """A held plan keeps the date when it was first held, and plans that are no longer kept are forgotten."""
    with store.unit_of_work() as work:
        work.held.hold(HeldPlan("f1", b"1", 5.0, ("limits",)))
        work.held.hold(HeldPlan("f1", b"1", 9.0, ("limits", "configuration")))
        work.held.hold(HeldPlan("f2", b"2", 6.0))
        assert work.held.all() == (HeldPlan("f1", b"1", 5.0, ("limits", "configuration")), HeldPlan("f2", b"2", 6.0))
        work.held.keep_only(["f2"])
        assert work.held.get("f1") is None


def test_an_approval_is_used_up_operation_by_operation(store: Store) -> None:
    """An approval is used up by operations; what is used, revoked or too old counts no more (DESIGN 6, approval)."""
    with store.unit_of_work() as work:
        work.approvals.add(Approval("f1", ("a", "b", "c"), "anna", "new office", 10.0))
        work.approvals.add(Approval("f2", ("d",), "bert", "", 20.0))
        work.approvals.use(["a"], 30.0)
        assert work.approvals.valid(10.0) == {"b", "c", "d"}
        assert work.approvals.valid(15.0) == {"d"}
        assert work.approvals.all(0.0) == (
            Approval("f1", ("b", "c"), "anna", "new office", 10.0),
            Approval("f2", ("d",), "bert", "", 20.0),
        )
        assert work.approvals.revoke("f1") == 2
        assert work.approvals.valid(0.0) == {"d"}


def test_facts_are_renewed(store: Store) -> None:
    """A fact that is put again is renewed, and the others stay."""
    with store.unit_of_work() as work:
        work.facts.put({"a": "1", "b": "2"})
        work.facts.put({"a": "3"})
        work.facts.put({})
        assert work.facts.all() == {"a": "3", "b": "2"}


def test_a_second_run_is_kept_out_and_a_third_may_come_after(store: Store) -> None:
    """A second run is kept out, a reader is not, and the next run may come after (DESIGN 6, leader)."""
    with store.lock(), store.reading() as work, pytest.raises(RunInProgress, match="another run"), store.lock():
        work.facts.all()
    with store.lock():
        pass


def test_the_lock_of_a_killed_process_is_free(store_url: str) -> None:
    """The lock of a killed process is free for the next one (I6)."""
    upgrade(store_url)
    program = (
        "import os, sys; from syncd.shadow.store import open_store\n"
        "with open_store(sys.argv[1]).lock():\n  print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program, store_url], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        store = open_store(store_url)
        with pytest.raises(RunInProgress), store.lock():
            pass
        process.kill()
        process.wait()
    assert comes(lambda: may_lock(store))
    store.close()


def test_a_writer_that_waits_is_next_beside_one_that_writes_without_a_break(store_url: str) -> None:
    """A writer that waits comes next beside one that writes without a break (DESIGN 6, events)."""
    upgrade(store_url)
    # It holds the store by waiting: work would make it the slower the busier the machine is, and prove less.
    program = (
        "import sys, time; from syncd.shadow.store import open_store\n"
        "store, number = open_store(sys.argv[1]), 0\n"
        "while True:\n"
        "  number += 1\n"
        "  with store.unit_of_work() as work:\n"
        "    work.facts.put({'busy': str(number)}); time.sleep(0.05); work.commit()\n"
        "  print(number, flush=True)"
    )
    store, waited = open_store(store_url), []
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program, store_url], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        for number in range(50):
            with store.reading() as work:
                before = int(work.facts.all()["busy"])
            with store.unit_of_work() as work:
                work.facts.put({"other": str(number)})
                waited.append(int(work.facts.all()["busy"]) - before)
                work.commit()
        process.kill()
    assert max(waited) <= 5, waited
    store.close()


def test_a_refresh_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    """A refresh that changes nothing writes nothing, and so waits for no other writer."""
    url = f"sqlite:///{tmp_path / 'syncd.db'}"
    store, other = open_store(url), open_store(url)
    mirror = Mirror((ANNA, BERT), (SALES,))
    refresh(store, mirror, 1.0, ())
    with other.unit_of_work() as work:
        work.facts.put({"holds": "the store"})
        assert refresh(store, mirror, 2.0, ()) == mirror
    store.close()
    other.close()
