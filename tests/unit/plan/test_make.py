"""The plan follows from what the directory wants and what the platform has."""

from collections.abc import Mapping

import msgspec

from syncd.model.desired import Desired, Skip
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.draft import value_of
from syncd.plan.effects import link_after
from syncd.plan.json_form import from_json, to_json
from syncd.plan.make import Context, make_plan
from syncd.plan.rules import History, Limit, Limits, Policy, Undone
from syncd.plan.situation import survey
from syncd.plan.values import Action, Change, ConflictKind, Operation, Plan, Reason
from tests.kit.planning import department, desired, plain, user

AT_ONCE = Policy(remove_after=0)
NOTHING_DONE = History()
OPEN = Limits(hold_configuration=False)


def held_by(key: str, fields: User) -> tuple[PlatformUser, Link]:
    """Return a user whom we made on the platform for this key."""
    link = Link(Kind.USER, "ldap", key, "P" + key, said=fields, written=fields, locator=f"uid={key}")
    return PlatformUser("P" + key, fields), link


def placed(key: str, name: str, parent: str = "") -> tuple[PlatformDepartment, Link]:
    """Return a department that we made on the platform for this key."""
    fields = Department(name, parent)
    return PlatformDepartment("P" + key, fields), Link(
        Kind.DEPARTMENT, "ldap", key, "P" + key, said=fields, written=fields
    )


def plan_of(
    wanted: Desired,
    *there: tuple[PlatformUser, Link] | tuple[PlatformDepartment, Link],
    strangers: tuple[PlatformUser, ...] = (),
    policy: Policy = AT_ONCE,
    limits: Limits = OPEN,
    history: History = NOTHING_DONE,
    configuration: str = "",
) -> Plan:
    """Plan from what is wanted and what is there."""
    people = tuple(one for one, _ in there if isinstance(one, PlatformUser))
    departments = tuple(one for one, _ in there if isinstance(one, PlatformDepartment))
    mirror = Mirror(people + strangers, departments)
    situation = survey(wanted, mirror, tuple(link for _, link in there), policy, now=1000.0)
    return make_plan(situation, limits, history, Context(config_fingerprint=configuration), plain)


def carried_out(plan: Plan, accounts: Mapping[str, str]) -> dict[str, str]:
    """Carry out the accounts of a plan in its order of dependencies, refusing one that is taken."""
    state, done, todo = dict(accounts), set[str](), list(plan.operations)
    while todo:
        ready = [one for one in todo if set(one.depends_on) <= done]
        assert ready, "the operations wait for each other"
        for one in ready:
            _carry_out(one, state)
            done.add(one.id)
        todo = [one for one in todo if one.id not in done]
    return state


def _carry_out(one: Operation, state: dict[str, str]) -> None:
    if one.action is Action.REMOVE:
        del state[one.platform_id]
    elif "account" in one.changes:
        value = one.changes["account"].after or ""
        assert value not in state.values(), f"{value} is taken"
        state[one.platform_id] = value


def test_the_same_directory_and_platform_give_an_empty_plan() -> None:
    """A second run right after a complete one plans nothing (I1)."""
    fields = User("li", "Li", "", "", department="")
    assert plan_of(desired(user("li")), held_by("li", fields)).operations == ()


def test_a_new_person_is_created_below_the_department_that_is_created_first() -> None:
    """The creation of a new person waits for the creation of their department."""
    plan = plan_of(desired(user("li", department="d"), departments=(department("d", "销售部"),)))
    made, joined = plan.operations
    assert (made.kind, made.action, made.changes["name"].after) == (Kind.DEPARTMENT, Action.CREATE, "销售部")
    assert joined.depends_on == (made.id,)
    assert joined.changes["department"].after == made.platform_id


def test_two_people_who_swap_accounts_pass_over_a_temporary_one() -> None:
    """A swap of accounts passes over one temporary account and never gives one account to two users (I5)."""
    one, two = held_by("a", User("x", "A", "", "", department="")), held_by("b", User("y", "B", "", "", department=""))
    plan = plan_of(desired(user("a", "y"), user("b", "x")), one, two)
    assert [op.reason for op in plan.operations].count(Reason.TEMPORARY) == 1
    assert carried_out(plan, {"Pa": "x", "Pb": "y"}) == {"Pa": "y", "Pb": "x"}


def test_a_ring_of_a_thousand_accounts_turns_by_one() -> None:
    """A ring of a thousand accounts needs one temporary value and no deep recursion."""
    size = 1000
    there = [held_by(f"k{i}", User(f"a{i}", f"K{i}", "", "", department="")) for i in range(size)]
    plan = plan_of(desired(*(user(f"k{i}", f"a{(i + 1) % size}") for i in range(size))), *there)
    assert len(plan.operations) == size + 1
    after = carried_out(plan, {f"Pk{i}": f"a{i}" for i in range(size)})
    assert after == {f"Pk{i}": f"a{(i + 1) % size}" for i in range(size)}


def test_two_people_with_one_new_account_are_both_in_conflict() -> None:
    """Two new people who claim one account are both named in a conflict, and neither is made."""
    plan = plan_of(desired(user("a", "same"), user("b", "SAME")))
    assert plan.operations == ()
    assert plan.conflicts[0].kind is ConflictKind.DUPLICATE_VALUE
    assert "uid=a and uid=b" in plan.conflicts[0].message


def test_a_duplicate_phone_is_left_out_and_the_people_are_made() -> None:
    """A phone that two new people claim is left out, and both are made without it (I11)."""
    plan = plan_of(desired(user("a", phone="1"), user("b", phone="1")))
    assert [sorted(op.changes) for op in plan.operations] == [["account", "name"], ["account", "name"]]


def test_who_waited_for_a_value_that_its_holder_keeps_loses_it_too() -> None:
    """Where a stranger keeps a phone, everybody who waits in line for it keeps their own."""
    stranger = PlatformUser("S", User("s", "S", "3"))
    there = [held_by("a", User("a", "A", "1", "", department="")), held_by("b", User("b", "B", "2", "", department=""))]
    plan = plan_of(desired(user("a", phone="2"), user("b", phone="3")), *there, strangers=(stranger,))
    assert plan.operations == ()
    assert {one.kind for one in plan.conflicts} == {ConflictKind.HELD_BY_UNLINKED, ConflictKind.DUPLICATE_VALUE}


def test_who_waited_for_the_phone_of_somebody_without_an_account_loses_it_too() -> None:
    """While somebody cannot have their new account they keep their phone, and it is planned for nobody else."""
    stranger = PlatformUser("S", User("taken", "S"))
    there = [held_by("a", User("a", "A", "1", "", department="")), held_by("b", User("b", "B", "2", "", department=""))]
    plan = plan_of(desired(user("a", phone="2"), user("b", "taken", phone="3")), *there, strangers=(stranger,))
    assert plan.operations == ()
    assert {(one.kind, one.field) for one in plan.conflicts} == {
        (ConflictKind.HELD_BY_UNLINKED, "account"),
        (ConflictKind.DUPLICATE_VALUE, "phone"),
    }


def test_an_inverted_chain_of_departments_is_moved_from_the_top() -> None:
    """An inverted chain of departments is moved from its new top down, each below a place that already stands."""
    there = [placed("a", "A"), placed("b", "B", "Pa"), placed("c", "C", "Pb")]
    wanted = (department("c", "C"), department("b", "B", "c"), department("a", "A", "b"))
    plan = plan_of(desired(departments=wanted), *there)
    assert [op.key for op in plan.operations] == ["c", "b", "a"]
    assert [len(op.depends_on) for op in plan.operations] == [0, 1, 1]


def test_a_leaver_gives_up_the_phone_for_a_joiner_before_the_removal() -> None:
    """A leaver gives up a claimed phone first, and creation and removal wait for that alone (DESIGN 6, leavers)."""
    plan = plan_of(desired(user("new", phone="1")), held_by("old", User("old", "Old", "1")))
    way = next(op for op in plan.operations if op.reason is Reason.GIVES_WAY)
    waiting = {op.action: op.depends_on for op in plan.operations if op is not way}
    assert waiting == {Action.CREATE: (way.id,), Action.REMOVE: (way.id,)}


def test_a_kept_leaver_gives_way_with_the_phone_alone() -> None:
    """A leaver who is kept loses only the value that a new owner claims."""
    plan = plan_of(desired(user("new", phone="1")), held_by("old", User("old", "Old", "1")), policy=Policy())
    way = next(op for op in plan.operations if op.reason is Reason.GIVES_WAY)
    assert {field: change.after for field, change in way.changes.items()} == {"phone": ""}


def test_an_account_claimed_from_a_leaver_is_replaced_and_waits_for_a_person() -> None:
    """An account claimed from a leaver holds removal and creation as replaced (DESIGN 6, values and holders)."""
    plan = plan_of(desired(user("new", "boss")), held_by("old", User("boss", "Old")))
    assert [(one.action, one.key, one.reason, one.held_by) for one in plan.operations] == [
        (Action.REMOVE, "old", Reason.REPLACED, ("replaced",)),
        (Action.CREATE, "new", Reason.NEW, ("replaced",)),
    ]
    assert [(one.kind, one.keys) for one in plan.conflicts] == [(ConflictKind.REPLACED, ("new", "old"))]


def test_a_leaver_in_grace_who_is_replaced_keeps_all_but_the_account() -> None:
    """A leaver in grace who is replaced loses only the account, and the link still knows what was said."""
    old, new = held_by("old", User("boss", "Old", "1", "", department="")), user("new", "boss")
    plan = plan_of(desired(new), old, policy=Policy(remove_after=86400.0))
    way = plan.operations[0]
    assert (way.action, way.reason, way.changes) == (
        Action.UPDATE,
        Reason.REPLACED,
        {"account": Change("boss", "~Pold")},
    )
    assert plan.operations[1].depends_on == (way.id,)
    after = link_after(way, old[1], "Pold", 0.0)
    assert after is not None
    assert value_of(after.said, "account") == "boss"


def test_many_replaced_people_hold_the_plan_for_keys_have_changed() -> None:
    """More people replaced than `limits.replaced` hold the whole plan, and approved ones do not count."""
    people = [held_by(f"o{number}", User(f"a{number}", "Old")) for number in range(3)]
    wanted = desired(*(user(f"n{number}", f"a{number}") for number in range(3)), user("other"))
    limits = Limits({Kind.USER: {"replaced": Limit(count=2)}}, hold_configuration=False)
    plan = plan_of(wanted, *people, limits=limits)
    assert [(one.name, one.holds, one.actual, one.limit) for one in plan.guards] == [("replaced", "all", 3, 2)]
    assert {one.held_by for one in plan.operations} == {("replaced",)}
    approved = History(approved=frozenset(one.id for one in plan.operations))
    assert plan_of(wanted, *people, limits=limits, history=approved).guards == ()


def test_a_department_that_still_holds_a_stranger_stays_and_is_named() -> None:
    """A department that still holds a stranger stays, and the stranger is named."""
    stranger = PlatformUser("S", User("s", "Stranger", department="Pd"))
    plan = plan_of(desired(), placed("d", "Old"), strangers=(stranger,))
    assert plan.operations == ()
    assert [(one.reason, "Stranger" in one.message) for one in plan.skipped] == [("not_empty", True)]


def test_a_chain_of_departments_is_removed_from_the_leaf() -> None:
    """The removal of a department waits for the removal of the departments below it."""
    plan = plan_of(desired(), placed("a", "A"), placed("b", "B", "Pa"))
    assert {op.key: len(op.depends_on) for op in plan.operations} == {"a": 1, "b": 0}


def test_the_administrator_is_never_touched() -> None:
    """Nothing is planned for the user of id 1, whatever a link says (I3)."""
    fields = User("admin", "Admin")
    there = (PlatformUser("1", fields), Link(Kind.USER, "ldap", "gone", "1", said=fields, written=fields))
    assert plan_of(desired(), there).operations == ()


def test_an_empty_value_clears_only_what_we_wrote() -> None:
    """An empty value of the directory clears a phone that we wrote, and one that was typed by hand stays."""
    mine, typed = (
        held_by("a", User("a", "A", "1", "", department="")),
        PlatformUser("Pb", User("b", "B", "9", "", department="")),
    )
    link = Link(Kind.USER, "ldap", "b", "Pb", written=User("b", "B"), said=User("b", "B", ""))
    plan = plan_of(desired(user("a"), user("b")), mine, (typed, link))
    assert [(op.key, op.changes["phone"].after) for op in plan.operations] == [("a", "")]


def test_too_many_removals_hold_the_whole_plan_until_they_are_approved() -> None:
    """Too many removals hold every operation of the plan until the operations are approved."""
    there = [held_by(key, User(key, key)) for key in "abc"]
    limits = Limits({Kind.USER: {"remove": Limit(count=2)}}, hold_configuration=False)
    plan = plan_of(desired(), *there, limits=limits)
    assert [(one.name, one.actual, one.limit, one.base) for one in plan.guards] == [("limits", 3, 2, 3)]
    assert {op.held_by for op in plan.operations} == {("limits",)}
    approved = History(approved=frozenset(op.id for op in plan.operations))
    assert plan_of(desired(), *there, limits=limits, history=approved).guards == ()


def test_the_first_plan_of_a_store_is_held() -> None:
    """The first plan of a store is held, and no longer once its configuration was applied."""
    plan = plan_of(desired(user("a")), limits=Limits(), configuration="c")
    assert [(one.name, one.holds) for one in plan.guards] == [("configuration", "all")]
    applied = History(applied_configuration="c")
    assert plan_of(desired(user("a")), limits=Limits(), history=applied, configuration="c").guards == ()


def test_a_plan_survives_its_file() -> None:
    """A plan that is read from its file is what was written, and the same input gives the same bytes."""
    plan = plan_of(desired(user("a", department="d"), departments=(department("d", "D"),)))
    assert from_json(to_json(plan)) == plan
    assert to_json(plan) == to_json(plan_of(desired(user("a", department="d"), departments=(department("d", "D"),))))


def test_only_what_hangs_below_our_root_is_named_as_unmanaged() -> None:
    """Only what hangs below our root department is named as unmanaged (DESIGN 1, link)."""
    mirror = Mirror(
        (
            PlatformUser("U1", User("in", "In", department="EAST")),
            PlatformUser("U2", User("out", "Out", department="")),
            PlatformUser("U3", User("lost", "Lost", department="NOWHERE")),
        ),
        (
            PlatformDepartment("ROOT", Department("Ours")),
            PlatformDepartment("EAST", Department("East", "ROOT")),
            PlatformDepartment("OTHER", Department("Other")),
        ),
    )

    def unmanaged(root: str) -> set[str]:
        found = survey(Desired(), mirror, (), Policy(root_department=root), now=0.0)
        plan = make_plan(found, Limits(), History(), Context(), plain)
        return {one.platform_id for one in plan.unmanaged}

    assert unmanaged("ROOT") == {"EAST", "U1"}
    assert unmanaged("") == {"ROOT", "EAST", "OTHER", "U1", "U2", "U3"}


def undone(key: str, action: Action, **after: str) -> History:
    """Return a history in which a person undid what a run did to somebody."""
    return History(undone=(Undone("R", Kind.USER, "ldap", key, (str(action),), after),))


def test_a_value_is_lent_to_nobody_whose_change_is_held() -> None:
    """Where one of two people who swap phones is held, all operations of the swap are held."""
    history = undone("a", Action.UPDATE, phone="2")
    there = (held_by("a", User("a", "A", "1", "", "", "", "")), held_by("b", User("b", "B", "2", "", "", "", "")))
    plan = plan_of(desired(user("a", name="A", phone="2"), user("b", name="B", phone="1")), *there, history=history)
    assert len(plan.operations) == 3
    assert {one.held_by for one in plan.operations} == {("reverted",)}


def test_a_leaver_keeps_the_phone_while_whoever_takes_it_is_held() -> None:
    """A kept leaver keeps the phone while its new owner is held, and a removed one gives it up."""
    wanted, leaver = desired(user("new", phone="1")), held_by("old", User("old", "Old", "1"))
    history = undone("new", Action.CREATE)
    kept = plan_of(wanted, leaver, policy=Policy(), history=history)
    assert {(one.reason, one.held_by) for one in kept.operations} == {
        (Reason.GIVES_WAY, ("reverted",)),
        (Reason.NEW, ("reverted",)),
        (Reason.LEFT, ()),
    }
    gone = plan_of(wanted, leaver, history=history)
    assert {one.reason for one in gone.operations if not one.held_by} == {Reason.GIVES_WAY, Reason.LEFT}


def test_a_ring_of_departments_is_one_conflict_that_names_them_all() -> None:
    """A ring of departments is one conflict that names each by its place in the directory (DESIGN 4, conflicts)."""
    skips = tuple(Skip(Kind.DEPARTMENT, key, f"ou={key}", "cycle", "", "parent") for key in "ab")
    ring = msgspec.structs.replace(desired(), skipped=skips, rings=(("a", "b"),))
    (found,) = plan_of(ring).conflicts
    assert (found.kind, found.keys, found.field) == (ConflictKind.CYCLE, ("a", "b"), "parent")
    assert found.message.startswith("ou=a and ou=b: ")


def test_a_linked_user_of_an_unknown_department_stays_and_is_named() -> None:
    """A linked user of an unknown department is not moved and is named (DESIGN 6, departments)."""
    there, link = held_by("li", User("li", "Li", "", "", "", "", "D"))
    found = plan_of(desired(user("li", department="nosuch")), (there, link))
    assert found.operations == ()
    assert [(one.key, one.reason, one.field) for one in found.skipped] == [("li", "unknown_department", "department")]
