"""Leavers, disabled users and people of unknown departments are treated as the policy says."""

import pytest

from syncd.errors import SyncdError
from syncd.model.desired import Desired, DesiredDepartment, DesiredUser, Presence
from syncd.model.links import KEPT_FOR_GOOD, Grace, Link, LinkState, Ownership
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.effects import forgotten, link_after, remembered
from syncd.plan.json_form import by_id, from_json
from syncd.plan.make import Context, make_plan
from syncd.plan.rules import History, Leaving, Limit, Limits, Policy
from syncd.plan.situation import Situation, survey
from syncd.plan.values import Action, Change, NextStep, Plan, Reason
from tests.kit.planning import exact, operation

LI = User("li", "Li", "", "", "", "", "")
NOBODY = User("", "")
OPEN = Limits(hold_configuration=False)
DAY = 86400.0
THERE = PlatformUser("P", LI)


def linked(missing_since: float | None = None, **changed: object) -> Link:
    """Return the link of Li."""
    values = {"kind": Kind.USER, "source": "ldap", "key": "k", "platform_id": "P", "said": LI, "written": LI}
    return Link(**{**values, "missing_since": missing_since, **changed})  # type: ignore[arg-type]


def in_grace_since(at: float) -> Link:
    """Return the link of Li, whose grace an operation has begun."""
    return linked(at, grace=Grace(reason="left", begun_at=at))


def situation(desired: Desired, policy: Policy, link: Link, there: PlatformUser = THERE) -> Situation:
    """Return Li on the platform ten days in, and what the directory says."""
    return survey(desired, Mirror((there,)), (link,), policy, 10 * DAY)


def plan(found: Situation, blocked: frozenset[str] = frozenset()) -> Plan:
    """Plan with open guards."""
    return make_plan(found, OPEN, History(), Context(blocked=blocked), exact)


def done(found: Situation, blocked: frozenset[str] = frozenset()) -> list[tuple[Action, Reason]]:
    """Return what the plan does and why."""
    return [(one.action, one.reason) for one in plan(found, blocked).operations]


def of(presence: Presence) -> Desired:
    """Return a directory in which Li is there in this way."""
    return Desired((DesiredUser("k", "ldap", "uid=li", NOBODY, presence),), present_users=frozenset({("ldap", "k")}))


GONE = Desired()


@pytest.mark.parametrize(
    ("directory", "reason"), [(GONE, Reason.LEFT), (of(Presence.OUT_OF_SCOPE), Reason.OUT_OF_SCOPE)]
)
def test_who_is_gone_or_out_of_scope_is_kept_in_grace_and_then_removed(directory: Desired, reason: Reason) -> None:
    """A user who is gone or out of scope begins a grace of `remove_after`, is left alone in it, and is then removed."""
    policy = Policy(remove_after=7 * DAY)
    assert done(situation(directory, policy, linked())) == [(Action.LEAVE, reason)]
    assert done(situation(directory, policy, in_grace_since(3.5 * DAY))) == []
    assert done(situation(directory, policy, in_grace_since(3 * DAY))) == [(Action.REMOVE, Reason.LEFT)]


def test_a_grace_that_an_older_version_began_unseen_is_planned_before_anybody_goes() -> None:
    """Somebody who was missing before graces were operations is told of by `leave`, and not removed at once."""
    assert done(situation(GONE, Policy(remove_after=7 * DAY), linked(1 * DAY))) == [(Action.LEAVE, Reason.LEFT)]


def test_the_reason_of_the_beginning_stays_to_the_removal() -> None:
    """Somebody whom the configuration put out of scope is removed for that reason, whatever happens meanwhile."""
    reason = Reason.OUT_OF_SCOPE_BY_CONFIGURATION
    link = linked(1 * DAY, grace=Grace(reason=str(reason), begun_at=1 * DAY))
    assert done(situation(GONE, Policy(remove_after=7 * DAY), link)) == [(Action.REMOVE, reason)]


def test_a_held_grace_begins_once_it_is_carried_out() -> None:
    """A grace that was held for ten days lasts its whole time from the moment that the operation is carried out."""
    policy = Policy(remove_after=7 * DAY)
    waited = linked(0.0, grace=Grace(reason="left"))
    (planned,) = plan(situation(GONE, policy, waited)).operations
    assert planned.action is Action.LEAVE
    after = link_after(planned, waited, "P", 10 * DAY + 5, 10 * DAY)
    assert after is not None
    assert (after.missing_since, after.grace) == (0.0, Grace(reason="left", begun_at=10 * DAY))
    (leaver,) = plan(situation(GONE, policy, after)).leaving
    assert (leaver.since, leaver.next) == (
        "1970-01-01T00:00:00+00:00",
        NextStep(Action.REMOVE, "1970-01-18T00:00:00+00:00"),
    )


@pytest.mark.parametrize("leaving", [Leaving.KEEP, Leaving.LOCK, Leaving.PARK])
def test_who_is_kept_stays_as_they_are(leaving: Leaving) -> None:
    """Somebody whom `keep` holds is neither locked, parked nor removed, and stands in the plan with the day."""
    policy = Policy(remove_after=7 * DAY, on_leaver=leaving, park_department="PARK")
    kept = linked(0.0, grace=Grace(reason="left", begun_at=0.0, kept_until=11 * DAY))
    found = plan(situation(GONE, policy, kept))
    assert found.operations == ()
    assert [(leaver.kept_until, leaver.next) for leaver in found.leaving] == [
        ("1970-01-12T00:00:00+00:00", NextStep(Action.REMOVE, "1970-01-12T00:00:00+00:00"))
    ]
    for_good = linked(0.0, grace=Grace(reason="left", begun_at=0.0, kept_until=KEPT_FOR_GOOD))
    assert [leaver.next for leaver in plan(situation(GONE, policy, for_good)).leaving] == [None]


def test_who_was_kept_until_a_day_that_is_over_is_due() -> None:
    """Somebody whose grace would have ended while they were kept is removed once that day is over."""
    kept = linked(0.0, grace=Grace(reason="left", begun_at=0.0, kept_until=9 * DAY))
    assert done(situation(GONE, Policy(remove_after=7 * DAY), kept)) == [(Action.REMOVE, Reason.LEFT)]


def test_who_is_let_go_is_due_at_once() -> None:
    """Somebody whom `let-go` names is removed by the next run, though the grace would last longer."""
    gone = linked(9 * DAY, grace=Grace(reason="left", begun_at=9 * DAY, is_let_go=True, decided_at=9.5 * DAY))
    assert done(situation(GONE, Policy(remove_after=7 * DAY), gone)) == [(Action.REMOVE, Reason.LEFT)]


def test_whoever_returns_is_in_grace_no_more() -> None:
    """Somebody who is in the directory again has no grace, no reason and no decision left."""
    kept = linked(0.0, grace=Grace(reason="left", begun_at=0.0, kept_until=KEPT_FOR_GOOD))
    back = Desired((DesiredUser("k", "ldap", "uid=li", LI),), present_users=frozenset({("ldap", "k")}))
    (link,) = remembered(situation(back, Policy(), kept), frozenset())
    assert (link.missing_since, link.grace) == (None, None)


def test_a_step_of_leaving_counts_once() -> None:
    """A removal at the end of a grace does not count against `limits.remove`, whose first step has counted."""
    limits = Limits({Kind.USER: {"remove": Limit(count=0)}}, hold_configuration=False)
    for link, is_held in ((linked(), True), (in_grace_since(1 * DAY), False)):
        found = situation(GONE, Policy(remove_after=7 * DAY), link)
        (operation,) = make_plan(found, limits, History(), Context(), exact).operations
        assert bool(operation.held_by) is is_held


def test_never_is_never() -> None:
    """A leaver is never removed where `remove_after` is never."""
    assert done(situation(GONE, Policy(remove_after=None), linked(1.0))) == []


@pytest.mark.parametrize(
    ("leaving", "action", "changes"),
    [(Leaving.LOCK, Action.LOCK, {}), (Leaving.PARK, Action.PARK, {"department": Change("", "PARK")})],
)
def test_a_leaver_is_locked_or_parked_once(leaving: Leaving, action: Action, changes: dict[str, Change]) -> None:
    """A leaver is locked or parked at once, and not again at the next run."""
    policy = Policy(on_leaver=leaving, park_department="PARK")
    (planned,) = plan(situation(GONE, policy, linked())).operations
    assert (planned.action, planned.reason, planned.changes) == (action, Reason.LEFT, changes)
    after = link_after(planned, linked(), "P", 10 * DAY)
    assert after is not None
    assert after.state in (LinkState.LOCKED, LinkState.PARKED)
    assert done(situation(GONE, policy, after)) == []


@pytest.mark.parametrize(
    ("leaving", "action"),
    [(Leaving.KEEP, None), (Leaving.LOCK, Action.LOCK), (Leaving.PARK, Action.PARK)],
)
def test_who_is_disabled_is_treated_as_the_policy_says(leaving: Leaving, action: Action | None) -> None:
    """A disabled user is kept, locked or parked as `on_disabled` says."""
    found = situation(of(Presence.DISABLED), Policy(on_disabled=leaving, park_department="PARK"), linked())
    assert done(found) == ([(action, Reason.DISABLED)] if action else [])


def test_who_is_disabled_may_count_as_a_leaver() -> None:
    """A disabled user who counts as a leaver is removed like one."""
    policy = Policy(on_disabled=Leaving.LEAVER, remove_after=0)
    assert done(situation(of(Presence.DISABLED), policy, linked())) == [(Action.REMOVE, Reason.DISABLED)]


@pytest.mark.parametrize(
    ("link", "there"),
    [
        (linked(ownership=Ownership.PROTECTED), THERE),
        (linked(), PlatformUser("P", LI, is_admin=True)),
    ],
)
def test_protected_users_never_leave(link: Link, there: PlatformUser) -> None:
    """A protected user or administrator is never removed, locked or changed, whoever linked them (I3)."""
    policy = Policy(on_leaver=Leaving.LOCK, on_disabled=Leaving.LOCK, remove_after=0)
    assert done(situation(GONE, policy, link, there)) == []
    assert done(situation(of(Presence.DISABLED), policy, link, there)) == []
    wanted = Desired(
        (DesiredUser("k", "ldap", "uid=li", User("other", "Other")),), present_users=frozenset({("ldap", "k")})
    )
    assert done(situation(wanted, policy, link, there)) == []


@pytest.mark.parametrize("named", ["LI", "ｌｉ", "id:p", "id:P"])
def test_who_the_policy_protects_is_known_in_any_letter_case_and_width(named: str) -> None:
    """A protected account or id that is written in another letter case or width is never removed or locked (I3)."""
    policy = Policy(on_leaver=Leaving.LOCK, remove_after=0, protected=frozenset({named}))
    assert done(situation(GONE, policy, linked())) == []


def test_an_administrator_never_leaves() -> None:
    """An administrator who is gone or disabled is neither removed nor locked where `update_administrators` is true."""
    policy = Policy(on_leaver=Leaving.LOCK, on_disabled=Leaving.LOCK, remove_after=0, update_administrators=True)
    administrator = PlatformUser("P", LI, is_admin=True)
    for directory in (GONE, of(Presence.DISABLED)):
        assert done(situation(directory, policy, linked(), administrator)) == []


def test_a_leaver_of_a_source_without_proof_is_put_away_only_once_approved() -> None:
    """Whoever is missing from a source that cannot prove itself whole is locked or parked only after approval (I4)."""
    for leaving in (Leaving.LOCK, Leaving.PARK):
        found = situation(GONE, Policy(on_leaver=leaving, park_department="PARK"), linked())
        context = Context(unprovable=frozenset({"ldap"}))
        (operation,) = make_plan(found, OPEN, History(), context, lambda _, value: value).operations
        assert (str(operation.action), operation.held_by) == (str(leaving), ("certificate",))


def test_absence_from_a_broken_source_proves_nothing() -> None:
    """Absence from a broken source removes nobody (DESIGN 6, certificate)."""
    assert done(situation(GONE, Policy(remove_after=0), linked()), frozenset({"ldap"})) == []


def test_a_link_of_which_both_ends_are_gone_is_forgotten() -> None:
    """A link is forgotten when both of its ends are gone, unless its source could not be read."""
    empty = survey(GONE, Mirror(), (linked(), linked(kind=Kind.DEPARTMENT, said=None, written=None)), Policy(), 0.0)
    assert [link.kind for link in forgotten(empty, frozenset())] == [Kind.DEPARTMENT, Kind.USER]
    assert forgotten(empty, frozenset({"ldap"})) == ()
    assert forgotten(situation(GONE, Policy(), linked()), frozenset()) == ()


def department(key: str, name: str, parent: str = "") -> DesiredDepartment:
    """Return a wanted department."""
    return DesiredDepartment(key, "ldap", f"ou={name}", Department(name, parent))


def people_in(department_key: str | None, above: dict[tuple[str, str], str]) -> Desired:
    """Return one new person in a department, and what is above departments that cannot be made."""
    wanted = DesiredUser("n", "ldap", "uid=n", User("n", "N", department=department_key))
    return Desired((wanted,), (department("top", "Top"),), above=above)


def home(desired: Desired) -> str | None:
    """Return the key of the department in which the new person is made, `root`, or nothing."""
    found = survey(desired, Mirror(), (), Policy(root_department="ROOT"), 0.0)
    made = {one.key: one for one in plan(found).operations}
    if "n" not in made:
        return None
    change = made["n"].changes.get("department")
    ids = {made["top"].platform_id: "top", "ROOT": "root"}
    return ids[change.after or ""] if change else "unsaid"


def test_people_of_a_department_that_cannot_be_made_go_to_the_nearest_above() -> None:
    """People of a department that cannot be made go to the nearest above, and past the top to the root department."""
    above = {("ldap", "low"): "middle", ("ldap", "middle"): "top", ("ldap", "ring"): "ring"}
    assert home(people_in("low", above)) == "top"
    assert home(people_in("", above)) == "root"
    assert home(people_in("high", {("ldap", "high"): ""})) == "root"
    assert home(people_in(None, above)) == "unsaid"


def test_a_new_person_of_an_unknown_department_is_skipped_and_named() -> None:
    """A new person of an unknown department is not made but skipped and named."""
    desired = people_in("unknown", {("ldap", "ring"): "ring"})
    assert home(desired) is None
    assert home(people_in("ring", {("ldap", "ring"): "ring"})) is None
    found = plan(survey(desired, Mirror(), (), Policy(), 0.0))
    assert [(skip.key, skip.reason) for skip in found.skipped] == [("n", "unknown_department")]


def test_a_linked_person_of_an_unknown_department_stays_where_they_are() -> None:
    """A linked person of an unknown department stays where they are, and other fields are updated."""
    wanted = Desired(
        (DesiredUser("k", "ldap", "uid=li", User("li", "Li Na", department="x")),), (), (), frozenset({("ldap", "k")})
    )
    (planned,) = plan(situation(wanted, Policy(), linked())).operations
    assert dict(planned.changes) == {"name": Change("Li", "Li Na")}


def test_a_department_below_an_unknown_one_hangs_at_the_root() -> None:
    """A department below an unknown one hangs at the root, and one below an unmakable one at the nearest above."""
    desired = Desired(
        (),
        (department("top", "Top"), department("a", "A", "x"), department("b", "B", "low")),
        above={("ldap", "low"): "top"},
    )
    found = survey(desired, Mirror(), (), Policy(), 0.0)
    drawn = plan(found)
    made = {one.key: one for one in drawn.operations}
    assert "parent" not in made["a"].changes
    assert [(one.key, one.reason, one.field) for one in drawn.skipped] == [("a", "unknown_department", "parent")]
    assert made["b"].changes["parent"].after == made["top"].platform_id


def test_a_protected_department_is_left_alone() -> None:
    """A protected department is neither renamed nor removed (I3)."""
    link = Link(Kind.DEPARTMENT, "ldap", "d", "D", ownership=Ownership.PROTECTED)
    mirror = Mirror((), (PlatformDepartment("D", Department("Old")),))
    for desired in (Desired((), (department("d", "New"),), present_departments=frozenset({("ldap", "d")})), Desired()):
        assert plan(survey(desired, mirror, (link,), Policy(), 0.0)).operations == ()


def test_a_read_renews_what_is_known_of_departments() -> None:
    """A read notes a department that is as wanted as said and written, with its place in the directory."""
    link = Link(Kind.DEPARTMENT, "ldap", "d", "D", locator="old")
    mirror = Mirror((), (PlatformDepartment("D", Department("Sales", "")),))
    desired = Desired((), (department("d", "Sales"),), present_departments=frozenset({("ldap", "d")}))
    (known,) = remembered(survey(desired, mirror, (link,), Policy(), 0.0), frozenset())
    assert (known.said, known.written, known.locator) == (Department("Sales", ""), Department("Sales", ""), "ou=Sales")


def test_an_object_that_is_gone_from_the_platform_teaches_nothing() -> None:
    """The link of an object that is gone from the platform is renewed in its locator alone."""
    desired = Desired((DesiredUser("k", "ldap", "uid=new", LI),), present_users=frozenset({("ldap", "k")}))
    (known,) = remembered(survey(desired, Mirror(), (linked(locator="uid=li"),), Policy(), 0.0), frozenset())
    assert (known.locator, known.said) == ("uid=new", LI)


def test_a_plan_file_of_another_version_or_kind_is_refused_in_words() -> None:
    """A plan file of another version or kind is refused with the reason."""
    with pytest.raises(SyncdError, match="not of version 1"):
        from_json(b'{"version": 2}')
    for text in (b"not JSON", b"{}", b'{"version": 1}'):
        with pytest.raises(SyncdError, match="not a plan file"):
            from_json(text)


def test_operations_are_found_by_their_id() -> None:
    """The operations of a plan are found by their ids."""
    lock = operation(Action.LOCK, Reason.LEFT)
    assert by_id(Plan("f", "", "", "", "", operations=(lock,))) == {"o": lock}


def changed(wanted: User, policy: Policy, link: Link, there: User) -> dict[str, Change]:
    """Return what is changed for somebody who is there."""
    desired = Desired((DesiredUser("k", "ldap", "uid=li", wanted),), present_users=frozenset({("ldap", "k")}))
    operations = plan(situation(desired, policy, link, PlatformUser("P", there))).operations
    return dict(operations[0].changes) if operations else {}


def test_drift_is_enforced_or_only_reported_by_field() -> None:
    """Drift is enforced or reported by field, and what the directory changes is written (DESIGN 6, three-way)."""
    drifted = User("li", "Li", "9", "x@y", "", "", "")
    reported = Policy(report_drift=frozenset({"phone"}))
    assert changed(LI, Policy(clear=frozenset({"phone"})), linked(), drifted) == {"phone": Change("9", "")}
    known = User("li", "Li", "1", "", "", "", "")
    link = linked(said=known, written=known)
    assert changed(known, Policy(), link, drifted) == {"phone": Change("9", "1")}
    assert changed(known, reported, link, drifted) == {}
    assert changed(User("li", "Li", "2", "", "", "", ""), reported, link, drifted) == {"phone": Change("9", "2")}


def test_what_somebody_typed_over_our_value_is_not_cleared() -> None:
    """Once the directory has no value, what we wrote is cleared, and what somebody typed in its place stays."""
    ours, typed = User("li", "Li", "1", "", "", "", ""), User("li", "Li", "9", "", "", "", "")
    link = linked(said=ours, written=ours)
    assert changed(LI, Policy(), link, ours) == {"phone": Change("1", "")}
    assert changed(LI, Policy(), link, typed) == {}


def test_a_required_field_is_never_cleared() -> None:
    """A required field is never cleared, whatever `policy.clear` says (DESIGN 6, empty values)."""
    nameless = User("li", "", "", "", "", "", "")
    assert changed(nameless, Policy(clear=frozenset({"name"})), linked(), LI) == {}


def test_a_user_without_any_department_said_keeps_theirs() -> None:
    """A user for whom no department is said keeps theirs."""
    assert changed(User("li", "Li", department=None), Policy(), linked(), User("li", "Li", department="D")) == {}
