"""What a person types means one object, or nobody."""

import pytest

from syncd.mapping.normal_forms import comparable
from syncd.model.desired import Desired, DesiredDepartment, DesiredUser, Presence
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.model.source import Certificate, Entry, Grade, Snapshot
from syncd.plan.rules import Policy
from syncd.plan.situation import survey
from syncd.plan.who import NobodyMeant, Whom, everybody, meant, whom

LI = DesiredUser("k-li", "ldap", "uid=li,ou=Sales,dc=x", User("li.na", "李娜"))
SALES = DesiredDepartment("k-sales", "ldap", "ou=Sales,dc=x", Department("Sales"))
MIRROR = Mirror(
    (
        PlatformUser("P-LI", User("li.na", "李娜")),
        PlatformUser("P-GONE", User("wang", "Wang")),
        PlatformUser("P-TYPED", User("typed", "李娜")),
    ),
    (PlatformDepartment("P-SALES", Department("Sales")),),
)
LINKS = (
    Link(Kind.USER, "ldap", "k-li", "P-LI"),
    Link(Kind.USER, "ldap", "k-gone", "P-GONE", locator="uid=wang,dc=x"),
    Link(Kind.DEPARTMENT, "ldap", "k-sales", "P-SALES"),
)
READ = Snapshot("ldap", Certificate(Grade.WHOLE), users=(Entry("k-bad", "uid=bad,dc=x", {}),))
ADDED = Snapshot("hr", Certificate(Grade.WHOLE), users=(Entry("k-hr", "staff.csv:2", {}),))


def people() -> list[Whom]:
    """Return everybody of a small company."""
    present = frozenset({("ldap", "k-li"), ("ldap", "k-bad")})
    return everybody(
        survey(Desired((LI,), (SALES,), present_users=present), MIRROR, LINKS, Policy(), 0.0), (READ, ADDED)
    )


@pytest.mark.parametrize(
    ("who", "platform_id"),
    [
        ("k-li", "P-LI"),
        ("P-LI", "P-LI"),
        ("LI.NA", "P-LI"),
        ("UID = li , ou=sales,dc=X", "P-LI"),
        ("wang", "P-GONE"),
        ("uid=wang,dc=x", "P-GONE"),
        ("Sales", "P-SALES"),
        ("ＳＡＬＥＳ", "P-SALES"),
        ("typed", "P-TYPED"),
        ("uid=bad,dc=x", ""),
    ],
)
def test_anybody_is_found_by_whatever_tells_them_apart(who: str, platform_id: str) -> None:
    """Anybody is found by key, id, account, DN or name, also leavers, strangers and unmappable entries."""
    assert whom(people(), who, comparable).platform_id == platform_id


def test_what_an_enrich_source_has_is_nobody() -> None:
    """An entry of an enrich source is nobody."""
    with pytest.raises(NobodyMeant):
        whom(people(), "k-hr", comparable)


def test_what_tells_more_comes_first() -> None:
    """A text that is one object's key and another's name means the key."""
    twins = [Whom(Kind.USER, "ldap", "a", name="b"), Whom(Kind.USER, "ldap", "b", name="a")]
    assert [found.key for found in meant(twins, "a", comparable)] == ["a"]


def test_who_is_disabled_bears_the_names_that_the_platform_shows() -> None:
    """A disabled person is found by the account that the platform shows."""
    disabled = DesiredUser("k-li", "ldap", "uid=li,ou=Sales,dc=x", User("", ""), Presence.DISABLED)
    found = everybody(survey(Desired((disabled,)), MIRROR, LINKS, Policy(), 0.0), (READ, ADDED))
    assert whom(found, "li.na", comparable).key == "k-li"


def test_a_name_of_several_means_nobody_until_it_is_said_which() -> None:
    """A name that two share means nobody, and both are named with what tells them apart."""
    with pytest.raises(NobodyMeant, match=r"may mean 2: .*key k-li.*id P-TYPED"):
        whom(people(), "李娜", comparable)


def test_nobody_is_nobody() -> None:
    """A text that means nobody is refused with that text, and an empty text means nobody."""
    with pytest.raises(NobodyMeant, match="zhang is no key"):
        whom(people(), "zhang", comparable)
    assert meant(people(), "", comparable) == [], "strangers have no key, which is nobody's name"
