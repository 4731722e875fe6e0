"""Ids that a platform lists in another letter case than it answered still belong to their links."""

from syncd.model.desired import Desired, DesiredUser
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.ids import derived_id
from syncd.plan.letter_case import as_listed
from syncd.plan.rules import Policy
from syncd.plan.situation import survey

LINK = Link(Kind.USER, "ldap", "li", "ABC1")


def listed(*ids: str) -> Mirror:
    """Return a platform with users of these ids."""
    return Mirror(tuple(PlatformUser(one, User(one, one)) for one in ids), ())


def test_a_link_bears_the_id_that_the_lists_show() -> None:
    """A link takes over the letter case in which the lists show its id."""
    assert [one.platform_id for one in as_listed((LINK,), listed("abc1", "x"))] == ["abc1"]


def test_an_id_that_is_listed_as_it_is_known_stays() -> None:
    """A link keeps its id where the lists show it, or show two that differ from it in letter case alone."""
    assert as_listed((LINK,), listed("abc1", "ABC1")) == (LINK,)
    assert as_listed((LINK,), listed("abc1", "Abc1")) == (LINK,)


def test_an_object_of_another_link_or_kind_is_not_taken() -> None:
    """A link does not take the id of another link or of another kind in a different letter case."""
    other = Link(Kind.USER, "ldap", "wu", "abc1")
    assert as_listed((LINK, other), listed("abc1")) == (LINK, other)
    departments = Mirror((), (PlatformDepartment("abc1", Department("A", "")),))
    assert as_listed((LINK,), departments) == (LINK,)


def test_what_is_ours_is_known_without_a_store_in_whatever_letter_case() -> None:
    """A user under the id derived for a key is found without a store, in whatever letter case it is listed."""
    policy, wanted = Policy(), DesiredUser("li", "ldap", "uid=li", User("li", "Li"))
    shown = derived_id(policy.owner, Kind.USER, ("ldap", "li"), 1).lower()
    found = survey(Desired((wanted,), ()), listed(shown), (), policy, 0.0).user_links["ldap", "li"]
    assert (found.platform_id, found.generation) == (shown, 1)
