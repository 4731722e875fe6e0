"""A plan is carried out in order, through faults and stops, and no outcome is lost to what waits for it."""

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from syncd.app.apply import HOPELESS, MOST_UNRECORDED, Outcome, Pace, Progress, apply
from syncd.app.carrying_out import CarryingOut
from syncd.app.creation import Origin
from syncd.app.ports import Settled
from syncd.app.stopping import Stop
from syncd.errors import AnswerLost, PlatformUnreachable, StoreError
from syncd.model.objects import Kind
from syncd.plan.values import Action, Change, Operation, Plan, Reason
from syncd.platform.refusals import TokenIllegal
from syncd.testing.platform import Around, FakePlatform
from tests.kit.failing_calls import each, first


class Passwords:
    """Passwords that a test can tell apart, and what was noted of them."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def initial(self, account: str, name: str, wanted: str) -> str:
        """Return a numbered password."""
        self.noted.append(f"given {name} as {account}")
        return wanted or f"initial{len(self.noted)}"

    def withdrawn(self, account: str, name: str) -> None:
        """Note that a creation was refused."""
        self.noted.append(f"withdrawn {name} as {account}")

    def fresh(self) -> str:
        """Return a password that nobody knows."""
        return "fresh"


class Journal:
    """Keeps what is recorded, in order; may fail at a batch."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.fails_at: int | None = None

    def record(self, settled: Sequence[Settled]) -> None:
        """Record a batch."""
        if self.fails_at == len(self.batches):
            raise StoreError("the disk is full")
        self.batches.append([one.operation.id for one in settled])

    @property
    def recorded(self) -> set[str]:
        """Return all that is durable."""
        return {one for batch in self.batches for one in batch}


class LateJournal(Journal):
    """Gives the platform time for many calls before it records a batch."""

    def record(self, settled: Sequence[Settled]) -> None:
        """Wait, and record a batch."""
        time.sleep(0.05)
        super().record(settled)


def department(key: str, parent: str = "", *after: str, held: bool = False) -> Operation:
    """Return the creation of a department."""
    changes = {"name": Change(None, key), "parent": Change(None, parent)}
    return _operation(Kind.DEPARTMENT, Action.CREATE, key, changes, after, held=held)


def person(key: str, home: str = "", *after: str, held: bool = False, **fields: str) -> Operation:
    """Return the creation of a user."""
    values = {"name": key, "account": key, "department": home, **fields}
    changes = {field: Change(None, value) for field, value in values.items()}
    return _operation(Kind.USER, Action.CREATE, key, changes, after, held=held)


def update(kind: Kind, key: str, *after: str, action: Action = Action.UPDATE, **fields: str) -> Operation:
    """Return an update of an object."""
    return _operation(kind, action, key, {field: Change("", value) for field, value in fields.items()}, after)


def removal(kind: Kind, key: str, *after: str) -> Operation:
    """Return the removal of an object."""
    return _operation(kind, Action.REMOVE, key, {}, after)


def _operation(
    kind: Kind, action: Action, key: str, changes: dict[str, Change], after: tuple[str, ...], *, held: bool = False
) -> Operation:
    return Operation(
        id=f"{action} {key}",
        kind=kind,
        action=action,
        key=key,
        source="ldap",
        platform_id=key,
        locator=f"uid={key}",
        name=key,
        changes=changes,
        reason=Reason.NEW,
        depends_on=after,
        held_by=("limits",) if held else (),
    )


class Stage:
    """A platform, passwords, a journal, and a way to carry operations out between them."""

    def __init__(self) -> None:
        self.platform, self.passwords, self.journal = FakePlatform(), Passwords(), Journal()
        self.origin = Origin(lambda _: "", lambda _: "", lambda operation: (operation.platform_id + "'",), frozenset())
        self.stop = Stop()
        self.steps: list[Progress] = []

    def fail(self, fault: Around, *, is_carried_out: bool) -> None:
        """Fail calls by this fault, before or after the platform has carried them out."""
        if is_carried_out:
            self.platform.after = fault
        else:
            self.platform.before = fault

    async def carry_out(self, *operations: Operation, concurrency: int = 4) -> dict[str, tuple[str, str]]:
        """Carry a plan out, and return outcome and message by operation."""
        pace = Pace(concurrency, lambda: 7.0, self.steps.append)
        carrying_out = CarryingOut(self.platform, self.passwords, self.origin)
        plan = Plan("f", "", "", "", "", operations=operations)
        results = await asyncio.wait_for(apply(plan, carrying_out, self.journal, self.stop, pace), 60)
        assert [one.operation.id for one in results] == [one.id for one in operations], "in the plan's order"
        return {one.operation.id: (str(one.outcome), one.message) for one in results}


def outcomes(found: dict[str, tuple[str, str]]) -> list[str]:
    """Return the outcomes in the plan's order."""
    return [outcome for outcome, _ in found.values()]


def lost() -> Exception:
    """Return the fault of an answer that did not arrive."""
    return AnswerLost("the answer did not arrive")


async def test_what_waits_begins_only_once_what_it_waits_for_is_durable() -> None:
    """An operation begins only once what it waits for is durable, however many calls run at a time (I7)."""
    stage = Stage()

    async def check(call: str, object_id: str) -> None:
        if call == "user/add":
            assert f"create D{object_id[1:]}" in stage.journal.recorded

    stage.platform.before = check
    stage.journal = LateJournal()
    operations = [department(f"D{number}") for number in range(20)]
    operations += [person(f"U{number}", f"D{number}", f"create D{number}") for number in range(20)]
    assert outcomes(await stage.carry_out(*operations)) == ["done"] * 40
    assert stage.steps[-1] == Progress(40, 40, 0)
    assert stage.platform.refused == []


async def test_an_empty_plan_is_carried_out_at_once() -> None:
    """An empty plan ends without an outcome and records nothing."""
    stage = Stage()
    assert await stage.carry_out() == {}
    assert stage.journal.batches == []


async def test_a_failure_stops_only_what_waits_for_it_and_names_itself() -> None:
    """A failed operation skips only what waits for it, directly or through others, and each message names the cause."""
    stage = Stage()
    found = await stage.carry_out(
        department("A", "NOWHERE"),
        department("B", "A", "create A"),
        person("U", "B", "create B"),
        person("V", ""),
        person("W", "", "create V", "create A", "create B"),
    )
    assert outcomes(found) == ["failed", "skipped", "skipped", "done", "skipped"]
    assert "71010" in found["create A"][1]
    assert found["create B"][1] == "it waits for the create of department A (create A): failed"
    assert found["create U"][1] == "it waits for the create of department B (create B): skipped"


async def test_what_waits_for_something_held_is_held() -> None:
    """An operation that waits for a held one is held and not called, and the rest is carried out."""
    stage = Stage()
    found = await stage.carry_out(
        department("A", held=True), person("U", "A", "create A"), person("H", held=True), person("V")
    )
    assert outcomes(found) == ["held", "held", "held", "done"]
    assert stage.platform.calls == [("user/add", "V")]
    assert found["create A"][1] == "held by limits"


async def test_a_held_operation_that_waits_for_a_failed_one_is_settled_once() -> None:
    """A held operation stays held when what it waits for fails."""
    stage = Stage()
    found = await stage.carry_out(department("A", "NOWHERE"), person("U", "A", "create A", held=True))
    assert outcomes(found) == ["failed", "held"]


async def test_removals_come_last_unless_something_waits_for_them() -> None:
    """Removals come last, users before departments, unless a joiner waits for the leaver (DESIGN 6, graph)."""
    stage = Stage()
    await stage.carry_out(department("OLD"), person("GONE", "OLD", phone="1"), person("ALSO", "OLD"))
    stage.platform.calls.clear()
    found = await stage.carry_out(
        removal(Kind.DEPARTMENT, "OLD", "remove GONE", "remove ALSO"),
        removal(Kind.USER, "ALSO"),
        removal(Kind.USER, "GONE"),
        person("JOINER", "", "remove GONE", phone="1"),
        person("OTHER"),
        concurrency=1,
    )
    assert outcomes(found) == ["done"] * 5
    order = [f"{call} {key}" for call, key in stage.platform.calls]
    assert order.index("user/remove GONE") < order.index("user/add JOINER") < order.index("user/remove ALSO")
    assert order[-1] == "dept/remove OLD"
    assert stage.platform.refused == []


async def test_a_department_that_is_not_empty_after_all_is_left_and_named() -> None:
    """A department in which a fresh list shows somebody is skipped, and they are named (DESIGN 6, departments)."""
    stage = Stage()
    await stage.carry_out(department("A"), department("B", "A", "create A"), department("C"), person("安娜", "C"))
    found = await stage.carry_out(
        removal(Kind.DEPARTMENT, "B"), removal(Kind.DEPARTMENT, "A", "remove B"), removal(Kind.DEPARTMENT, "C")
    )
    assert outcomes(found) == ["done", "done", "skipped"]
    assert found["remove C"][1] == "department C stays: a fresh list shows 1 objects in it: 安娜"
    assert stage.platform.refused == []


@pytest.mark.parametrize("is_carried_out", [True, False])
async def test_a_user_whose_answer_was_lost_is_made_once(*, is_carried_out: bool) -> None:
    """A lost answer makes no second user: who is there is completed by one update (DESIGN 6, passwords)."""
    stage = Stage()
    stage.fail(first(lost, "user/add"), is_carried_out=is_carried_out)
    assert outcomes(await stage.carry_out(person("U"))) == ["done"]
    second = "user/update" if is_carried_out else None
    assert stage.platform.calls == [("user/add", "U"), *([(second, "U")] if second else [])]
    assert stage.passwords.noted == ["given U as U", "given U as U"]


@pytest.mark.parametrize("is_carried_out", [True, False])
async def test_a_department_whose_answer_was_lost_is_made_once(*, is_carried_out: bool) -> None:
    """A lost answer makes no second department, whether or not the platform carried the call out."""
    stage = Stage()
    stage.fail(first(lost, "dept/add"), is_carried_out=is_carried_out)
    assert outcomes(await stage.carry_out(department("D"))) == ["done"]
    assert [call for call, _ in stage.platform.calls].count("dept/add") == 1


async def test_what_is_there_already_under_our_id_is_completed() -> None:
    """What is there already under our id is completed and not made a second time (I2)."""
    stage = Stage()
    stage.platform.company.add_department({"id": "D", "name": "half made"})
    stage.platform.company.add_user({"id": "U", "name": "half made", "account": "u"})
    assert outcomes(await stage.carry_out(department("D"), person("U", "D", "create D"))) == ["done", "done"]
    assert stage.platform.company.state.users["U"]["departmentId"] == "D"
    assert stage.platform.company.state.departments["D"]["name"] == "D"


async def test_a_creation_that_is_refused_leaves_no_password_behind() -> None:
    """A refused creation withdraws the password that was handed over for it (DESIGN 6, passwords)."""
    stage = Stage()
    found = await stage.carry_out(person("U"), person("V", "", "create U", account="U"))
    assert outcomes(found) == ["done", "failed"]
    assert stage.passwords.noted == ["given U as U", "given V as U", "withdrawn V as U"]


async def test_a_creation_that_is_lost_and_then_refused_leaves_no_password_behind() -> None:
    """A creation that is lost first and refused at the second attempt withdraws its password too."""
    stage = Stage()
    stage.platform.company.add_user({"name": "somebody", "account": "U"})
    stage.platform.before = first(lost, "user/add")
    assert outcomes(await stage.carry_out(person("U"))) == ["failed"]
    assert stage.passwords.noted == ["given U as U", "given U as U", "withdrawn U as U"]


@pytest.mark.parametrize("kind", [Kind.USER, Kind.DEPARTMENT])
@pytest.mark.parametrize("is_carried_out", [True, False])
async def test_an_update_whose_answer_stays_lost_is_judged_by_what_the_platform_shows(
    kind: Kind, *, is_carried_out: bool
) -> None:
    """An update whose answers stay lost is done if the platform shows what was wanted, and failed if it does not."""
    stage = Stage()
    await stage.carry_out(department("X"), person("Y"))
    key, call = ("Y", "user/update") if kind is Kind.USER else ("X", "dept/update")
    stage.fail(each(lost, call), is_carried_out=is_carried_out)
    found = await stage.carry_out(update(kind, key, name="New"))
    assert outcomes(found) == ["done" if is_carried_out else "failed"]


async def test_an_update_of_somebody_who_is_gone_fails_in_words() -> None:
    """An update of a user who is gone fails, and the message has the platform's code."""
    found = await Stage().carry_out(update(Kind.USER, "GHOST", name="New"))
    assert outcomes(found) == ["failed"]
    assert "71009" in found["update GHOST"][1]


async def test_a_lock_is_an_unknown_password_and_parking_moves_too() -> None:
    """A lock changes the password, and parking changes it and moves the user too (DESIGN 4, on_leaver)."""
    stage = Stage()
    await stage.carry_out(department("PARK"), person("U"), person("V"))
    parked = update(Kind.USER, "V", action=Action.PARK, department="PARK")
    found = await stage.carry_out(update(Kind.USER, "U", action=Action.LOCK), parked)
    assert outcomes(found) == ["done", "done"]
    assert stage.platform.company.state.passwords == {"U": "changed", "V": "changed"}
    assert stage.platform.company.state.users["V"]["departmentId"] == "PARK"


async def test_a_lock_whose_answer_is_lost_fails_and_comes_again() -> None:
    """A lock whose answer is lost fails, for nothing shows whether the password was changed."""
    stage = Stage()
    await stage.carry_out(person("U"))
    stage.platform.after = each(lost, "user/update")
    assert outcomes(await stage.carry_out(update(Kind.USER, "U", action=Action.LOCK))) == ["failed"]


async def test_an_adoption_makes_no_call() -> None:
    """An adoption is done without a call to the platform."""
    stage = Stage()
    assert outcomes(await stage.carry_out(update(Kind.USER, "U", action=Action.ADOPT))) == ["done"]
    assert stage.platform.calls == []


async def test_removing_what_is_gone_is_done() -> None:
    """The removal of a user or department that is already gone counts as done (DESIGN 6, leavers)."""
    found = await Stage().carry_out(removal(Kind.USER, "GHOST"), removal(Kind.DEPARTMENT, "GHOST2"))
    assert outcomes(found) == ["done", "done"]


async def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest_pending() -> None:
    """A stop finishes and records the calls in flight, and the rest stays pending."""
    stage = Stage()

    async def stop_after_three(_call: str, _object_id: str) -> None:
        await asyncio.sleep(0)
        if len(stage.platform.calls) >= 3:
            stage.stop.set()

    stage.platform.after = stop_after_three
    found = await stage.carry_out(*(person(f"U{number}") for number in range(50)))
    done = [key for key, (outcome, _) in found.items() if outcome == Outcome.DONE]
    assert {f"create {key}" for _, key in stage.platform.calls} == set(done) == stage.journal.recorded
    assert 3 <= len(done) < 50
    assert {message for outcome, message in found.values() if outcome == Outcome.PENDING} == {
        "interrupted; the next run goes on"
    }


async def test_a_platform_that_is_gone_ends_the_run_early() -> None:
    """A run ends early, with the rest pending, after several calls in a row could not reach the platform."""
    stage = Stage()
    stage.platform.before = each(lambda: PlatformUnreachable("no connection"), "user/add")
    found = await stage.carry_out(*(person(f"U{number}") for number in range(100)), concurrency=2)
    failed = [outcome for outcome in outcomes(found) if outcome == Outcome.FAILED]
    assert HOPELESS <= len(failed) < HOPELESS + 2
    assert found["create U99"] == ("pending", "the platform cannot be reached; the next run goes on")


async def test_credentials_that_are_refused_end_the_run_at_once() -> None:
    """Refused credentials end the run at the first call, and the rest stays pending."""
    stage = Stage()
    stage.platform.before = each(lambda: TokenIllegal("71003", "Illegal access token"), "user/add")
    found = await stage.carry_out(*(person(f"U{number}") for number in range(9)), concurrency=1)
    assert outcomes(found) == ["failed"] + ["pending"] * 8


@pytest.mark.parametrize("batch", [0, 1, 3])
async def test_no_call_begins_once_an_outcome_cannot_be_recorded(batch: int) -> None:
    """No further call begins once an outcome cannot be recorded, and the store's error is raised (I7)."""
    stage = Stage()
    stage.journal.fails_at = batch
    chain = [department("D0")] + [department(f"D{n}", f"D{n - 1}", f"create D{n - 1}") for n in range(1, 9)]
    with pytest.raises(StoreError, match="the disk is full"):
        await stage.carry_out(*chain)
    assert len(stage.platform.calls) <= batch + 1


async def test_a_loss_that_is_not_the_first_does_not_count_as_gone() -> None:
    """A run goes on to its end where only every other call cannot reach the platform."""
    stage = Stage()

    async def every_other(call: str, object_id: str) -> None:
        if call == "user/add" and int(object_id[1:]) % 2:
            raise PlatformUnreachable("no connection")

    stage.platform.before = every_other
    found = await stage.carry_out(*(person(f"U{number}") for number in range(60)), concurrency=1)
    assert outcomes(found) == ["done", "failed"] * 30


class SlowJournal(Journal):
    """Records its first outcomes once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()

    def record(self, settled: Sequence[Settled]) -> None:
        """Wait, and record a batch."""
        if settled:
            self.goes_on.wait(60)
        super().record(settled)


async def test_no_call_begins_while_many_outcomes_wait_to_be_durable() -> None:
    """No call begins while many outcomes wait to be durable, however fast the platform answers (I7)."""
    stage = Stage()
    stage.journal = journal = SlowJournal()
    many_calls = asyncio.Event()

    async def note(_call: str, _object_id: str) -> None:
        if len(stage.platform.calls) >= MOST_UNRECORDED:
            many_calls.set()

    stage.platform.after = note
    running = asyncio.create_task(stage.carry_out(*(person(f"U{number}") for number in range(400))))
    await asyncio.wait_for(many_calls.wait(), 30)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert MOST_UNRECORDED <= len(stage.platform.calls) <= MOST_UNRECORDED + 2 * 4
    journal.goes_on.set()
    assert outcomes(await running) == ["done"] * 400
