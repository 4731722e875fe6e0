"""Templates see one entry, and can do no harm."""

import pytest

from syncd.errors import ConfigurationError
from syncd.mapping.facts import Facts, Place, Unmappable, is_true
from syncd.mapping.rules import Compiled, DepartmentRules, SourceRules, UserRules
from syncd.mapping.templates import Template
from syncd.model.dn import parse

FACTS = Facts(
    {"sn": ("王",), "givenname": ("小明",), "mail": ("b@x", "a@x"), "employee-type": ("staff",), "photo": (b"\xff",)},
    "ldap",
    "2026-01-31",
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ sn }}{{ givenName }}", "王小明"),
        ("{{ GIVENNAME }}", "小明"),
        ('{{ entry["Employee-Type"] }}', "staff"),
        ("{{ source }} {{ today }}", "ldap 2026-01-31"),
        ("{{ absent }}{{ entry['none'] }}|", "|"),
        ("{{ 'Staff' }}", "Staff"),
        ("{{ entry.values('mail') | join(' ') }}", "b@x a@x"),
        ("{{ dn }}{{ rdn }}|", "|"),
        ("{% set name = sn %}{{ name }}", "王"),
        ("{{ '-' * 3 }}", "---"),
        ("{{ absent | default(sn) }} {{ absent | d('?', true) }} {{ sn | default('?') }} {{ 0 | d(1) }}", "王 ? 王 0"),
        ("{{ 2 * 3 }}", "6"),
    ],
)
def test_a_template_sees_the_entry(template: str, text: str) -> None:
    """A template sees attributes by name in any letter case, all values of one, the source and today."""
    assert Template(template).text(FACTS) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ cn }}", "Barbara Jensen"),
        ("{{ entry.values('cn') | join(', ') }}", "Barbara Jensen, Babs, Barb"),
        ("{{ entry.values('mail') | join(' ') }}", "a@x b@x"),
        ("{{ dn }}", "cn=Barbara Jensen+uid=bj\\, 2,ou=hr,dc=x"),
        (
            "{{ rdn }} {{ entry['RDN'] }} {{ entry.dn[-4:] }}",
            "cn=Barbara Jensen+uid=bj\\, 2 cn=Barbara Jensen+uid=bj\\, 2 dc=x",
        ),
        ("{{ 'hr' if ',ou=hr,' in DN else 'other' }}", "hr"),
    ],
)
def test_a_template_sees_how_an_entry_is_named(template: str, text: str) -> None:
    """A template sees DN and RDN of an entry in a tree, and of several values the one in the RDN first."""
    name = "cn=Barbara Jensen+uid=bj\\, 2,ou=hr,dc=x"
    attributes = {"cn": ("Babs", "Barbara Jensen", "Barb"), "mail": ("b@x", "a@x")}
    facts = Facts(attributes, "ldap", "2026-01-31", place=Place(name, parse(name)))
    assert Template(template).text(facts) == text


def test_an_attribute_of_the_name_dn_is_the_sources_own() -> None:
    """A column that is called `dn` is read as any other."""
    assert Template("{{ dn }}").text(Facts({"dn": ("7",)}, "hr", "2026-01-31")) == "7"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ mail }}", "several_values"),
        ("{{ photo }}", "not_text"),
        ("{{ 1 // 0 }}", "template_failed"),
        ("{{ ().__class__.__mro__ }}", "template_failed"),
        ("{{ 'x' * 1000000000 }}", "template_failed"),
        ("{{ 9 ** 9 }}", "template_failed"),
        ("{% for i in range(10000000) %}x{% endfor %}", "template_failed"),
    ],
)
def test_what_a_template_may_not_do_is_a_finding(template: str, reason: str) -> None:
    """A template that meets an ambiguous value, leaves the sandbox or is endless is a finding with its reason."""
    with pytest.raises(Unmappable) as caught:
        Template(template).text(FACTS)
    assert caught.value.reason == reason


def test_a_template_with_wrong_syntax_is_a_mistake_in_the_configuration() -> None:
    """A template with wrong syntax is a mistake in the configuration."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Template("{{ sn ")


@pytest.mark.parametrize(("text", "truth"), [("True", True), ("1", True), (" YES ", True), ("on", False), ("", False)])
def test_true_is_true_one_and_yes(text: str, truth: object) -> None:
    """True, 1 and yes are true in any letter case, and nothing else is."""
    assert is_true(text) is truth


def test_the_rules_know_which_attributes_they_read() -> None:
    """Compiled rules know which attributes they read, and have `*` where only running a template would tell."""
    user = UserRules(
        name="{{ sn }}{{ entry['given-name'] }}{{ entry.values('cn') }}{{ 'a'.upper() }}",
        memo="{{ entry[source] }}",
        when="{{ x }}",
    )
    rules = Compiled(SourceRules(user, DepartmentRules(parent="up")))
    assert rules.user_attributes() == {
        *("uid", "sn", "given-name", "cn", "mobile", "mail", "title", "*", "x"),
        *("useraccountcontrol", "accountexpires", "nsaccountlock", "pwdaccountlockedtime"),
    }
    assert rules.department_attributes() == {"ou", "up"}
    by_path = Compiled(SourceRules(UserRules(department="@path:dep", enabled="{{ active }}")))
    assert {"dep", "active"} <= by_path.user_attributes()
    assert "useraccountcontrol" not in by_path.user_attributes()
