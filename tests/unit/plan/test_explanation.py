"""The explanation of one object follows from the situation and its plan."""

import msgspec

from syncd.mapping.normal_forms import comparable
from syncd.model.desired import Desired, DesiredUser, Presence, Skip
from syncd.model.links import Link, LinkState
from syncd.model.objects import Kind, Mirror, PlatformUser, User
from syncd.plan.explanation import Explanation, explanation
from syncd.plan.rules import Policy
from syncd.plan.situation import survey
from syncd.plan.values import Action, Change, Conflict, ConflictKind, Guard, Plan, Reason
from syncd.plan.verdicts import Verdict
from syncd.plan.who import Whom
from tests.kit.planning import operation

LI = Whom(Kind.USER, "ldap", "k", "P", "uid=li", "li", "李")
LINK = Link(Kind.USER, "ldap", "k", "P", locator="uid=li")
THERE = PlatformUser("P", User("li", "李", "1"))
WANTED = DesiredUser("k", "ldap", "uid=li", User("li", "李", "1"))
NOBODY = Desired()
PRESENT = Desired((WANTED,), present_users=frozenset({("ldap", "k")}))
EMPTY = Plan("f", "", "", "", "")
UPDATE = msgspec.structs.replace(
    operation(Action.UPDATE, Reason.DIRECTORY_CHANGED, phone=Change("1", "2")), held_by=("limits",)
)


def of(
    desired: Desired = PRESENT,
    link: Link = LINK,
    there: PlatformUser = THERE,
    *,
    plan: Plan = EMPTY,
    policy: Policy | None = None,
    blocked: frozenset[str] = frozenset(),
) -> Explanation:
    """Explain Li, a day after the epoch."""
    situation = survey(desired, Mirror((there,)), (link,), policy or Policy(), 86400.0)
    return explanation(LI, situation, plan, blocked, comparable)


def planned(**parts: object) -> Plan:
    """Return a plan with these parts."""
    return msgspec.structs.replace(EMPTY, **parts)


def test_a_leaver_who_is_locked_or_parked_is_told_as_such() -> None:
    """A leaver whose user is locked is told as locked, and another leaver as left."""
    locked = msgspec.structs.replace(LINK, state=LinkState.LOCKED, missing_since=1.0)
    assert (of(NOBODY).state, of(NOBODY, locked).state) == ("left", "locked")


def test_a_source_that_cannot_be_read_makes_nobody_leave_nor_come_back() -> None:
    """While a source cannot be read nobody leaves or comes back, and whoever is read again is active."""
    missing = msgspec.structs.replace(LINK, missing_since=1.0)
    blocked = frozenset({"ldap"})
    assert (of(NOBODY, blocked=blocked).state, of(NOBODY, missing, blocked=blocked).state) == ("active", "left")
    assert of(PRESENT, missing).state == "active"


def test_an_entry_that_cannot_be_mapped_is_present() -> None:
    """An entry that cannot be mapped is present, so that it never makes a leaver (I12)."""
    unmapped = Desired(present_users=frozenset({("ldap", "k")}))
    missing = msgspec.structs.replace(LINK, missing_since=1.0)
    assert (of(unmapped, missing).state, of(unmapped).life.seen) == ("active", "unmappable")


def test_only_the_guards_that_hold_its_operations_are_its_own() -> None:
    """Only the guards that hold an operation of the object are told with it."""
    guards = (Guard("limits", "all", message="too many"), Guard("adoption", ("x",), message="look"))
    assert of(plan=planned(operations=(UPDATE,), guards=guards)).guards == guards[:1]
    assert of(plan=planned(guards=guards)).guards == ()


def test_a_conflict_is_its_own_or_a_contest_for_what_it_holds() -> None:
    """A conflict is the object's own or a contest for a value that it holds, and others are not told."""
    own = Conflict(ConflictKind.DUPLICATE_VALUE, ("k",), "phone", "1", "own")
    contest = Conflict(ConflictKind.DUPLICATE_VALUE, ("x",), "account", "LI", "contest")
    other = Conflict(ConflictKind.DUPLICATE_VALUE, ("x", "y"), "phone", "2", "other")
    found = of(plan=planned(conflicts=(own, contest, other)))
    assert (found.conflicts, found.contests) == ((own,), (contest,))


def test_a_finding_of_another_entry_with_the_same_key_is_not_its_own() -> None:
    """A finding about another entry with the same key is not told."""
    own, other = (Skip(Kind.USER, "k", place, "too_long", place, "memo") for place in ("uid=li", "row 7"))
    assert of(plan=planned(skipped=(own, other))).skipped == (own,)


def test_an_administrator_keeps_the_account_alone() -> None:
    """An administrator's account is never changed, and other fields only where the policy says so."""
    renamed = Desired((msgspec.structs.replace(WANTED, fields=User("li.na", "李", "2")),), present_users=frozenset())
    admin = msgspec.structs.replace(THERE, is_admin=True)
    found = {
        one.field: one.verdict for one in of(renamed, there=admin, policy=Policy(update_administrators=True)).verdicts
    }
    assert (found["account"], found["phone"]) == (Verdict.OUT_OF_REACH, Verdict.WAITS)
    protected = of(renamed, there=admin)
    assert protected.ownership == "protected"
    assert {one.verdict for one in protected.verdicts if one.field in ("account", "phone")} == {Verdict.OUT_OF_REACH}


def test_who_is_not_wanted_has_no_desired_values() -> None:
    """A person who is disabled or out of scope has no desired values."""
    for presence in (Presence.DISABLED, Presence.OUT_OF_SCOPE):
        one = msgspec.structs.replace(WANTED, presence=presence)
        found = of(Desired((one,), present_users=frozenset({("ldap", "k")})))
        assert (found.desired, found.life.seen) == (None, presence.value)
