"""One object is explained from its entry to its history, in every state that it may be in."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from syncd.app.approve import ApprovalRule, approve
from syncd.app.explain import Explained, explain
from syncd.app.records import Approval
from syncd.errors import SourceBroken
from syncd.mapping.rules import Compiled, Rule, SourceRules, UserRules
from syncd.model.meetings import Attendance, Meeting
from syncd.model.objects import Kind
from syncd.model.rooms import PlatformRoom, Room
from syncd.model.source import Unreadable
from syncd.plan.explanation import Seen
from syncd.plan.rules import Leaving, Policy
from syncd.plan.values import ConflictKind, Reason
from syncd.plan.verdicts import Verdict
from syncd.plan.who import NobodyMeant
from syncd.report.explanation_form import explanation_form
from syncd.report.explanation_sentences import why_nothing
from syncd.report.explanation_text import explanation_text
from syncd.report.messages import ENGLISH
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import MemorySource, Passes
from tests.kit.passing import platform_ids

UNITS = {"d1": Unit("销售"), "d2": Unit("东区", "d1")}
ANA = Person("ana", "安娜", "1", "", "", "d2")
BO = Person("bo", "Bo", "2", "", "", "")
ANA_AT_THE_ROOT = msgspec.structs.replace(ANA, department="")
HOUR = 3_600_000


@pytest.fixture
async def passes(passes: Passes) -> Passes:
    """Return an installation in which Ana and Bo have been made."""
    passes.decide(policy=Policy(remove_after=600))
    passes.sources[0].employ(Company(UNITS, {"a": ANA, "b": BO}))
    await passes.approved()
    return passes


def employ(passes: Passes, units: dict[str, Unit], **people: Person) -> None:
    """Put these departments and people into the directory."""
    passes.sources[0].employ(Company(units, people))


async def of(passes: Passes, who: str) -> Explained:
    """Explain one object."""
    return await explain(passes.world(), who, 20)


def verdict(explained: Explained, field: str) -> Verdict:
    """Return the verdict on a field."""
    return next(one.verdict for one in explained.explanation.verdicts if one.field == field)


def reasons(explained: Explained) -> list[str]:
    """Return the reasons of the findings."""
    return [one["reason"] for one in explanation_form(explained)["findings"]]


def typed(passes: Passes, platform_id: str, account: str, **fields: str) -> None:
    """Put a user on the platform as if somebody had typed them."""
    passes.platform.company.add_user({"id": platform_id, "name": account.title(), "account": account, **fields})


async def test_an_adoption_to_come_is_one_object(passes: Passes) -> None:
    """A planned adoption is explained as one object, asked for by key, by account or by platform id."""
    typed(passes, "TYPED", "cleo")
    employ(passes, UNITS, a=ANA, b=BO, c=Person("cleo", "克莱奥", "", "", "", ""))
    found = (await of(passes, "TYPED")).explanation
    assert found == (await of(passes, "c")).explanation == (await of(passes, "cleo")).explanation
    assert (found.who.key, found.state, found.ownership) == ("c", "unlinked", "none")
    assert {(one.action, one.reason) for one in found.operations} == {("adopt", "adopted"), ("update", "adopted")}
    assert "waits for: adopt user Cleo, which is held by adoption" in explanation_text(await of(passes, "c"))


async def test_an_ambiguous_adoption_is_told_on_both_sides(passes: Passes) -> None:
    """An ambiguous adoption is told on both sides with `syncd link` as the way out, and no user is made."""
    passes.decide(policy=Policy(adopt_users=("account", "phone")))
    typed(passes, "T1", "cleo")
    typed(passes, "T2", "other", phone="3")
    employ(passes, UNITS, a=ANA, b=BO, c=Person("cleo", "克莱奥", "3", "", "", ""))
    found = await of(passes, "c")
    assert [one.kind for one in found.explanation.conflicts] == [ConflictKind.AMBIGUOUS_ADOPTION]
    assert (found.explanation.operations, found.explanation.state) == ((), "absent")
    assert "syncd link c ID" in why_nothing(found.explanation, ENGLISH).text
    assert "ambiguous_adoption" in reasons(await of(passes, "T1"))


async def test_who_holds_two_of_an_entrys_values_is_told_on_both_sides(passes: Passes) -> None:
    """An entry and the unlinked user who holds its phone and mail are both told of it, with the way out."""
    passes.decide(policy=Policy())
    typed(passes, "T1", "cleo.x", phone="3", email="cleo@x.org")
    employ(passes, UNITS, a=ANA, b=BO, c=Person("cleo", "克莱奥", "3", "cleo@x.org", "", ""))
    found = await of(passes, "c")
    assert [one.kind for one in found.explanation.conflicts] == [ConflictKind.AMBIGUOUS_ADOPTION]
    assert (found.explanation.operations, found.explanation.state) == ((), "absent")
    assert "syncd link c T1" in why_nothing(found.explanation, ENGLISH).text
    assert "ambiguous_adoption" in reasons(await of(passes, "T1"))


async def test_drift_is_written_over_or_reported_as_the_policy_says(passes: Passes) -> None:
    """A drifted field is explained as a change, or as reported drift with the setting that would enforce it."""
    bo = platform_ids(passes)["b"]
    passes.platform.company.update_user({"id": bo, "phone": "9"})
    assert verdict(await of(passes, "bo"), "phone") is Verdict.CHANGES
    assert (await of(passes, "bo")).explanation.operations[0].reason is Reason.PLATFORM_DRIFTED
    passes.decide(policy=Policy(report_drift=frozenset({"phone"})))
    found = await of(passes, "bo")
    assert verdict(found, "phone") is Verdict.DRIFT_REPORTED
    assert (
        'policy.on_drift = "report" leaves it; "enforce" for the field' in why_nothing(found.explanation, ENGLISH).text
    )


async def test_a_field_that_somebody_fights_over_is_contended(passes: Passes) -> None:
    """A field that was enforced three times in a day is explained as contended, with its past updates."""
    bo = platform_ids(passes)["b"]
    for _ in range(3):
        passes.platform.company.update_user({"id": bo, "phone": "9"})
        await passes.run()
    passes.platform.company.update_user({"id": bo, "phone": "9"})
    found = await of(passes, "bo")
    assert verdict(found, "phone") is Verdict.CONTENDED
    assert "somebody else keeps changing it back" in explanation_text(found)
    assert [one.line.action for one in found.history] == ["update", "update", "update", "create"]
    assert [sorted(one.changes) for one in found.history[:3]] == [["phone"]] * 3
    assert found.history[0].changes["phone"].before == "9"


async def test_what_was_not_written_by_us_stays_though_the_directory_is_empty(passes: Passes) -> None:
    """A value that syncd did not write stays though the directory has none, and `policy.clear` is named."""
    bo = platform_ids(passes)["b"]
    passes.platform.company.update_user({"id": bo, "email": "bo@example.com"})
    found = await of(passes, "bo")
    assert verdict(found, "email") is Verdict.NOT_OURS
    assert "policy.clear" in explanation_text(found)


async def test_rooms_and_meetings_to_come_are_named(passes: Passes) -> None:
    """A user's rooms and coming meetings and a department's rooms are named, and no meeting that is over."""
    ids = platform_ids(passes)
    passes.platform.rooms_held = (PlatformRoom("R", Room("大会议室", ids["d1"], user_ids=(ids["a"],))),)
    now = int(passes.now * 1000)
    there = (Attendance(ids["a"]),)
    passes.platform.meetings_held = (
        Meeting("M", "R", "", "周会", now, now + HOUR, attendances=there),
        Meeting("P", "R", "", "past", now - HOUR, now - 1, attendances=there),
    )
    text = explanation_text(await of(passes, "ana"))
    assert "    room 大会议室 names this user" in text
    assert "    meeting 周会 from 1970-01-12 13:47 UTC to 1970-01-12 14:47 UTC" in text
    assert "past" not in text
    assert "    room 大会议室 stands in this department" in explanation_text(await of(passes, "销售"))
    assert "Rooms" not in explanation_text(await of(passes, "bo"))


async def test_a_leaver_is_told_when_the_grace_ends(passes: Passes) -> None:
    """A leaver's explanation tells since when the entry is gone and when the user is removed, or that it never is."""
    employ(passes, UNITS, b=BO)
    life = (await of(passes, "安娜")).explanation.life
    assert (life.seen, life.left, life.since, life.removed_at) == (Seen.GONE, "left", passes.now, passes.now + 600)
    await passes.run()
    first = passes.now
    passes.now += 60
    found = await of(passes, "ana")
    assert (found.explanation.life.since, found.explanation.state, reasons(found)) == (first, "left", ["left"])
    passes.decide(policy=Policy(remove_after=None))
    assert 'never removed (policy.remove_after = "never")' in explanation_text(await of(passes, "ana"))
    passes.now += 600
    passes.decide(policy=Policy(remove_after=600))
    removing = (await of(passes, "ana")).explanation.operations
    assert [(one.action, one.reason) for one in removing] == [("remove", "left")]


async def test_whoever_is_disabled_is_found_by_the_account_and_told_why(passes: Passes) -> None:
    """The explanation of a disabled person says why the user is kept, was never made, or is locked."""
    source = passes.sources[0]
    employ(passes, UNITS, a=ANA, b=BO, c=Person("cleo", "克莱奥", "", "", "", ""))
    off = {"useraccountcontrol": ("514",)}
    disabled = [msgspec.structs.replace(one, attributes={**one.attributes, **off}) for one in source.snapshot.users]
    source.snapshot = msgspec.structs.replace(source.snapshot, users=tuple(disabled))
    kept = (await of(passes, "ana")).explanation
    assert (kept.life.seen, kept.state, kept.desired) == (Seen.DISABLED, "active", None)
    assert 'policy.on_disabled = "keep"' in why_nothing(kept, ENGLISH).text
    assert why_nothing((await of(passes, "克莱奥")).explanation, ENGLISH).text == (
        "disabled in the directory, so no user is made for it"
    )
    passes.decide(policy=Policy(on_disabled=Leaving.LOCK))
    await passes.run()
    locked = (await of(passes, "ana")).explanation
    assert (locked.state, locked.operations) == ("locked", ())
    assert why_nothing(locked, ENGLISH).text == 'disabled in the directory (policy.on_disabled = "lock")'


async def test_a_department_that_is_gone_says_who_is_still_in_it(passes: Passes) -> None:
    """A department that is gone but not empty is explained as staying, with the name of who is in it."""
    gone = platform_ids(passes)["d2"]
    typed(passes, "T", "stranger", departmentId=gone)
    employ(passes, {}, a=ANA_AT_THE_ROOT, b=BO)
    found = await of(passes, gone)
    assert (found.explanation.who.kind, found.explanation.state) == (Kind.DEPARTMENT, "left")
    assert "Stranger" in why_nothing(found.explanation, ENGLISH).text
    assert "not_empty" in reasons(found)


async def test_nobody_of_a_broken_source_has_left(tmp_path: Path) -> None:
    """A person of a source that cannot be read is explained as active, and their user stays as it is."""
    one, other = MemorySource("one"), MemorySource("other")
    one.employ(Company({}, {"a": ANA_AT_THE_ROOT}))
    other.employ(Company({}, {"b": BO}))
    with closing(Passes(tmp_path, one, other)) as passes:
        await passes.approved()
        other.error = SourceBroken("cut")
        found = (await of(passes, "bo")).explanation
    assert (found.life.seen, found.state, found.operations) == (Seen.UNREAD, "active", ())
    assert "its user stays as it is" in why_nothing(found, ENGLISH).text


async def test_who_is_gone_on_both_sides_is_forgotten_next(passes: Passes) -> None:
    """A person who is gone on both sides is explained as absent, and the next run forgets the link."""
    bo = platform_ids(passes)["b"]
    passes.platform.company.remove_user({"userId": bo})
    employ(passes, UNITS, a=ANA)
    found = (await of(passes, "b")).explanation
    assert (found.state, found.ownership, found.shadow) == ("absent", "created", None)
    assert "the next run forgets the link" in why_nothing(found, ENGLISH).text


async def test_a_department_nobody_knows_is_said_of_the_field(passes: Passes) -> None:
    """A new user whose department is unknown waits, and the explanation names that department."""
    rules = Compiled(SourceRules(UserRules(department="title")))
    passes.decide(rules={"ldap": rules})
    employ(passes, UNITS, c=Person("cleo", "Cleo", "", "", "nowhere", ""))
    found = await of(passes, "cleo")
    assert verdict(found, "department") is Verdict.LEFT_ALONE
    assert verdict(found, "account") is Verdict.WAITS
    assert "its department nowhere is not known" in why_nothing(found.explanation, ENGLISH).text


async def test_an_approval_that_is_not_used_up_is_told(passes: Passes) -> None:
    """The explanation tells the command that approves a held plan, and then the approval until it ends."""
    passes.decide(config_fingerprint="another")
    employ(passes, UNITS, a=ANA, b=msgspec.structs.replace(BO, phone="3"))
    before = await of(passes, "bo")
    assert f"syncd reconcile --approve {before.fingerprint}" in explanation_text(before)
    await passes.run()
    approve(passes.store, Approval(before.fingerprint, (), "a test", at=passes.now), ApprovalRule())
    text = explanation_text(await of(passes, "bo"))
    assert "approved: it passes every guard at the next run" in text
    assert "held by" not in text
    passes.now += passes.decisions.approval_life + 1
    assert "approved: it passes" not in explanation_text(await of(passes, "bo"))


async def test_an_entry_that_the_read_could_not_use_is_told_why(passes: Passes) -> None:
    """An entry that the read could not use is told with the reason, and a DN that no entry has means nobody."""
    unusable = Unreadable("uid=x,dc=example,dc=com", "no_key", "uid=x,dc=example,dc=com has no value of entryUUID")
    source = passes.sources[0]
    source.snapshot = msgspec.structs.replace(source.snapshot, unreadable=(unusable,))
    with pytest.raises(NobodyMeant, match="has no value of entryUUID"):
        await of(passes, unusable.locator)
    with pytest.raises(NobodyMeant, match="is no key"):
        await of(passes, "uid=y,dc=example,dc=com")


async def test_what_initial_passwords_are_made_of_is_not_shown(passes: Passes) -> None:
    """An explanation does not show the attribute that initial passwords are made of (I8)."""
    passes.initial_password = Rule("title")
    employ(passes, UNITS, a=ANA, b=msgspec.structs.replace(BO, position="E-4711"))
    entry = (await of(passes, "bo")).entry
    assert entry is not None
    assert (entry["title"], entry["uid"]) == (("(not shown)",), ("bo",))
