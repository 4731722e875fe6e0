"""What a run made and did not live to link is found again on a platform that chooses ids of its own."""

from syncd.model.desired import Desired, DesiredDepartment, DesiredUser
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.plan.recovery import Unfinished, recover
from syncd.plan.rules import Policy
from syncd.plan.situation import survey

SALES = DesiredDepartment("s", "ldap", "ou=Sales", Department("Sales"))
EAST = DesiredDepartment("e", "ldap", "ou=East,ou=Sales", Department("East", "s"))
LI = DesiredUser("li", "ldap", "uid=li", User("li", "Li", department="e"))
DESIRED = Desired((LI,), (EAST, SALES))
THERE = Mirror(
    (PlatformUser("12", User("LI", " Li", "", "", "", "", "11")),),
    (PlatformDepartment("10", Department("Sales", "")), PlatformDepartment("11", Department("East", "10"))),
)
ALL = frozenset({(Kind.DEPARTMENT, "ldap", "s"), (Kind.DEPARTMENT, "ldap", "e"), (Kind.USER, "ldap", "li")})


def found(unfinished: Unfinished, desired: Desired = DESIRED, there: Mirror = THERE) -> dict[str, str]:
    """Return the platform ids that are linked, by key."""
    situation = recover(survey(desired, there, (), Policy(), 0.0), unfinished)
    links: list[Link] = [*situation.department_links.values(), *situation.user_links.values()]
    return {link.key: link.platform_id for link in links}


def test_what_the_run_before_made_is_found_from_the_top_down() -> None:
    """What the run before made is found from the top down, in whatever form the platform keeps it."""
    assert found(Unfinished(ALL)) == {"s": "10", "e": "11", "li": "12"}


def test_what_was_there_before_that_run_is_nobodys() -> None:
    """An object that was there before that run is not linked, and nothing below it is."""
    assert found(Unfinished(ALL, frozenset({"10"}))) == {}
    assert found(Unfinished(ALL, frozenset({"12"}))) == {"s": "10", "e": "11"}


def test_only_what_that_run_meant_to_make_is_looked_for() -> None:
    """An object that the run did not mean to make is not linked."""
    assert found(Unfinished()) == {}
    assert found(Unfinished(frozenset({(Kind.USER, "ldap", "li")}))) == {}


def test_one_object_is_found_by_one_entry_only() -> None:
    """One object is linked to one entry only, though two entries have its name."""
    twin = DesiredDepartment("t", "ldap", "ou=Sales2", Department("Sales"))
    both = Unfinished(frozenset({(Kind.DEPARTMENT, "ldap", "s"), (Kind.DEPARTMENT, "ldap", "t")}))
    there = Mirror((), (PlatformDepartment("10", Department("Sales", "")),))
    assert len(found(both, Desired((), (SALES, twin)), there)) == 1


def test_two_objects_that_could_be_meant_are_left_alone() -> None:
    """No object is linked where two of them could be meant."""
    there = Mirror((), tuple(PlatformDepartment(one, Department("Sales", "")) for one in ("10", "11")))
    assert found(Unfinished(ALL), Desired((), (SALES,)), there) == {}
