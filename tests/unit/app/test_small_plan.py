"""Drift is healed by small plans, which are confined, confirmed, guarded and never follow from absence."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncd.app.ingest import Ingestion, ingest_pending
from syncd.app.last_read import LastRead
from syncd.app.reconcile import Report
from syncd.app.small_plan import FRESH, Waits, heal
from syncd.app.standing import Contended, standing
from syncd.errors import AnswerLost, PlatformError, RunInProgress
from syncd.model.objects import Kind
from syncd.model.source import Snapshot
from syncd.plan.confining import Concerned
from syncd.plan.draft import DEPARTMENT_FIELDS, USER_FIELDS
from syncd.plan.rules import Limit, Limits, Policy
from syncd.plan.values import Reason
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import MemorySource, Passes
from syncd.testing.postbox import Postbox, posted, receive
from tests.kit.failing_calls import each
from tests.kit.passing import ingest_of, user_ids

ANNA = Person("anna", "安娜", "13800000001", "anna@x", "经理", "d")
BERT = Person("bert", "Bert", "13800000002", "", "", "")
COMPANY = Company({"d": Unit("财务部"), "e": Unit("Einkauf")}, {"a": ANNA, "b": BERT})
REPORT = Policy(report_drift=frozenset({*USER_FIELDS, *DEPARTMENT_FIELDS}))


class CountedSource(MemorySource):
    """A source that counts its reads."""

    reads = 0

    def read(self) -> Snapshot:
        """Count, and give the snapshot."""
        self.reads += 1
        return super().read()


class Scene:
    """An installation with people in place, whose platform posts what changes on it."""

    def __init__(self, passes: Passes, source: CountedSource, runner: asyncio.Runner) -> None:
        self.passes, self.source, self.runner = passes, source, runner
        self.source.employ(COMPANY)
        self.runner.run(self.passes.approved())
        self.platform, self.company = self.passes.platform, self.passes.platform.company
        self.box = Postbox(self.company, lambda: self.passes.now)
        self.ids = user_ids(passes)
        self.ids |= {one["name"]: key for key, one in self.company.state.departments.items()}
        self.passes.now += 60
        receive(self.passes.store, [posted("check_url", None, self.passes.now)])
        self.ingest()
        self.source.reads = 0
        self.platform.calls.clear()
        self.waits: list[Waits] = []

    def ingest(self) -> Ingestion:
        """Take what was posted, and ingest it."""
        receive(self.passes.store, self.box.taken())
        return self.runner.run(ingest_pending(ingest_of(self.passes)))

    def heal(self, drifted: Concerned | None = None) -> Report | None:
        """Ingest, and heal what has drifted."""
        self.passes.now += 10
        concerned = self.ingest().drifted if drifted is None else drifted
        return self.runner.run(heal(self.passes.world(), concerned, self.passes.stop, self.observe))

    def observe(self, what: object) -> None:
        """Note what a guard keeps from being written."""
        if isinstance(what, Waits):
            self.waits.append(what)

    def edit(self, account: str, **fields: str) -> None:
        """Change a user as an administrator does."""
        self.passes.now += 10
        self.company.update_user({"id": self.ids[account], **fields})

    def user(self, account: str) -> dict[str, object]:
        """Return what the platform holds of somebody."""
        return self.company.state.users[self.ids[account]]

    def drift(self) -> int:
        """Return how much drift `status` counts."""
        return standing(self.passes.store, 0.0, self.passes.now).drift


@pytest.fixture
def scene(tmp_path: Path, runner: asyncio.Runner) -> Iterator[Scene]:
    """Return an installation with people in place, whose reads are counted; it is closed afterwards."""
    source = CountedSource()
    with closing(Passes(tmp_path, source)) as passes:
        yield Scene(passes, source, runner)


def test_a_changed_phone_is_the_directorys_again(scene: Scene) -> None:
    """A changed phone is written back by a run of its own, which is journalled, and its echo is no drift."""
    scene.edit("anna", phone="139")
    report = scene.heal()
    assert report is not None
    assert (report.run.outcome, [one.operation.reason for one in report.results]) == (
        "done",
        [Reason.PLATFORM_DRIFTED],
    )
    assert scene.user("anna")["phone"] == "13800000001"
    with scene.passes.store.reading() as work:
        assert work.runs.latest(1)[0] == report.run
    assert scene.heal() is None
    assert scene.drift() == 0


def test_whom_an_administrator_removed_is_made_again(scene: Scene) -> None:
    """A user whom an administrator removed is made again, once."""
    scene.passes.now += 10
    scene.company.remove_user({"userId": scene.ids["anna"]})
    report = scene.heal()
    assert report is not None
    assert [one.operation.reason for one in report.results] == [Reason.REMOVED_ON_PLATFORM]
    assert [one["account"] for one in scene.company.list_users()].count("anna") == 1


def test_a_moved_department_is_moved_back(scene: Scene) -> None:
    """A department that an administrator moved is moved back."""
    scene.passes.now += 10
    scene.company.update_department({"id": scene.ids["财务部"], "parentId": scene.ids["Einkauf"]})
    assert scene.heal() is not None
    assert scene.company.state.departments[scene.ids["财务部"]]["parentId"] == ""


def test_a_phone_that_somebody_else_was_given_comes_back(scene: Scene) -> None:
    """A phone that another linked user was given goes back to its owner, without a refused call."""
    scene.edit("anna", phone="139")
    scene.edit("bert", phone="13800000001")
    report = scene.heal()
    assert report is not None
    assert (scene.user("anna")["phone"], scene.user("bert")["phone"]) == ("13800000001", "13800000002")
    assert scene.platform.refused == []


def test_a_phone_that_a_stranger_has_stays_with_the_stranger(scene: Scene) -> None:
    """A phone that a stranger has stays with the stranger, and the user's other fields are healed."""
    scene.edit("anna", phone="139", position="老板")
    scene.company.add_user({"id": "X", "name": "X", "account": "x", "phone": "13800000001"})
    assert scene.heal() is not None
    assert (scene.user("anna")["phone"], scene.user("anna")["position"]) == ("139", "经理")
    assert scene.company.state.users["X"]["phone"] == "13800000001"


def test_where_drift_is_reported_nothing_is_written_and_nobody_is_asked(scene: Scene) -> None:
    """Drift that is only reported leads to no write and no read of the directory, and the standing counts it."""
    scene.passes.decide(policy=REPORT)
    scene.edit("anna", phone="139")
    scene.company.remove_user({"userId": scene.ids["bert"]})
    assert scene.heal() is None
    assert (scene.platform.calls, scene.source.reads) == ([], 0)
    assert scene.drift() == 2


def test_what_only_an_old_event_said_is_not_written(scene: Scene) -> None:
    """Drift that only an old event told is not written, for the platform shows that there is none."""
    scene.passes.now += 10
    known = scene.company.state.users[scene.ids["anna"]]
    receive(scene.passes.store, [posted("user_update", [{**known, "phone": "139"}], scene.passes.now)])
    assert scene.heal() is None
    assert scene.platform.calls == []
    assert scene.drift() == 0


def test_nobody_is_removed_for_absence(scene: Scene) -> None:
    """A small plan neither removes a person who is gone from the directory nor takes their phone away."""
    came = Person("cleo", "Cleo", BERT.phone, "", "", "")
    scene.source.employ(Company(COMPANY.units, {"a": ANNA, "c": came}))
    scene.passes.now += FRESH
    scene.edit("bert", position="x")
    scene.edit("anna", position="x")
    drifted: Concerned = frozenset((Kind.USER, "ldap", key) for key in "abc")
    report = scene.heal(drifted | scene.ingest().drifted)
    assert report is not None
    assert [one.operation.name for one in report.results] == ["安娜"]
    assert scene.source.reads == 1
    assert scene.user("bert")["phone"] == BERT.phone


def test_the_directory_is_not_read_for_every_event(scene: Scene) -> None:
    """A small plan uses what a run has read, and reads the directory again once that is too old."""
    for number in range(3):
        scene.edit("anna", phone=f"139{number}")
        scene.heal()
    assert scene.source.reads == 0
    scene.passes.now += FRESH
    scene.edit("bert", phone="139")
    scene.heal()
    assert scene.source.reads == 1


def test_a_fight_ends(scene: Scene) -> None:
    """A field that is fought over is written three times in a day, and then contended and left alone."""
    for _ in range(5):
        scene.edit("anna", phone="139")
        scene.heal()
    assert scene.user("anna")["phone"] == "139"
    assert len(scene.platform.calls) == 3
    assert standing(scene.passes.store, 0.0, scene.passes.now).contended == (
        Contended("a", "phone", str(scene.user("anna")["name"])),
    )


def test_the_guards_count_small_plans_over_their_window(scene: Scene) -> None:
    """The limits count small plans over their window, and hold the one that exceeds them."""
    scene.passes.decide(limits=Limits({Kind.USER: {"update": Limit(count=2)}}, hold_configuration=False))
    for account in ("anna", "bert", "anna"):
        scene.edit(account, email=f"{account}@evil")
        scene.heal()
    assert len(scene.platform.calls) == 2
    assert scene.drift() == 1


def test_a_read_that_is_not_proven_heals_nothing(scene: Scene) -> None:
    """A small plan writes nothing after a read that is not proven whole (I4)."""
    scene.source.employ(Company({}, {}))
    scene.passes.now += FRESH
    scene.edit("anna", phone="139")
    assert scene.heal() is None
    assert scene.platform.calls == []


def test_what_a_guard_holds_is_told_and_then_held_by_a_whole_run(scene: Scene) -> None:
    """What a guard keeps from being healed is told, first as held by nobody yet, and after a whole run as held."""
    nothing = {"update": Limit(0, None, 0)}
    scene.passes.decide(limits=Limits(by_kind=dict.fromkeys(Kind, nothing), hold_configuration=False))
    scene.edit("anna", phone="139")
    drifted = scene.ingest().drifted
    assert scene.heal(drifted) is None
    assert scene.waits == [Waits(1, ("limits",), is_held=False)]
    scene.runner.run(scene.passes.run())
    assert scene.heal(drifted) is None
    assert scene.waits[1:] == [Waits(1, ("limits",), is_held=True)]
    assert scene.platform.calls == []


def test_a_run_in_progress_goes_first(scene: Scene) -> None:
    """A small plan is refused while a run is in progress."""
    scene.edit("anna", phone="139")
    with scene.passes.store.lock(), pytest.raises(RunInProgress):
        scene.heal()


def test_what_a_killed_run_left_goes_first(scene: Scene) -> None:
    """A small plan writes nothing while a killed run has not been finished by the next one."""
    scene.edit("anna", phone="139")
    with scene.passes.store.unit_of_work() as work:
        work.runs.start("killed", scene.passes.now, "f", b"{}")
        work.commit()
    assert scene.heal() is None
    assert scene.platform.calls == []


def test_without_an_answer_nothing_is_written(scene: Scene) -> None:
    """A small plan writes nothing where the platform does not answer whether there is drift."""
    scene.edit("anna", phone="139")
    scene.platform.before = each(lambda: AnswerLost("no answer"), "user/get")
    with pytest.raises(PlatformError):
        scene.heal()
    assert scene.platform.calls == []


def test_read_only_is_heeded(scene: Scene) -> None:
    """A small plan writes nothing with `read_only`."""
    scene.passes.decide(read_only=True)
    scene.edit("anna", phone="139")
    assert scene.heal() is None
    assert scene.platform.calls == []


def test_what_a_run_has_written_since_is_not_written_over_with_what_was_read_before(scene: Scene) -> None:
    """A small plan reads the directory again after a run, and writes over nothing that the run has written."""
    scene.edit("anna", phone="1390")
    scene.heal()
    promoted = Person("anna", "安娜", "13800000001", "anna@x", "总监", "d")
    scene.source.employ(Company(COMPANY.units, {**COMPANY.people, "a": promoted}))
    known, scene.passes.last = scene.passes.last, LastRead()
    report = scene.runner.run(scene.passes.run())
    scene.passes.last = known
    assert report.run.outcome == "done"
    assert scene.user("anna")["position"] == "总监"
    scene.edit("anna", phone="1391")
    assert scene.heal() is not None
    assert (scene.user("anna")["phone"], scene.user("anna")["position"]) == ("13800000001", "总监")
    assert all(one["position"] != "经理" for one in scene.company.list_users())
