"""A run proves its reads, holds what the guards hold, carries out the rest and remembers what it did."""

import asyncio
import contextlib
import csv
import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from syncd.app.approve import ApprovalRule, approve, revoke
from syncd.app.passwords import PUBLIC_DEFAULT
from syncd.app.ports import Settled
from syncd.app.reconcile import Request
from syncd.app.records import Approval
from syncd.app.standing import standing
from syncd.errors import (
    AnswerLost,
    ApprovalUnknown,
    ConfigurationError,
    Interrupted,
    PlatformUnreachable,
    RunInProgress,
    SourceBroken,
    SourceUnreachable,
    StoreError,
)
from syncd.mapping.rules import Rule
from syncd.model.actors import NOBODY, Actor
from syncd.model.objects import Kind
from syncd.model.source import Certificate, Grade
from syncd.plan.rules import Limit, Limits, Policy
from syncd.plan.values import Action
from syncd.report.approval import approval_command
from syncd.shadow.repositories import Runs
from syncd.testing.company import Company, Person, Unit, generated, hard_day
from syncd.testing.passes import MemorySource, Passes
from tests.kit import failing_calls
from tests.kit.passing import shown, user_ids, user_of

SMALL = Company(
    {"d1": Unit("销售部"), "d2": Unit("East", "d1")},
    {
        "p1": Person("anna", "Anna", "1", "anna@x", "", "d1"),
        "p2": Person("bert", "Bert", "2", "", "经理", "d2"),
        "p3": Person("cleo", "Cleo", "", "", "", ""),
    },
)


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation whose directory has a small company."""
    passes.sources[0].employ(SMALL)
    return passes


async def test_the_first_plan_is_held_approved_and_carried_out_once(passes: Passes) -> None:
    """The first plan is held until approved and carried out once, and the run after it writes nothing (I1)."""
    held = await passes.run()
    assert (held.run.outcome, held.run.exit, passes.platform.calls) == ("held", 3, [])
    assert [guard.name for guard in held.plan.guards] == ["configuration"]
    done = await passes.approved()
    assert (done.run.outcome, done.run.exit, done.run.counts) == ("done", 0, {"done": 5})
    assert shown(passes) == SMALL.wanted()
    calls = len(passes.platform.calls)
    again = await passes.run()
    assert (again.run.outcome, again.run.exit, again.plan.operations) == ("done", 0, ())
    assert len(passes.platform.calls) == calls


async def test_a_plan_stores_nothing_but_the_refresh(passes: Passes) -> None:
    """A dry run stores the refreshed shadow, and no run, held plan, fact or link (I10)."""
    plan = await passes.plan()
    assert len(plan.operations) == 5
    with passes.store.reading() as work:
        assert (work.runs.latest(1), work.held.all(), work.facts.all(), work.links.all()) == ((), (), {}, ())
        assert [one.id for one in work.shadow.mirror().users] == ["1"]


async def test_a_hard_day_needs_no_refused_call(passes: Passes) -> None:
    """A day of swaps, chains, inversions and replacements is carried out without a refused call (I5)."""
    company = generated(300, 60)
    passes.sources[0].employ(company)
    assert (await passes.approved()).run.exit == 0
    after = hard_day(company, 300)
    passes.sources[0].employ(after)
    assert (await passes.approved()).run.exit == 0
    assert shown(passes) == after.wanted()
    assert passes.platform.refused == []
    assert (await passes.run()).plan.operations == ()


async def test_a_changed_configuration_is_held_until_approved(passes: Passes) -> None:
    """A changed configuration holds the plan until approved, and an empty plan accepts it (DESIGN 6, guards)."""
    await passes.approved()
    passes.decide(config_fingerprint="another")
    assert (await passes.run()).run.exit == 0
    passes.decide(config_fingerprint="a third", policy=Policy(remove_after=0, clear=frozenset({"memo"})))
    passes.sources[0].employ(msgspec.structs.replace(SMALL, people={**SMALL.people, "p4": _person("dora")}))
    held = await passes.run()
    assert ([guard.name for guard in held.plan.guards], held.run.exit) == (["configuration"], 3)
    assert (await passes.approved()).run.exit == 0
    assert (await passes.run()).run.exit == 0


def _person(account: str) -> Person:
    return Person(account, account.title(), "", "", "", "")


async def test_a_run_that_was_stopped_goes_on_without_being_held_for_what_it_did(passes: Passes) -> None:
    """The removals of a stopped run do not count against the run that goes on with it (DESIGN 6, guards)."""
    company = generated(100, 5)
    passes.sources[0].employ(company)
    await passes.approved()
    left = msgspec.structs.replace(company, people=dict(list(company.people.items())[10:]))
    passes.sources[0].employ(left)

    async def stop_after_five(call: str, _object_id: str) -> None:
        if call == "user/remove" and len([one for one in passes.platform.calls if one[0] == call]) >= 5:
            passes.stop.set()

    passes.platform.after = stop_after_five
    stopped = await passes.run()
    assert stopped.run.outcome == "interrupted"
    passes.stop.clear()
    passes.platform.after = failing_calls.none
    assert (await passes.run()).run.exit == 0
    assert shown(passes) == left.wanted()


async def test_what_was_carried_out_in_the_window_counts(passes: Passes) -> None:
    """The limits count the removals of former runs within their window, and no older ones (DESIGN 6, guards)."""
    company = generated(100, 5)
    passes.sources[0].employ(company)
    await passes.approved()
    for gone, code in ((6, 0), (12, 3)):
        passes.sources[0].employ(msgspec.structs.replace(company, people=dict(list(company.people.items())[gone:])))
        report = await passes.run()
        assert report.run.exit == code
    (guard,) = report.plan.guards
    assert (guard.name, guard.kind, guard.action, guard.actual, guard.base) == ("limits", "user", "remove", 12, 94)
    passes.now += 86400 * 2
    assert (await passes.run()).run.exit == 0


async def test_approvals_pass_by_fingerprint_and_are_used_up(passes: Passes) -> None:
    """An approval passes the operations of a known plan, is used up, and is refused if unknown (DESIGN 6, approval)."""
    with pytest.raises(ApprovalUnknown, match="neither the plan just made"):
        await passes.run(Request(approve="0123456789abcdef"))
    held = await passes.run()
    assert (
        approve(passes.store, Approval(held.plan.fingerprint, (), "anna", "looked at", passes.now), ApprovalRule()) == 5
    )
    passes.sources[0].employ(msgspec.structs.replace(SMALL, people={**SMALL.people, "p4": _person("dora")}))
    partly = await passes.run()
    assert (partly.run.outcome, partly.run.counts) == ("held", {"done": 5, "held": 1})
    with passes.store.reading() as work:
        assert work.approvals.all(0.0) == ()
    stored = await passes.run(Request(approve=partly.plan.fingerprint, actor=Actor("bert", 0)))
    assert (stored.run.exit, stored.run.counts) == (0, {"done": 1})


async def test_a_stored_plan_can_be_approved_in_one_go(passes: Passes) -> None:
    """A run may approve a stored plan at once, and what the plan has gained since is held."""
    held = await passes.run()
    passes.sources[0].employ(msgspec.structs.replace(SMALL, people={**SMALL.people, "p4": _person("dora")}))
    report = await passes.run(Request(approve=held.plan.fingerprint, actor=Actor("bert", 0)))
    assert report.run.counts == {"done": 5, "held": 1}


async def test_an_approval_that_is_not_open_cannot_be_given_or_taken_back(passes: Passes) -> None:
    """A plan that is not held cannot be approved, and an approval that is not open cannot be revoked."""
    with pytest.raises(ApprovalUnknown, match="no held plan"):
        approve(passes.store, Approval("f", ()), ApprovalRule())
    with pytest.raises(ApprovalUnknown, match="no approval of f is open"):
        revoke(passes.store, "f", NOBODY, 1.0)
    held = await passes.run()
    approve(passes.store, Approval(held.plan.fingerprint, (), at=passes.now), ApprovalRule())
    assert revoke(passes.store, held.plan.fingerprint, NOBODY, 1.0) == 5


async def test_an_approval_ends(passes: Passes) -> None:
    """An approval passes nothing any more after `approval_life`."""
    held = await passes.run()
    approve(passes.store, Approval(held.plan.fingerprint, (), at=passes.now), ApprovalRule())
    passes.now += passes.decisions.approval_life + 1
    assert (await passes.run()).run.exit == 3


async def test_read_only_holds_everything_and_stores_no_plan_to_approve(passes: Passes) -> None:
    """`read_only` holds every operation, and no plan is stored to be approved."""
    passes.decide(read_only=True)
    report = await passes.run()
    assert (report.run.exit, report.run.counts, passes.platform.calls) == (3, {"held": 5}, [])
    assert {one.held_by for one in report.plan.operations} == {("configuration", "read_only")}
    assert standing(passes.store, 0.0, passes.now).held == ()


async def test_a_plan_file_is_carried_out_as_far_as_a_fresh_plan_agrees(passes: Passes) -> None:
    """Only what a fresh plan has too is done of a plan file, and the rest is skipped with exit 4 (DESIGN 6, apply)."""
    await passes.approved()
    passes.sources[0].employ(
        msgspec.structs.replace(SMALL, people={**SMALL.people, "p4": _person("dora"), "p5": _person("emil")})
    )
    file = await passes.plan()
    passes.sources[0].employ(
        msgspec.structs.replace(SMALL, people={**SMALL.people, "p4": _person("dora"), "p6": _person("finn")})
    )
    report = await passes.run(Request(only_plan=file))
    assert (report.run.exit, report.run.outcome, report.run.counts) == (4, "partial", {"done": 1, "skipped": 1})
    assert set(user_ids(passes)) == {"admin", "anna", "bert", "cleo", "dora"}


async def test_part_of_a_plan_does_nothing_that_needs_the_rest(passes: Passes) -> None:
    """An operation of a plan file is skipped where what it waits for was cut out of the file."""
    file = await passes.plan()
    cut = msgspec.structs.replace(file, operations=tuple(one for one in file.operations if one.kind is Kind.USER))
    passes.decide(limits=Limits(hold_configuration=False))
    report = await passes.run(Request(only_plan=cut))
    assert report.run.counts == {"done": 1, "skipped": 2}
    assert passes.platform.refused == []


async def test_a_broken_authority_among_several_leaves_its_people_alone(tmp_path: Path) -> None:
    """Other sources go on beside a broken one with exit 3, and the run fails without any (DESIGN 6, certificate)."""
    one, other = MemorySource("one"), MemorySource("other")
    one.employ(SMALL)
    other.employ(Company({}, {"q1": _person("zoe")}))
    with closing(Passes(tmp_path, one, other)) as passes:
        assert (await passes.approved()).run.exit == 0
        one.error = SourceBroken("it ended in the middle")
        other.employ(Company({}, {"q1": _person("zoe"), "q2": _person("yan")}))
        report = await passes.run()
        assert (report.run.exit, report.run.outcome) == (3, "held")
        assert [operation.name for operation in report.plan.operations] == ["Yan"]
        assert {grade.name: grade.grade for grade in report.plan.sources} == {"other": "whole", "one": "broken"}
        other.error = SourceBroken("this one too")
        with pytest.raises(SourceBroken, match="ended in the middle; this one too"):
            await passes.run()


@pytest.mark.parametrize("error", [SourceUnreachable("no server"), SourceBroken("cut"), ConfigurationError("password")])
async def test_without_a_read_nothing_is_done(passes: Passes, error: Exception) -> None:
    """A directory that cannot be read ends the run with that error, and no writing call is made (I4)."""
    await passes.approved()
    passes.sources[0].error = error
    calls = len(passes.platform.calls)
    with pytest.raises(type(error)):
        await passes.run()
    assert len(passes.platform.calls) == calls


async def test_without_the_platforms_lists_nothing_is_done(passes: Passes) -> None:
    """A platform whose lists cannot be read ends the run with that error, and no run is noted."""
    passes.platform.before = failing_calls.each(lambda: PlatformUnreachable("no connection"))
    with pytest.raises(PlatformUnreachable):
        await passes.run()
    assert standing(passes.store, 0.0, passes.now).last_run is None


async def test_an_unproven_read_takes_nobody_for_gone(passes: Passes) -> None:
    """An unproven read holds whatever it would do to whom it lacks, and begins no grace (DESIGN 6, leavers)."""
    passes.decide(policy=Policy(remove_after=86400.0))
    company = generated(100, 4)
    passes.sources[0].employ(company)
    await passes.approved()
    passes.sources[0].employ(msgspec.structs.replace(company, people=dict(list(company.people.items())[50:])))
    report = await passes.run()
    assert (report.run.exit, {operation.action for operation in report.plan.operations}) == (3, {Action.LEAVE})
    assert all("certificate" in operation.held_by for operation in report.plan.operations)
    assert report.plan.sources[0].grade == "unproven"
    with passes.store.reading() as work:
        assert {link.missing_since for link in work.links.all()} == {None}


async def test_an_unproven_read_with_nothing_to_do_is_accepted_by_nobody(passes: Passes) -> None:
    """A run that would do nothing on an unproven read ends as unproven, and the next one doubts the same read again."""
    passes.decide(policy=Policy(remove_after=None))
    company = generated(100, 4)
    passes.sources[0].employ(company)
    await passes.approved()
    passes.sources[0].employ(msgspec.structs.replace(company, people=dict(list(company.people.items())[50:])))
    for _ in range(2):
        report = await passes.run()
        assert (report.run.outcome, report.run.exit, report.plan.operations) == ("unproven", 3, ())
    with passes.store.reading() as work:
        assert {link.missing_since for link in work.links.all()} == {None}


async def test_platform_lists_that_lack_what_is_linked_hold_the_plan(passes: Passes) -> None:
    """Platform lists that lack many linked users hold the plan, so that nobody is made a second time."""
    passes.sources[0].employ(generated(100, 4))
    await passes.approved()
    for number, user in enumerate(list(passes.platform.company.state.users)):
        if user != "1" and number % 2:
            passes.platform.company.remove_user({"userId": user})
    report = await passes.run()
    assert (report.run.exit, report.run.counts) == (3, {"held": 50})
    assert {"certificate"} <= {guard.name for guard in report.plan.guards}


async def test_a_leaver_whom_a_list_lacks_is_asked_for_and_removed(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leaver whom one list of the platform lacks, though the user is there, is not forgotten but removed."""
    await passes.approved()
    remaining = {key: one for key, one in SMALL.people.items() if key != "p3"}
    passes.sources[0].employ(msgspec.structs.replace(SMALL, people=remaining))
    company = passes.platform.company
    listed = company.list_users
    with monkeypatch.context() as patched:
        patched.setattr(company, "list_users", lambda: [one for one in listed() if one["account"] != "cleo"])
        assert [(str(one.action), one.key) for one in (await passes.run()).plan.operations] == [("remove", "p3")]
    assert "cleo" not in {one["account"] for one in company.state.users.values()}


@pytest.mark.parametrize(("people", "shown", "times"), [(30, 15, 1), (60, 30, 1), (60, 30, 100)])
async def test_what_a_list_lacks_is_asked_for_before_it_is_made_again(
    passes: Passes, monkeypatch: pytest.MonkeyPatch, people: int, shown: int, times: int
) -> None:
    """Objects that a list lacks are asked for, few one by one and many by another list, and nothing is made again."""
    passes.sources[0].employ(generated(people, people))
    await passes.approved()
    company, calls = passes.platform.company, len(passes.platform.calls)
    lists = {"users": company.list_users, "departments": company.list_departments}
    asked = dict.fromkeys(lists, 0)

    def cut(name: str) -> list[dict[str, object]]:
        asked[name] += 1
        found: list[dict[str, object]] = lists[name]()
        return found[:shown] if asked[name] <= times else found

    monkeypatch.setattr(company, "list_users", lambda: cut("users"))
    monkeypatch.setattr(company, "list_departments", lambda: cut("departments"))
    report = await passes.run()
    assert (report.run.outcome, report.plan.operations) == ("done", ())
    (note,) = report.plan.guards
    assert (note.name, note.holds) == ("short_list", ())
    assert f"{people + 1 - shown} users, {people - shown} departments" in note.message
    written = [call for call in passes.platform.calls[calls:] if not call[0].endswith(("get", "list"))]
    assert written == []


async def test_a_source_that_cannot_prove_itself_removes_nobody(passes: Passes) -> None:
    """A source without proof changes and adds, and what follows from absence is held (DESIGN 6, certificate)."""
    passes.decide(unprovable=frozenset({"ldap"}))
    await passes.approved()
    known = msgspec.structs.replace(SMALL.people["p1"], name="Anna B", email="")
    bert = msgspec.structs.replace(SMALL.people["p2"], position="CEO")
    smaller = Company({"d1": Unit("销售部"), "d2": Unit("West", "d1")}, {"p1": known, "p2": bert, "p9": _person("new")})
    passes.sources[0].employ(smaller)
    report = await passes.run()
    held = {(one.key, str(one.action)): one.held_by for one in report.plan.operations}
    assert held == {
        ("d2", "update"): ("certificate",),
        ("p1", "update"): ("certificate",),
        ("p2", "update"): (),
        ("p3", "remove"): ("certificate",),
        ("p9", "create"): (),
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"key_attribute": "uid"}, "the key attribute of the source is uid"),
        ({"naming_context": "dc=other"}, "the naming context of the source's server is dc=other"),
    ],
)
async def test_a_store_belongs_to_one_directory(passes: Passes, changed: dict[str, str], words: str) -> None:
    """A store refuses a source with another key attribute or naming context (DESIGN 6, binding)."""
    await passes.approved()
    source = passes.sources[0]
    source.snapshot = msgspec.structs.replace(source.snapshot, **changed)
    with pytest.raises(ConfigurationError, match=words):
        await passes.run()


async def test_a_store_belongs_to_one_owner_and_namespace(passes: Passes) -> None:
    """A store refuses another owner and another namespace, for both are part of every derived id."""
    await passes.approved()
    passes.decide(policy=Policy(owner="another"))
    with pytest.raises(ConfigurationError, match=r"platform\.owner is another, but this store belongs to syncd"):
        await passes.run()
    passes.decide(policy=Policy(namespaces={"ldap": "hr"}))
    with pytest.raises(ConfigurationError, match=r"the namespace of the source is hr \(source ldap\)"):
        await passes.run()


async def test_a_second_run_is_kept_out(passes: Passes) -> None:
    """A second run is refused while another one holds the lock."""
    with passes.store.lock(), pytest.raises(RunInProgress):
        await passes.run()


async def test_passwords_are_handed_over_before_they_are_used(passes: Passes) -> None:
    """A password is in the handover file, which is its owner's only, before the call that uses it (DESIGN 6)."""
    passes.platform.company.add_user({"name": "typed by hand", "account": "BERT"})
    seen: list[int] = []

    async def look(call: str, _object_id: str) -> None:
        if call == "user/add":
            seen.append(len(passes.handover.read_text().splitlines()))

    passes.platform.before = look
    await passes.approved()
    rows = list(csv.reader(passes.handover.read_text().splitlines()))
    assert [row[0] for row in rows if row[2]] == [row[0] for row in rows]
    assert all(count >= 1 for count in seen)
    assert {row[0] for row in rows} == {"anna", "cleo"}
    assert stat.S_IMODE(passes.handover.stat().st_mode) == 0o600
    assert PUBLIC_DEFAULT not in passes.handover.read_text()


@pytest.mark.parametrize(
    ("rule", "password"),
    [("mobile", "1"), ("{{ uid }}-2026", "anna-2026"), ("{{ 'hf@123456' }}", ""), ("{{ 1/0 }}", "")],
)
async def test_an_initial_password_may_come_from_the_directory(passes: Passes, rule: str, password: str) -> None:
    """An initial password comes from the directory, or is random without a value and for the public default."""
    passes.initial_password = Rule(rule)
    await passes.approved()
    found = {row[0]: row[2] for row in csv.reader(passes.handover.read_text().splitlines())}["anna"]
    assert found == password if password else len(found) >= 16


def test_a_handover_file_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    """A handover file that cannot be written is refused before anything is read."""
    (tmp_path / "handover.csv").mkdir()
    with pytest.raises(ConfigurationError, match=r"platform\.handover"):
        Passes(tmp_path)


@pytest.mark.parametrize("step", range(12))
async def test_a_crash_at_any_record_is_mended_by_the_next_run(
    passes: Passes, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A crash at any record is mended by the next run, with no duplicate and nothing lost (I6)."""
    left = [step]
    recording = Runs.record

    def crash(self: Runs, run: str, settled: Sequence[Settled], *told: frozenset[str]) -> None:
        if not left[0]:
            raise StoreError("the connection was lost")
        left[0] -= 1
        recording(self, run, settled, *told)

    fingerprint = (await passes.plan()).fingerprint
    with monkeypatch.context() as patched:
        patched.setattr(Runs, "record", crash)
        with contextlib.suppress(StoreError):
            await passes.run(Request(approve=fingerprint))
    report = await passes.run()
    assert report.run.exit == 0
    assert shown(passes) == SMALL.wanted()
    assert len(passes.platform.company.state.users) == 4
    assert (await passes.run()).plan.operations == ()


async def test_who_was_made_without_an_answer_is_linked_by_the_next_run(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a platform that chooses ids the next run links whom a lost answer was about, though no list told it (I6)."""
    company = passes.platform.company
    user, department = company.add_user, company.add_department
    monkeypatch.setattr(company, "add_user", lambda sent: user({**sent, "id": ""}))
    monkeypatch.setattr(company, "add_department", lambda sent: department({**sent, "id": ""}))

    async def lose(call: str, _object_id: str) -> None:
        if call in ("user/add", "user/list") and passes.platform.calls:
            raise AnswerLost("the answer did not arrive")

    fingerprint = (await passes.plan()).fingerprint
    passes.platform.after = lose
    assert (await passes.run(Request(approve=fingerprint))).run.counts == {"done": 2, "failed": 3}
    passes.platform.after = failing_calls.none
    assert (await passes.run()).run.exit == 0
    assert shown(passes) == SMALL.wanted()
    assert len(company.state.users) == 4


async def test_the_standing_tells_what_is_linked_held_and_drifted(passes: Passes) -> None:
    """The standing tells what is linked, unmanaged, held and drifted, and the company and grades of the last run."""
    await passes.run()
    held = standing(passes.store, 0.0, passes.now)
    assert ([one.guards for one in held.held], held.objects["user"]) == (
        [("configuration",)],
        {"linked": 0, "unmanaged": 1, "leaving": 0},
    )
    await passes.approved()
    user_of(passes, "anna")["position"] = "typed by hand"
    await passes.plan()
    found = standing(passes.store, 0.0, passes.now)
    assert (found.drift, found.objects["user"], found.objects["department"]) == (
        1,
        {"linked": 3, "unmanaged": 1, "leaving": 0},
        {"linked": 2, "unmanaged": 0, "leaving": 0},
    )
    assert (found.company, found.grades, found.held) == ("COMPANY", {"ldap": "whole"}, ())


async def test_doubts_of_a_source_hold_the_plan(passes: Passes) -> None:
    """Doubts about a source hold the plan, and a guard tells them."""
    source = passes.sources[0]
    source.snapshot = msgspec.structs.replace(source.snapshot, certificate=Certificate(Grade.UNPROVEN, (), ("odd",)))
    report = await passes.run()
    assert report.run.exit == 3
    assert "source ldap is not proven whole: odd" in [guard.message for guard in report.plan.guards]


async def test_creations_are_limited_only_after_a_first_complete_plan(passes: Passes) -> None:
    """Creations are limited only after a first complete plan, within the window (DESIGN 6, guards)."""
    passes.decide(limits=Limits({Kind.USER: {"create": Limit(count=5)}}, hold_configuration=False))
    passes.sources[0].employ(generated(20, 0))
    assert (await passes.run()).run.exit == 0
    passes.sources[0].employ(generated(24, 0))
    assert (await passes.run()).run.exit == 0, "what was made without a limit counts against none"
    passes.sources[0].employ(generated(26, 0))
    report = await passes.run()
    assert (report.run.exit, [guard.actual for guard in report.plan.guards]) == (3, [6])
    passes.now += 86400 * 2
    assert (await passes.run()).run.exit == 0
    passes.sources[0].employ(generated(40, 0))
    assert (await passes.run()).run.exit == 3


async def test_a_plan_file_with_nothing_in_it_accepts_no_configuration(passes: Passes) -> None:
    """A plan file without operations accepts no configuration, so that the next plan is held (DESIGN 6, guards)."""
    nothing = msgspec.structs.replace(await passes.plan(), operations=())
    assert (await passes.run(Request(only_plan=nothing))).run.exit == 0
    report = await passes.run()
    assert (report.run.exit, passes.platform.calls) == (3, [])
    assert [guard.name for guard in report.plan.guards] == ["configuration"]


async def test_part_of_a_plan_file_is_no_whole_plan(passes: Passes) -> None:
    """Part of a plan file leaves the held plan stored and is no first complete plan (DESIGN 6, guards)."""
    held = (await passes.run()).plan
    part = msgspec.structs.replace(held, operations=held.operations[:1])
    approve(passes.store, Approval(held.fingerprint, (), "a test", "", passes.now), ApprovalRule())
    assert (await passes.run(Request(only_plan=part))).run.counts == {"done": 1}
    assert [one.fingerprint for one in standing(passes.store, 0.0, passes.now).held] == [held.fingerprint]
    with passes.store.reading() as work:
        assert "completed_once" not in work.facts.all()


async def test_values_that_become_empty_are_limited_by_field(passes: Passes) -> None:
    """A plan that would empty one field of many people is held, and the guard counts that field."""
    company = generated(40, 2)
    passes.sources[0].employ(company)
    await passes.approved()
    emptied = {key: msgspec.structs.replace(one, phone="") for key, one in company.people.items()}
    passes.sources[0].employ(msgspec.structs.replace(company, people=emptied))
    report = await passes.run()
    assert report.run.exit == 3
    assert ("clear phone", 36, 40) in [(one.action, one.actual, one.base) for one in report.plan.guards]


async def test_a_stop_while_reading_leaves_no_run_behind(passes: Passes) -> None:
    """A stop while reading interrupts the run before its first write, and no run is noted."""

    async def stop(_call: str, _object_id: str) -> None:
        passes.stop.set()
        await asyncio.sleep(60)

    passes.platform.before = stop
    with pytest.raises(Interrupted, match="before the first write"):
        await passes.run()
    assert standing(passes.store, 0.0, passes.now).last_run is None


async def test_nothing_is_approved_under_read_only(passes: Passes) -> None:
    """An approval under `read_only` is not kept, so that nothing passes a guard once writing is allowed."""
    passes.decide(read_only=True)
    report = await passes.approved()
    assert (report.run.exit, {operation.held_by for operation in report.plan.operations}) == (
        3,
        {("configuration", "read_only")},
    )
    with passes.store.reading() as work:
        assert work.approvals.all(0.0) == ()
    assert approval_command(report.plan) == ""


async def test_read_only_with_nothing_to_do_holds_nothing(passes: Passes) -> None:
    """An empty plan is not held by `read_only`."""
    await passes.approved()
    passes.decide(read_only=True)
    report = await passes.run()
    assert (report.run.exit, report.plan.guards) == (0, ())
