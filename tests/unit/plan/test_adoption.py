"""Users whom people typed are taken over where the match is clear, asked about where it is not, and else left."""

import msgspec
import pytest

from syncd.mapping.normal_forms import comparable
from syncd.model.desired import DesiredDepartment, DesiredUser
from syncd.model.links import Link, Ownership
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.adoption import protecting
from syncd.plan.effects import link_after
from syncd.plan.make import Context, make_plan
from syncd.plan.rules import History, Limit, Limits, Policy
from syncd.plan.situation import Situation, survey
from syncd.plan.values import Action, ConflictKind, Plan, Reason
from tests.kit.planning import department, desired, plain, user

OPEN = Limits(hold_configuration=False)
ALL = Policy(adopt_users=("account", "email", "phone"))
AUTO = msgspec.structs.replace(ALL, review_adoptions=False)


def typed(user_id: str, account: str, phone: str = "", email: str = "", home: str = "", **more: bool) -> PlatformUser:
    """Return a user whom somebody typed."""
    return PlatformUser(user_id, User(account, "Typed", phone, email, "", "", home), **more)


def there(platform_id: str, name: str, parent: str = "") -> PlatformDepartment:
    """Return a department that somebody typed."""
    return PlatformDepartment(platform_id, Department(name, parent))


def situation(
    people: list[DesiredUser], users: list[PlatformUser], policy: Policy = ALL, links: tuple[Link, ...] = ()
) -> Situation:
    """Return a directory with these people beside a platform with these users."""
    return survey(desired(*people), Mirror(tuple(users)), links, policy, 0.0)


def plan(found: Situation, history: History | None = None) -> Plan:
    """Return the plan."""
    return make_plan(found, OPEN, history or History(), Context(), plain)


def tree(units: list[DesiredDepartment], departments: list[PlatformDepartment], *people: DesiredUser) -> Plan:
    """Return the plan for these departments beside those of the platform."""
    wanted = desired(*people, departments=tuple(units))
    return plan(survey(wanted, Mirror((), tuple(departments)), (), AUTO, 0.0))


def told(made: Plan) -> list[tuple[str, str, str]]:
    """Return action, key and platform id of every operation."""
    return [(str(one.action), one.key, one.platform_id) for one in made.operations]


def test_who_matches_is_taken_over_and_then_brought_up_to_date() -> None:
    """A match is linked first and then updated with what the directory has, and what it lacks stays as typed."""
    made = plan(situation([user("k", "ANNA", phone="1")], [typed("T", "anna", phone="9", email="a@x")], AUTO))
    link, update = made.operations
    assert (link.action, link.platform_id, link.reason, link.changes) == (Action.ADOPT, "T", Reason.ADOPTED, {})
    assert (update.action, update.reason, update.depends_on) == (Action.UPDATE, Reason.ADOPTED, (link.id,))
    assert {field: change.after for field, change in update.changes.items()} == {
        "account": "ANNA",
        "name": "K",
        "phone": "1",
    }
    assert made.unmanaged == ()


def test_fields_under_report_stay_as_they_were_typed() -> None:
    """A field whose drift is only reported stays as typed when its user is adopted (DESIGN 6, adoption)."""
    policy = msgspec.structs.replace(AUTO, report_drift=frozenset({"phone"}))
    found = situation([user("k", "anna", phone="1")], [typed("T", "anna", phone="9")], policy)
    assert [sorted(one.changes) for one in plan(found).operations] == [[], ["name"]]


def test_in_review_each_adoption_waits_and_with_it_what_follows() -> None:
    """In review an adoption and what follows it are held, the rest goes on, and an approval lets just these pass."""
    found = situation([user("k", "anna"), user("n", "new")], [typed("T", "anna")])
    made = plan(found)
    assert [(one.key, one.held_by) for one in made.operations] == [
        ("k", ("adoption",)),
        ("n", ()),
        ("k", ("adoption",)),
    ]
    approved = History(approved=frozenset(one.id for one in made.operations))
    assert [one.held_by for one in plan(found, approved).operations] == [(), (), ()]


def test_an_approval_of_one_entrys_adoption_is_none_for_another_entry() -> None:
    """The adoptions of one user by two entries have two ids, so that an approval is for one of them alone."""
    first = plan(situation([user("k", "anna")], [typed("T", "anna")])).operations[0]
    second = plan(situation([user("other", "anna")], [typed("T", "anna")])).operations[0]
    assert (first.platform_id, first.action) == (second.platform_id, second.action)
    assert first.id != second.id


@pytest.mark.parametrize(
    ("people", "users"),
    [
        ([user("k", "anna", email="b@x")], [typed("T", "anna"), typed("S", "bert", email="b@x")]),
        ([user("k", "anna"), user("l", "x", email="a@x")], [typed("T", "anna", email="a@x")]),
        ([user("k", "Anna"), user("l", "ANNA")], [typed("T", "anna")]),
        ([user("k", "anna", phone="1")], [typed("T", "anna"), typed("1", "admin", phone="1")]),
    ],
    ids=["two candidates", "two entries by two fields", "two entries by one field", "a protected one besides"],
)
def test_what_is_not_one_to_one_is_asked_and_nobody_made_beside(
    people: list[DesiredUser], users: list[PlatformUser]
) -> None:
    """A match that is not one to one is asked with the way out for each entry, and nobody is made."""
    made = plan(protecting(situation(people, users), plain))
    assert made.operations == ()
    unclear = [one for one in made.conflicts if one.kind is ConflictKind.AMBIGUOUS_ADOPTION]
    assert sorted(one.keys for one in unclear) == sorted((one.key,) for one in people)
    assert all("id T" in one.message and "syncd link" in one.message for one in unclear)


def test_matching_fields_that_agree_are_one_match() -> None:
    """Several fields that match the same user are one match."""
    made = plan(situation([user("k", "anna", phone="1", email="a@x")], [typed("T", "anna", "1", "a@x")], AUTO))
    assert told(made) == [("adopt", "k", "T"), ("update", "k", "T")]


def test_nobody_is_adopted_by_what_is_not_named() -> None:
    """Nobody is adopted by a field that `adopt.user` does not name, and the held value is a conflict."""
    made = plan(situation([user("k", "anna")], [typed("T", "anna")], Policy(adopt_users=())))
    assert made.operations == ()
    assert [one.kind for one in made.conflicts] == [ConflictKind.HELD_BY_UNLINKED]


def test_who_stands_elsewhere_is_none_of_ours() -> None:
    """A user who does not stand below our root department is not adopted (DESIGN 6, adoption)."""
    policy = msgspec.structs.replace(AUTO, root_department="ROOT")
    made = plan(situation([user("k", "anna")], [typed("T", "anna", home="OTHER")], policy))
    assert [one.kind for one in made.conflicts] == [ConflictKind.HELD_BY_UNLINKED]
    assert made.operations == ()


def test_a_leavers_user_is_not_free_to_be_adopted() -> None:
    """A leaver's user is not adopted by the person who takes the account, who counts as replaced."""
    link = Link(Kind.USER, "ldap", "old", "T", said=User("anna", "A"), written=User("anna", "A"))
    made = plan(situation([user("k", "anna")], [typed("T", "anna")], AUTO, (link,)))
    assert [one.kind for one in made.conflicts] == [ConflictKind.REPLACED]


@pytest.mark.parametrize(
    "there", [typed("1", "anna"), typed("T", "anna", is_admin=True)], ids=["id 1", "administrator"]
)
def test_an_entry_that_matches_a_protected_user_is_linked_as_protected(there: PlatformUser) -> None:
    """An entry that matches a protected user is linked as protected, and nothing is planned for it (I3)."""
    found = protecting(situation([user("k", "ANNA", phone="1")], [there]), plain)
    assert [(one.platform_id, one.ownership) for one in found.user_links.values()] == [(there.id, Ownership.PROTECTED)]
    made = plan(found)
    assert (made.operations, made.conflicts) == ((), ())


def test_departments_are_adopted_by_their_path() -> None:
    """Departments are adopted by their path from the root down, and one of the same name elsewhere is not."""
    made = tree(
        [department("s", "销售部"), department("e", "East", "s"), department("w", "West", "s")],
        [there("S", "销售部"), there("E", "EAST", "S"), there("W", "West")],
    )
    assert told(made) == [
        ("adopt", "s", "S"),
        ("adopt", "e", "E"),
        ("create", "w", made.operations[2].platform_id),
        ("update", "e", "E"),
    ]
    adopted = {one.key: one.id for one in made.operations if one.action is Action.ADOPT}
    assert [one.depends_on for one in made.operations[1:3]] == [(adopted["s"],)] * 2
    assert [one.name for one in made.unmanaged] == ["West"]


def test_departments_that_cannot_be_told_apart_are_asked_with_all_below_them() -> None:
    """A department that matches two is asked, and neither it, what is below it, nor anybody in it is made."""
    made = tree(
        [department("s", "Sales"), department("e", "East", "s")],
        [there("S1", "Sales"), there("S2", "sales")],
        user("p", "anna", department="e"),
        user("q", "bert"),
    )
    assert told(made) == [("create", "q", made.operations[0].platform_id)]
    assert [(one.kind, one.keys) for one in made.conflicts] == [(ConflictKind.AMBIGUOUS_ADOPTION, ("s",))]
    assert [(one.key, one.reason) for one in made.skipped] == [("e", "ambiguous_adoption"), ("p", "unknown_department")]


def test_two_wanted_departments_of_one_path_are_asked_too() -> None:
    """Two wanted departments of one path are both asked where one such department is there."""
    made = tree([department("a", "Sales"), department("b", "Sales")], [there("S", "Sales")])
    assert made.operations == ()
    assert [one.keys for one in made.conflicts] == [("a",), ("b",)]


def test_an_adopted_object_is_ours_like_a_made_one() -> None:
    """The link of an adopted object says so, and knows nothing yet of what was said and written."""
    (adoption,) = plan(situation([user("T", "anna")], [typed("T", "anna")], AUTO)).operations[:1]
    link = link_after(adoption, None, "T", 0.0)
    assert link is not None
    assert (link.ownership, link.said, link.written) == (Ownership.ADOPTED, None, None)


def test_limits_count_what_is_adopted_as_linked() -> None:
    """The limits count what the plan adopts among the linked objects (DESIGN 6, guards)."""
    people = [user(f"k{number}", f"a{number}") for number in range(30)]
    found = situation(people, [typed(f"T{number}", f"a{number}") for number in range(30)], AUTO)
    limits = Limits({Kind.USER: {"update": Limit(percent=50, at_least=20)}}, hold_configuration=False)
    (guard,) = make_plan(found, limits, History(), Context(), plain).guards
    assert (guard.actual, guard.base) == (30, 30)


def test_entries_that_claim_one_value_are_named_by_their_places_though_nobody_knows_yet_who_they_are() -> None:
    """A conflict names the entries that claim one value by their places, though neither has a user yet."""
    found = plan(situation([user("a", "anna", phone="1"), user("b", "bert", phone="1")], [typed("U", "x", "1")]))
    claimed = [one.message for one in found.conflicts if one.kind is ConflictKind.DUPLICATE_VALUE]
    assert [message.startswith("uid=a and uid=b: ") for message in claimed] == [True]


BOTH = {"phone": "13800000001", "email": "lan@x.org"}
DOMAIN = Policy(root_department="ROOT")


def holder(user_id: str, account: str, home: str = "", **more: bool) -> PlatformUser:
    """Return a user whom somebody typed with that phone and mail."""
    return typed(user_id, account, BOTH["phone"], BOTH["email"], home, **more)


@pytest.mark.parametrize(
    ("there", "policy"),
    [
        (holder("T", "zhou.lan"), Policy()),
        (typed("T", "zhou.lan", phone="+86 138-0000-0001", email="ＬＡＮ@X.org"), Policy()),
        (typed("T", "ZhouLan", phone="13800000001"), Policy(adopt_users=("email",))),
        (typed("T", "ZhouLan", email="lan@x.org"), Policy(adopt_users=("phone",))),
        (holder("T", "zhou.lan"), Policy(adopt_users=())),
        (holder("T", "zhou.lan"), msgspec.structs.replace(AUTO, adopt_users=("account",))),
        (holder("T", "zhou.lan", home="OTHER"), DOMAIN),
        (holder("T", "zhou.lan", is_admin=True), Policy()),
        (holder("1", "zhou.lan"), Policy()),
    ],
    ids=[
        "phone and mail",
        "in other forms",
        "account and phone",
        "account and mail",
        "never adopted",
        "adopted unasked",
        "elsewhere",
        "an administrator",
        "id 1",
    ],
)
def test_nobody_is_made_beside_who_holds_two_of_an_entrys_values(there: PlatformUser, policy: Policy) -> None:
    """Nobody is made beside an unlinked user who holds two of the entry's values and matches by no named field."""
    people = [user("k", "zhoulan", **BOTH), user("n", "new")]
    found = protecting(situation(people, [there], policy), comparable)
    made = make_plan(found, OPEN, History(), Context(), comparable)
    assert [(one.action, one.key) for one in made.operations] == [(Action.CREATE, "n")]
    assert [(one.kind, one.keys) for one in made.conflicts] == [(ConflictKind.AMBIGUOUS_ADOPTION, ("k",))]
    assert f"id {there.id}" in made.conflicts[0].message
    assert f"syncd link k {there.id}" in made.conflicts[0].message


def test_who_matches_is_asked_too_where_another_holds_two_of_the_values() -> None:
    """An entry that matches one user by its account and whose phone and mail another user holds is asked."""
    found = situation(
        [user("k", "zhoulan", **BOTH)],
        [typed("T", "zhoulan"), holder("S", "zhou.lan")],
        msgspec.structs.replace(AUTO, adopt_users=("account",)),
    )
    made = plan(found)
    assert made.operations == ()
    assert [one.kind for one in made.conflicts] == [ConflictKind.AMBIGUOUS_ADOPTION]
    assert "id T" in made.conflicts[0].message
    assert "id S" in made.conflicts[0].message


def test_a_user_who_matches_one_entry_and_holds_the_values_of_another_is_neithers_yet() -> None:
    """Both entries are asked where a user has the account of one and the phone and mail of the other."""
    found = situation(
        [user("a", "anna"), user("k", "zhoulan", **BOTH)],
        [holder("T", "anna")],
        msgspec.structs.replace(AUTO, adopt_users=("account",)),
    )
    made = plan(found)
    assert made.operations == ()
    assert [one.keys for one in made.conflicts if one.kind is ConflictKind.AMBIGUOUS_ADOPTION] == [("a",), ("k",)]


def test_a_phone_and_a_mail_that_two_entries_share_keep_nobody_from_the_user_of_the_own_account() -> None:
    """Somebody is adopted by account though another entry shares phone and mail with them, and that one is made."""
    found = situation(
        [user("a", "anna", **BOTH), user("b", "bert", **BOTH)],
        [holder("T", "anna")],
        msgspec.structs.replace(AUTO, adopt_users=("account",)),
    )
    made = plan(found)
    assert {(str(one.action), one.key) for one in made.operations} >= {("adopt", "a"), ("create", "b")}
    assert {one.kind for one in made.conflicts} == {ConflictKind.DUPLICATE_VALUE}


@pytest.mark.parametrize(
    "users",
    [
        [typed("T", "zhou.lan", phone="13800000001")],
        [typed("T", "zhou.lan", phone="13800000001"), typed("S", "lan", email="lan@x.org")],
        [typed("T", "zhou.lan")],
    ],
    ids=["one value", "one value each", "none"],
)
def test_one_value_alone_is_a_conflict_about_that_value(users: list[PlatformUser]) -> None:
    """A user is made without a value that an unlinked user holds, where no such user holds two of the values."""
    made = plan(situation([user("k", "zhoulan", **BOTH)], users, Policy()))
    assert [(str(one.action), one.key) for one in made.operations] == [("create", "k")]
    assert {one.kind for one in made.conflicts} <= {ConflictKind.HELD_BY_UNLINKED}


def test_a_linked_user_who_holds_two_values_is_no_reason_to_ask() -> None:
    """A leaver's phone and mail give way to a new owner, who is made at once (DESIGN 6, leavers)."""
    link = Link(Kind.USER, "ldap", "old", "T", said=User("z", "A"), written=User("z", "A"))
    made = plan(situation([user("k", "zhoulan", **BOTH)], [holder("T", "zhou.lan")], Policy(), (link,)))
    assert ("create", "k") in {(str(one.action), one.key) for one in made.operations}
    assert made.conflicts == ()
