"""Entries become users and departments by the rules of the mapping."""

from collections.abc import Mapping

import pytest

from syncd.mapping.desire import LONGEST, Moment, desire
from syncd.mapping.rules import Compiled, DepartmentRules, SourceRules, UserRules
from syncd.model import dn
from syncd.model.desired import Desired, DesiredUser, Presence
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable

BASE = "dc=example,dc=com"
Values = Mapping[str, str | bytes | tuple[str | bytes, ...]]


def entry(key: str, place: str, values: Values) -> Entry:
    """Make an entry at a place below the base; an empty value is no value."""
    attributes = {
        name.lower(): value if isinstance(value, tuple) else (value,) for name, value in values.items() if value != ""
    }
    return Entry(key, f"{place},{BASE}", attributes, dn.parse(f"{place},{BASE}"))


def person(key: str = "p1", place: str = "uid=anna,ou=sales", **values: str | bytes | tuple[str | bytes, ...]) -> Entry:
    """Make a person who can be mapped."""
    return entry(key, place, {"uid": "anna", "cn": "Anna", **values})


def department(key: str, place: str, **values: str | bytes | tuple[str | bytes, ...]) -> Entry:
    """Make a department named by its place."""
    return entry(key, place, {"ou": place.split(",", maxsplit=1)[0].partition("=")[2], **values})


SALES = department("d1", "ou=sales")


def mapped(
    users: tuple[Entry, ...] = (),
    departments: tuple[Entry, ...] = (SALES,),
    user: UserRules | None = None,
    unit: DepartmentRules | None = None,
    unreadable: tuple[Unreadable, ...] = (),
) -> Desired:
    """Map what one source read."""
    whole = Certificate(Grade.WHOLE)
    snapshot = Snapshot("ldap", whole, users, departments, unreadable, key_attribute="entryUUID")
    rules = Compiled(SourceRules(user or UserRules(), unit or DepartmentRules()))
    return desire([snapshot], {"ldap": rules}, Moment(1_700_000_000.0, "2023-11-14"))


def only(desired: Desired) -> DesiredUser:
    """Return the only user."""
    assert len(desired.users) == 1
    return desired.users[0]


def test_a_person_becomes_a_user_with_every_mapped_field() -> None:
    """Attributes become fields in their normal forms; a field that is not mapped is not ours."""
    one = person(
        mobile="+86 138-0013-8000", mail="Anna@Example.COM", title="  Sales\tLead ", displayName="安娜\u0000·王"
    )
    fields = only(mapped((one,))).fields
    assert (fields.account, fields.name, fields.phone) == ("anna", "安娜 ·王", "13800138000")
    assert (fields.email, fields.position, fields.memo) == ("Anna@example.com", "Sales Lead", None)
    assert fields.department == "d1"


def test_an_absent_optional_value_is_empty_and_not_unknown() -> None:
    """An optional field for which the entry has no value is wanted empty and is not unknown."""
    assert only(mapped((person(),))).fields.phone == ""


def test_the_first_fall_back_with_a_value_counts() -> None:
    """The first attribute of a list of fall-backs that has a value counts."""
    assert only(mapped((person(displayName="  "),))).fields.name == "Anna"


def test_a_template_that_gives_only_white_space_leaves_the_word_to_its_fall_back() -> None:
    """A template whose attributes are all absent, and that puts a blank between them, gives no value."""
    rules = UserRules(name=("{{ sn }} {{ givenName }}", "cn"))
    assert only(mapped((person(),), user=rules)).fields.name == "Anna"


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"uid": ""}, "account", "no_value"),
        ({"uid": " \t"}, "account", "no_value"),
        ({"uid": ("anne", "annette")}, "account", "several_values"),
        ({"cn": ("A", "B", "C")}, "name", "several_values"),
        ({"cn": b"\xff\xfe"}, "name", "not_text"),
        ({"cn": "n" * 10_000}, "name", "too_long"),
    ],
)
def test_a_required_field_without_one_usable_value_skips_the_person(values: Values, field: str, reason: str) -> None:
    """A person without one usable required value is skipped with DN, field and reason, and present (I11, I12)."""
    desired = mapped((entry("p1", "uid=anna,ou=sales", {"uid": "anna", "cn": "Anna", **values}),))
    assert not desired.users
    assert [(skip.key, skip.field, skip.reason) for skip in desired.skipped] == [("p1", field, reason)]
    assert f"uid=anna,ou=sales,{BASE}" in desired.skipped[0].message
    assert desired.present_users == {("ldap", "p1")}


def test_of_several_values_the_one_in_the_rdn_counts() -> None:
    """Of several values of an attribute the one that the entry is named by is taken, for people and departments."""
    anna = person(place="cn=Barbara\\20Jensen+uid=ANNA,ou=sales", uid=("anne", "anna"), cn=("Babs", "Barbara  Jensen"))
    unit = department("d1", "ou=Sales", ou=("Marketing", "Sales"))
    desired = mapped((anna,), (unit,))
    fields = only(desired).fields
    assert (fields.account, fields.name) == ("anna", "Barbara Jensen")
    assert [one.fields.name for one in desired.departments] == ["Sales"]
    assert desired.skipped == ()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"mobile": ("138", "139")}, "several_values"),
        ({"mobile": b"\xff"}, "not_text"),
        ({"mobile": "1" * 33}, "not_a_phone"),
    ],
)
def test_an_optional_field_that_cannot_be_mapped_stays_as_it_is_and_is_named(values: Values, reason: str) -> None:
    """An optional field that cannot be mapped stays as it is and is named, and the person is wanted."""
    desired = mapped((entry("p1", "uid=anna,ou=sales", {"uid": "anna", "cn": "Anna", **values}),))
    assert only(desired).fields.phone is None
    assert [(skip.field, skip.reason) for skip in desired.skipped] == [("phone", reason)]


def test_a_value_of_the_longest_length_passes() -> None:
    """A value of exactly the longest length is mapped."""
    name = "n" * LONGEST["name"]
    assert only(mapped((person(cn=name),))).fields.name == name


def test_the_department_is_the_nearest_above_through_levels_that_are_none() -> None:
    """A person's department is the nearest above them, through levels that are no departments."""
    desired = mapped((person(place="uid=anna,cn=team,l=here,ou=sales"),))
    assert only(desired).fields.department == "d1"


def test_a_person_below_no_department_hangs_at_the_root() -> None:
    """A person below no department belongs to the root department."""
    assert only(mapped((person(place="uid=anna,l=here"),))).fields.department == ""


def test_departments_form_the_tree_of_their_places() -> None:
    """A department's parent is the nearest department above it."""
    east = department("d2", "ou=east,l=x,ou=sales")
    assert [(one.key, one.fields.name, one.fields.parent) for one in mapped((), (east, SALES)).departments] == [
        ("d2", "east", "d1"),
        ("d1", "sales", ""),
    ]


@pytest.mark.parametrize("value", ["D1", "d1 ", f"OU=Sales , {BASE}"])
def test_an_attribute_may_name_the_department_by_key_or_dn(value: str) -> None:
    """An attribute may name the department by key or DN, whatever the letter case and spaces."""
    desired = mapped((person(departmentNumber=value),), user=UserRules(department="departmentNumber"))
    assert only(desired).fields.department == "d1"


@pytest.mark.parametrize(("value", "department"), [("d9", "d9"), ("x=\\zz", "x=\\zz"), ("", "")])
def test_a_department_that_no_entry_has_stays_named(value: str, department: str) -> None:
    """A named department that no entry has stays named as it is written."""
    desired = mapped((person(departmentNumber=value),), user=UserRules(department="departmentNumber"))
    assert only(desired).fields.department == department


def test_a_department_rule_that_is_empty_leaves_departments_alone() -> None:
    """An empty rule for departments leaves the department of everybody alone."""
    assert only(mapped((person(),), user=UserRules(department=""))).fields.department is None


def test_an_unusable_department_value_leaves_the_department_alone() -> None:
    """Two values for a department leave the person's department alone, and the field is named."""
    desired = mapped((person(dep=("a", "b")),), user=UserRules(department="dep"))
    assert only(desired).fields.department is None
    assert desired.skipped[0].field == "department"


def test_departments_can_be_made_of_paths() -> None:
    """Every level of a path becomes a department whose key is the path, and equal paths are one."""
    rules = UserRules(department="@path:dep", path_separator=">")
    people = (person("p1", dep="销售 > East"), person("p2", dep="销售>East> "), person("p3", dep=""))
    desired = mapped(people, (), rules)
    assert [(one.key, one.fields.name, one.fields.parent) for one in desired.departments] == [
        ("销售", "销售", ""),
        ("销售>East", "East", "销售"),
    ]
    assert [one.fields.department for one in desired.users] == ["销售>East", "销售>East", ""]
    assert desired.present_departments == {("ldap", "销售"), ("ldap", "销售>East")}


def test_a_path_with_a_name_too_long_is_named() -> None:
    """A path with a name that is too long is named, makes no department, and leaves the person's alone."""
    desired = mapped((person(dep="n" * 200),), (), UserRules(department="@path:dep"))
    assert only(desired).fields.department is None
    assert (desired.departments, desired.skipped[0].reason) == ((), "too_long")


def test_a_parent_may_be_named_by_an_attribute() -> None:
    """An attribute may name a department's parent by key or DN, and without a value it hangs at the root."""
    rules = DepartmentRules(parent="parentKey")
    units = (
        SALES,
        department("d2", "ou=east", parentKey="d1"),
        department("d3", "ou=west", parentKey=f"ou=east,{BASE}"),
    )
    desired = mapped((), units, unit=rules)
    assert {one.key: one.fields.parent for one in desired.departments} == {"d1": "", "d2": "d1", "d3": "d2"}


def test_a_ring_of_departments_stops_only_itself() -> None:
    """Each department of a ring is skipped and named, and what hangs below the ring goes on (I11)."""
    rules = DepartmentRules(parent="up")
    units = (
        department("a", "ou=a", up="b"),
        department("b", "ou=b", up="a"),
        department("c", "ou=c", up="a"),
        department("s", "ou=s", up="s"),
        department("e", "ou=e"),
    )
    desired = mapped((), units, unit=rules)
    assert {one.key: one.fields.parent for one in desired.departments} == {"c": "a", "e": ""}
    assert sorted((skip.key, skip.reason) for skip in desired.skipped) == [
        ("a", "cycle"),
        ("b", "cycle"),
        ("s", "cycle"),
    ]
    assert desired.present_departments == {("ldap", key) for key in "abces"}
    assert desired.above == {("ldap", "a"): "", ("ldap", "b"): "", ("ldap", "s"): ""}
    assert desired.rings == (("a", "b"), ("s",))


def test_a_department_without_a_name_is_skipped_and_what_is_above_it_is_known() -> None:
    """A department without a name is skipped, and what is above it stays known."""
    units = (SALES, department("d2", "l=east,ou=sales", ou=""), department("d3", "ou=deep,l=east,ou=sales"))
    desired = mapped((), units)
    assert [(skip.key, skip.field) for skip in desired.skipped] == [("d2", "name")]
    assert desired.above == {("ldap", "d2"): "d1"}
    assert [one.fields.parent for one in desired.departments if one.key == "d3"] == ["d2"]


def test_a_department_whose_parent_cannot_be_told_is_skipped() -> None:
    """A department with two values for its parent is skipped and named."""
    desired = mapped((), (SALES, department("d2", "ou=x", up=("d1", "d9"))), unit=DepartmentRules(parent="up"))
    assert [one.key for one in desired.departments] == ["d1"]
    assert [(skip.key, skip.field, skip.reason) for skip in desired.skipped] == [("d2", "parent", "several_values")]


def test_whoever_does_not_fulfil_when_is_out_of_scope() -> None:
    """A person who does not fulfil `when` is out of scope and present all the same."""
    rules = UserRules(when="{{ employeeType == 'staff' }}")
    desired = mapped((person("p1", employeeType="staff"), person("p2", employeeType="guest")), user=rules)
    assert [one.presence for one in desired.users] == [Presence.ACTIVE, Presence.OUT_OF_SCOPE]
    assert desired.present_users == {("ldap", "p1"), ("ldap", "p2")}


def test_disabled_is_decided_by_the_server_or_by_a_template() -> None:
    """The server's attributes decide who is disabled, and a template replaces them."""
    assert only(mapped((person(nsAccountLock="true"),))).presence is Presence.DISABLED
    rules = UserRules(enabled="{{ 'no' if title == 'left' else 'Yes' }}")
    assert only(mapped((person(nsAccountLock="true"),), user=rules)).presence is Presence.ACTIVE
    assert only(mapped((person(title="left"),), user=rules)).presence is Presence.DISABLED


def test_a_template_that_fails_on_one_entry_skips_that_entry() -> None:
    """A template that fails on one entry skips that entry with field and reason, and nobody else."""
    rules = UserRules(when="{{ 1 / (employeeNumber | int) }}")
    desired = mapped((person("p1"), person("p2", employeeNumber="1")), user=rules)
    assert [(skip.key, skip.field, skip.reason) for skip in desired.skipped] == [("p1", "when", "template_failed")]
    assert [one.key for one in desired.users] == ["p2"]


def test_unreadable_entries_are_named_and_their_keys_are_present() -> None:
    """Unreadable entries are named, and their keys count as present (I12)."""
    twice = Unreadable("uid=a", "shared_key", "uid=a has the key of uid=b", "k")
    desired = mapped((), (), unreadable=(twice, Unreadable("uid=c", "no_key", "uid=c has no key")))
    assert desired.present_users == {("ldap", "k")} == desired.present_departments
    assert [skip.reason for skip in desired.skipped] == ["shared_key", "no_key"]


def test_a_department_whose_dn_stands_for_two_is_nobodys_and_named() -> None:
    """Whoever stands below two departments of one DN, or names that DN, stays where they are and is named."""
    twins = (department("d1", "ou=sales"), department("d2", "OU=Sales"), department("d3", "ou=east,ou=sales"))
    below = mapped((person(),), twins)
    assert only(below).fields.department is None
    assert [(skip.key, skip.field, skip.reason) for skip in below.skipped] == [
        ("d3", "parent", "ambiguous_department"),
        ("p1", "department", "ambiguous_department"),
    ]
    assert ("ldap", "d3") in below.present_departments
    naming = mapped((person(place="uid=anna", ou=f"ou=SALES,{BASE}"),), twins[:2], UserRules(department="ou"))
    assert only(naming).fields.department is None
    assert [(skip.key, skip.reason) for skip in naming.skipped] == [("p1", "ambiguous_department")]
