"""Enrich sources add values to the entries of an authority."""

from typing import Any

import pytest

from syncd.errors import ConfigurationError
from syncd.mapping.desire import Moment, desire
from syncd.mapping.joining import Join
from syncd.mapping.rules import Compiled, SourceRules, UserRules
from syncd.model.desired import Desired
from syncd.model.source import Certificate, Entry, Grade, Snapshot
from tests.kit.rows import row

WHOLE = Certificate(Grade.WHOLE)
JOINS = {"hr": Join("number", "employeeNumber")}


def person(key: str = "p1", number: str = "17") -> Entry:
    """Make a person of the authority."""
    return row(key, uid=f"u-{key}", cn="Anna", mobile="1", employeeNumber=number)


def mapped(
    people: tuple[Entry, ...],
    added: tuple[Entry, ...] | None,
    **rules: Any,  # noqa: ANN401 - keys of UserRules
) -> Desired:
    """Map an authority, joined by number with what another source adds; nothing is one that was not read."""
    user = UserRules(**{"phone": "hr.phone", **rules})
    snapshots = [Snapshot("ldap", WHOLE, people, key_attribute="entryUUID")]
    if added is not None:
        snapshots.append(Snapshot("hr", WHOLE, added, key_attribute="number"))
    return desire(snapshots, {"ldap": Compiled(SourceRules(user), frozenset(JOINS))}, Moment(0.0), JOINS)


def phones(desired: Desired) -> list[str | None]:
    """Return the phones of all who are desired."""
    return [one.fields.phone for one in desired.users]


@pytest.mark.parametrize(
    "rule",
    [
        "hr.phone",
        "HR.Phone",
        "{{ hr.phone }}",
        "{{ HR['PHONE'] }}",
        '{{ entry["hr.phone"] }}',
        "{{hr.values('phone')[0]}}",
    ],
)
def test_an_attribute_of_another_source_is_read_by_its_name(rule: str) -> None:
    """A rule reads an attribute of another source as `NAME.attribute` and in templates (DESIGN 4)."""
    assert phones(mapped((person(),), (row("a", number="17", phone="222"),), phone=rule)) == ["222"]


def test_a_list_of_fall_backs_may_mix_sources() -> None:
    """A list of fall-backs may mix attributes of two sources."""
    people = (person("p1", "17"), person("p2", "18"))
    added = (row("a", number="17", phone="222"), row("b", number="18"))
    assert phones(mapped(people, added, phone=("hr.phone", "mobile"))) == ["222", "1"]


def test_the_values_that_join_are_compared_as_people_would() -> None:
    """The values that join entries are compared without letter case, width and white space."""
    assert phones(mapped((person(number=" ab-１7"),), (row("a", number="AB-17 ", phone="222"),))) == ["222"]


def test_an_entry_without_a_match_has_no_values_and_is_named() -> None:
    """An entry without a match gets no values and is named (DESIGN 4)."""
    desired = mapped((person(),), (row("a", number="99", phone="222"),))
    assert phones(desired) == [""]
    assert [(one.key, one.reason, one.locator) for one in desired.skipped] == [("p1", "no_match", "row p1")]


def test_an_entry_with_two_matches_has_no_values_and_both_are_named() -> None:
    """An entry with two matches gets no values, and both matches are named."""
    desired = mapped((person(),), (row("a", number="17", phone="222"), row("b", number="17", phone="333")))
    assert phones(desired) == [""]
    assert [(one.key, one.reason) for one in desired.skipped] == [("p1", "several_matches")]
    assert "row a, row b" in desired.skipped[0].message


def test_nobody_is_named_for_a_source_that_no_rule_reads() -> None:
    """Nobody is named for the want of a match in a source that no rule reads."""
    assert mapped((person(),), (), phone="mobile").skipped == ()


def test_what_a_source_that_was_not_read_would_say_stays_as_it_is() -> None:
    """A field of a source that was not read stays as it is, and nobody is named (DESIGN 6, certificate)."""
    desired = mapped((person(), person("p2")), None)
    assert (phones(desired), desired.skipped) == ([None, None], ())


@pytest.mark.parametrize("field", ["account", "name", "when", "enabled"])
def test_who_cannot_be_mapped_without_such_a_source_is_present_all_the_same(field: str) -> None:
    """A person who cannot be mapped without a source that was not read is present (I12)."""
    desired = mapped((person(),), None, **{field: "hr.any"})
    assert (desired.users, set(desired.present_users)) == ((), {("ldap", "p1")})


def test_a_department_that_such_a_source_names_stays_as_it_is() -> None:
    """The department of a person stays as it is where the source that names it was not read."""
    desired = mapped((person(),), None, department="@path:hr.path")
    assert [one.fields.department for one in desired.users] == [None]


def test_the_entries_of_an_enrich_source_are_nobody() -> None:
    """The entries of an enrich source are no people of their own."""
    desired = mapped((person(),), (row("a", number="17", uid="stranger", cn="Stranger"), row("b", number="18")))
    assert {one.key for one in desired.users} == {"p1"}
    assert desired.present_users == {("ldap", "p1")}


@pytest.mark.parametrize(
    ("rule", "own", "joined"),
    [
        ("hr.phone", set(), {("hr", "phone")}),
        ("{{ hr.phone or mobile }}", {"mobile"}, {("hr", "phone")}),
        ("{{ hr['a-b'].upper() }}{{ sn.replace('x', 'y') }}", {"sn"}, {("hr", "a-b")}),
        ("{{ hr.values('phone')[0].strip() }}", set(), {("hr", "phone")}),
        ('{{ entry["hr.phone"] }}{{ entry.title }}{{ entry.source }}', {"title"}, {("hr", "phone")}),
        ("address.city", {"address.city"}, set()),
    ],
)
def test_what_a_rule_reads_of_which_source_is_known(rule: str, own: set[str], joined: set[tuple[str, str]]) -> None:
    """A compiled rule knows which attributes it reads of which source."""
    compiled = Compiled(SourceRules(UserRules(phone=rule)), frozenset(JOINS))
    assert compiled.user_reads()["phone"] == own
    assert compiled.user_joins()["phone"] == joined


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{% if hr %}{{ hr.phone }}{% else %}none{% endif %}", ["222", "none"]),
        ("{% set staff = hr %}{{ staff.phone }}", ["222", ""]),
        ("{{ hr.source }}", ["外", ""]),
    ],
)
def test_a_source_may_be_asked_for_its_entry_as_a_whole(rule: str, expected: list[str]) -> None:
    """A template may ask whether a source has an entry, rename it, and read attributes named like ours."""
    people = (person(), person("p2", "18"))
    found = mapped(people, (row("a", number="17", phone="222", source="外"),), phone="", memo=rule)
    assert [one.fields.memo for one in found.users] == expected
    assert Compiled(SourceRules(UserRules(memo=rule)), frozenset(JOINS)).joined == {"hr"}
    assert mapped(people, None, phone="", memo=rule).users[0].fields.memo is None


def test_a_whole_entry_is_no_value() -> None:
    """A template that gives a whole entry fails, and the field is named."""
    found = mapped((person(),), (row("a", number="17", phone="222"),), phone="", memo="{{ hr }}")
    assert found.users[0].fields.memo is None
    assert [one.reason for one in found.skipped] == ["template_failed"]


@pytest.mark.parametrize("rule", ["{{ hrr.phone }}", "{{ title or hrr.phone }}"])
def test_a_template_that_reads_of_a_source_that_is_not_there_is_a_mistake(rule: str) -> None:
    """A template that reads a source that is not there is a mistake, and the nearest one is named."""
    with pytest.raises(ConfigurationError, match=r'no source "hrr" with role = "enrich".* do you mean hr\.phone\?'):
        Compiled(SourceRules(UserRules(phone=rule)), frozenset(JOINS))


@pytest.mark.parametrize(
    ("rules", "reasons"),
    [
        ({"when": "{{ hr.is_here }}"}, ["no_match"]),
        ({"enabled": "{{ hr.is_here }}"}, ["no_match"]),
        ({"account": "hr.login"}, ["no_value", "no_match"]),
        ({"when": "{{ 'no' }}"}, []),
    ],
)
def test_who_is_nobody_for_want_of_an_entry_in_another_source_is_named(
    rules: dict[str, str], reasons: list[str]
) -> None:
    """A person who is nobody for want of a match is named, unless no rule reads the match (DESIGN 4)."""
    found = mapped((person(),), (), **rules)
    assert [one.reason for one in found.skipped] == reasons
    assert all("it comes from hr.login" in one.message for one in found.skipped if one.reason == "no_value")
