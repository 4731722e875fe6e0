"""A run can be undone (DESIGN 4, `revert`; docs/decisions/0007)."""

import pytest

from syncd.app.reconcile import Report, Request
from syncd.app.revert import NoSuchRun, draw_inverse, past, revert
from syncd.errors import ApprovalUnknown, SourceBroken
from syncd.model.links import LinkState, Ownership
from syncd.model.objects import Kind
from syncd.plan.rules import Leaving, Limits, Policy
from syncd.plan.values import Action, Plan, Reason
from syncd.testing.company import Company, Person, Unit, generated, hard_day
from syncd.testing.passes import USUAL, Passes
from tests.kit.passing import links, shown, user_ids, user_of

SMALL = Company({"d": Unit("研发部")}, {"a": Person("anna", "Anna", "1", "a@x.cn", "", "d")})


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation without limits, in which who leaves is removed at once."""
    passes.decide(limits=Limits(hold_configuration=False), policy=Policy(remove_after=0))
    return passes


async def becomes(passes: Passes, company: Company) -> Report:
    """Put this company into the directory, and make a run."""
    passes.sources[0].employ(company)
    return await passes.run()


async def undo(passes: Passes, report: Report, approve: str = "") -> Report:
    """Undo a run, a minute later."""
    passes.now += 60
    return await revert(passes.world(), report.run.run, Request(approve), passes.stop, lambda _: None)


def everything(passes: Passes) -> tuple[object, list[str]]:
    """Return what the platform shows of everybody, and the names of its departments."""
    return shown(passes), sorted(unit["name"] for unit in passes.platform.company.state.departments.values())


def guards(plan: Plan) -> set[str]:
    """Return the guards that hold something."""
    return {one.name for one in plan.guards if one.holds}


async def test_a_hard_day_is_undone_without_a_refused_call(passes: Passes) -> None:
    """A hard day is undone without a refused call, and everything is as it was before."""
    first = generated(80, 14)
    await becomes(passes, first)
    before = everything(passes)
    after = await becomes(passes, hard_day(first, 80))
    assert everything(passes) != before
    done = await undo(passes, after)
    assert (done.run.outcome, passes.platform.refused) == ("done", [])
    assert everything(passes) == before
    assert {one.reason for one in done.plan.operations} <= {Reason.REVERTED, Reason.TEMPORARY}


async def test_what_was_undone_waits_for_a_person_at_the_next_run(passes: Passes) -> None:
    """What was undone is held as reverted at the next run, until a person approves it."""
    first = generated(80, 14)
    await becomes(passes, first)
    before = everything(passes)
    await undo(passes, await becomes(passes, hard_day(first, 80)))
    again = await passes.run()
    assert again.run.exit == 3
    assert guards(again.plan) == {"reverted"}
    assert everything(passes) == before
    await passes.approved()
    assert (await passes.run()).plan.operations == ()


async def test_a_directory_that_was_mended_is_quiet_after_an_undo(passes: Passes) -> None:
    """After an undo a mended directory leaves nothing to do, and a later change is carried out."""
    first = generated(80, 14)
    await becomes(passes, first)
    await undo(passes, await becomes(passes, hard_day(first, 80)))
    quiet = await becomes(passes, first)
    assert (quiet.run.exit, quiet.plan.operations) == (0, ())
    later = await becomes(passes, hard_day(first, 80))
    assert later.run.exit == 0


async def test_an_undo_can_be_undone(passes: Passes) -> None:
    """An undo can be undone, which restores what the run had left, and the next run has nothing to do."""
    first = generated(80, 14)
    await becomes(passes, first)
    after = await becomes(passes, hard_day(first, 80))
    there = everything(passes)
    await undo(passes, await undo(passes, after))
    assert everything(passes) == there
    assert (await passes.run()).plan.operations == ()


async def test_who_was_removed_comes_back_with_the_same_id_and_that_is_said(passes: Passes) -> None:
    """A removed user comes back with the same id and a new password, and a guard says that meetings are lost."""
    await becomes(passes, SMALL)
    (user_id,) = (one for one in passes.platform.company.state.users if one != "1")
    gone = await becomes(passes, Company(SMALL.units, {"b": Person("bob", "Bob", "1", "", "", "d")}))
    back = await undo(passes, gone)
    assert passes.platform.company.state.users[user_id]["phone"] == "1"
    assert "without their meetings" in next(one.message for one in back.plan.guards if one.name == "comes_back")
    assert passes.handover.read_text(encoding="utf-8").splitlines()[-1].startswith("anna,Anna,")


async def test_a_removal_that_was_undone_stays_undone_though_a_grace_lies_between(passes: Passes) -> None:
    """A removal that was undone is held as reverted when a new grace has ended."""
    passes.decide(policy=Policy(remove_after=100))
    await becomes(passes, SMALL)
    await becomes(passes, Company(SMALL.units, {}))
    passes.now += 200
    gone = await passes.run()
    await undo(passes, gone)
    assert [operation.action for operation in (await passes.run()).plan.operations] == [Action.LEAVE]
    passes.now += 200
    held = await passes.run()
    assert [(one.action, one.held_by) for one in held.plan.operations] == [(Action.REMOVE, ("reverted",))]


async def test_a_lock_is_undone_with_a_new_initial_password(passes: Passes) -> None:
    """An undone lock leaves the user active with a new initial password, and the next lock is held."""
    passes.decide(policy=Policy(on_leaver=Leaving.LOCK))
    await becomes(passes, SMALL)
    locked = await becomes(passes, Company(SMALL.units, {}))
    back = await undo(passes, locked)
    assert back.run.outcome == "done"
    assert links(passes)["a"].state is LinkState.ACTIVE
    assert len(passes.handover.read_text(encoding="utf-8").splitlines()) == 2
    assert guards((await passes.run()).plan) == {"reverted"}


async def test_an_adoption_is_undone_field_by_field_and_the_user_is_nobodys_again(passes: Passes) -> None:
    """An undone adoption restores what somebody had typed, and the user is linked no more."""
    typed = {"account": "anna", "name": "Anna (typed)", "password": "x", "phone": "77"}
    passes.platform.company.add_user(typed)
    taken = await becomes(passes, SMALL)
    taken = await passes.approved() if taken.run.exit == 3 else taken
    assert links(passes)["a"].ownership is Ownership.ADOPTED
    done = await undo(passes, taken)
    assert done.run.outcome == "done"
    anna = user_of(passes, "anna")
    assert (anna["name"], anna["phone"], anna["departmentId"]) == ("Anna (typed)", "77", "")
    assert "a" not in links(passes)
    with passes.store.reading() as work:
        assert anna["id"] in {one.id for one in work.shadow.mirror().users}
    assert (await passes.run()).run.exit == 3


async def test_what_somebody_changed_since_is_left_as_it_is_and_named(passes: Passes) -> None:
    """An undo leaves and names a field that was changed since, a user who is gone, and a department in use."""
    await becomes(passes, SMALL)
    one = Person("anna", "Anna Li", "2", "a@x.cn", "", "d")
    more = Company({**SMALL.units, "e": Unit("新部门")}, {"a": one, "b": Person("bob", "Bob", "", "", "", "")})
    run = await becomes(passes, more)
    state = passes.platform.company.state
    ids = user_ids(passes)
    passes.platform.company.update_user({"id": ids["anna"], "phone": "3"})
    passes.platform.company.remove_user({"userId": ids["bob"]})
    place = next(key for key, unit in state.departments.items() if unit["name"] == "新部门")
    passes.platform.company.add_user({"account": "stranger", "name": "S", "password": "x", "departmentId": place})
    done = await undo(passes, run)
    assert {one.reason for one in done.plan.skipped} == {"changed_since", "gone_since", "not_empty"}
    assert (state.users[ids["anna"]]["name"], state.users[ids["anna"]]["phone"]) == ("Anna", "3")
    assert place in state.departments


async def test_a_place_that_is_no_more_or_lies_below_is_named_and_not_taken(passes: Passes) -> None:
    """An undo names and skips a place that is gone or that lies below the department itself."""
    first = Company({"a": Unit("A"), "b": Unit("B"), "c": Unit("C", "b")}, {})
    await becomes(passes, first)
    run = await becomes(passes, Company({"a": Unit("A"), "b": Unit("B"), "c": Unit("C")}, {}))
    ids = {one["name"]: key for key, one in passes.platform.company.state.departments.items()}
    passes.platform.company.update_department({"id": ids["B"], "parentId": ids["C"]})
    done = await undo(passes, run)
    assert [one.reason for one in done.plan.skipped] == ["below_itself"]
    assert done.plan.operations == ()
    passes.platform.company.remove_department({"deptId": ids["B"]})
    done = await undo(passes, run)
    assert [one.reason for one in done.plan.skipped] == ["place_gone"]
    assert passes.platform.refused == []


async def test_an_undo_needs_no_directory(passes: Passes) -> None:
    """A run can be undone while the directory cannot be read."""
    await becomes(passes, SMALL)
    run = await becomes(passes, Company(SMALL.units, {"a": Person("anna", "Anna Li", "1", "a@x.cn", "", "d")}))
    passes.sources[0].error = SourceBroken("the server is down")
    assert (await undo(passes, run)).run.outcome == "done"


async def test_an_undo_is_guarded_by_the_limits_and_carried_out_once_approved(passes: Passes) -> None:
    """An undo beyond the limits is held, and carried out once its own fingerprint is approved."""
    passes.decide(limits=Limits({Kind.USER: USUAL, Kind.DEPARTMENT: USUAL}))
    first = generated(80, 14)
    passes.sources[0].employ(first)
    run = await passes.approved()
    held = await undo(passes, run)
    assert (held.run.exit, guards(held.plan)) == (3, {"limits"})
    assert len(passes.platform.company.state.users) == 81
    with pytest.raises(ApprovalUnknown):
        await undo(passes, run, "0123456789abcdef")
    done = await undo(passes, run, held.plan.fingerprint)
    assert (done.run.outcome, len(passes.platform.company.state.users)) == ("done", 1)


async def test_a_look_at_an_undo_writes_nothing(passes: Passes) -> None:
    """The plan of an undo can be drawn without a writing call (I10)."""
    await becomes(passes, SMALL)
    run = await becomes(passes, Company(SMALL.units, {}))
    calls = len(passes.platform.calls)
    drawn = await draw_inverse(passes.world(), past(passes.store, run.run.run))
    assert [one.action for one in drawn.plan.operations] == [Action.CREATE]
    assert len(passes.platform.calls) == calls


async def test_a_run_that_nobody_knows_is_named(passes: Passes) -> None:
    """An unknown run cannot be undone, and the message names the command that lists the runs."""
    with pytest.raises(NoSuchRun, match="syncd history"):
        await revert(passes.world(), "2020", Request(), passes.stop, lambda _: None)
