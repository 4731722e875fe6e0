"""A read is graded by how far it can be trusted."""

import pytest

from syncd.model.desired import Desired, DesiredUser
from syncd.model.links import Link
from syncd.model.objects import Department as Fields
from syncd.model.objects import Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable
from syncd.plan.certificate import Counts, Expectations, Former, certify, certify_platform, count
from syncd.plan.rules import Limit

TEN_PERCENT = Expectations(shrink=Limit(percent=10, at_least=20))
WHOLE = Certificate(Grade.WHOLE, ("every page was read",))


def read(
    people: int, departments: int = 0, phones: int = 0, unreadable: tuple[Unreadable, ...] = ()
) -> tuple[Snapshot, Desired]:
    """Return a read of so many people, of whom so many have a phone."""
    users = tuple(Entry(f"p{number}", f"uid={number}", {}) for number in range(people))
    units = tuple(Entry(f"d{number}", f"ou={number}", {}) for number in range(departments))
    wanted = tuple(
        DesiredUser(
            one.key, "ldap", one.locator, User(f"a{one.key}", "n", "1" if place < phones else "", department="")
        )
        for place, one in enumerate(users)
    )
    return Snapshot("ldap", WHOLE, users, units, unreadable), Desired(wanted)


def doubts(now: tuple[Snapshot, Desired], former: Former, expected: Expectations = TEN_PERCENT) -> list[str]:
    """Return what speaks against a read; its grade follows from that."""
    certificate = certify(*now, former, expected)
    assert certificate.grade is (Grade.UNPROVEN if certificate.doubts else Grade.WHOLE)
    assert certificate.proofs == WHOLE.proofs
    return list(certificate.doubts)


def linked(*departments: str, missing: int = 0) -> tuple[Link, ...]:
    """Return a link for each of these departments' people; the first ones have been missing before."""
    return tuple(
        Link(Kind.USER, "ldap", f"p{place}", f"P{place}", said=User("a", "n", department=department))
        if place >= missing
        else Link(
            Kind.USER, "ldap", f"p{place}", f"P{place}", said=User("a", "n", department=department), missing_since=1
        )
        for place, department in enumerate(departments)
    )


def test_a_read_like_the_last_good_one_is_whole() -> None:
    """A read that shows as much as the last good one is whole."""
    now = read(200, 20, 180)
    assert doubts(now, Former(count(*now), linked(*["D"] * 200))) == []


@pytest.mark.parametrize(("people", "is_doubted"), [(180, False), (179, True), (0, True)])
def test_a_read_that_has_shrunk_beyond_the_limit_is_unproven(people: int, is_doubted: object) -> None:
    """A read that shrank by more than the limit allows is unproven (DESIGN 6, certificate)."""
    found = doubts(read(people), Former(Counts(users=200)))
    assert bool(found) is is_doubted
    if found:
        assert found == [f"{people} people were read where the last good read had 200 (limits.shrink)"]


def test_few_may_always_go() -> None:
    """A loss of fewer people than the limit's smallest number raises no doubt, whatever their share."""
    assert doubts(read(1), Former(Counts(users=20))) == []


def test_lost_departments_count_too() -> None:
    """Lost departments raise a doubt of their own."""
    assert doubts(read(5, 30), Former(Counts(departments=60))) == [
        "30 departments were read where the last good read had 60 (limits.shrink)"
    ]


def test_a_field_that_has_become_empty_is_doubted() -> None:
    """A field that became empty for many is doubted by its share, so that a smaller company raises no doubt."""
    before = Counts(users=200, mapped=200, filled={"phone": 180})
    assert doubts(read(200, phones=100), Former(before)) == [
        "100 people have a phone where about 180 had one at the last good read (limits.shrink)"
    ]
    assert doubts(read(190, phones=171), Former(before)) == []
    assert doubts(read(5, phones=0), Former(Counts(mapped=0, filled={"phone": 0}))) == []


def test_a_department_of_which_people_are_missing_is_doubted() -> None:
    """A department of which all people are missing raises a doubt, though most others were read."""
    links = linked(*["BIG"] * 500, *["HIDDEN"] * 25)
    assert doubts(read(500), Former(None, links)) == [
        "25 of the 25 people of department HIDDEN were not read (limits.shrink)"
    ]


def test_who_has_moved_left_before_or_is_unreadable_is_not_missing() -> None:
    """People who moved, had left before or are unreadable do not count as missing from their department."""
    assert doubts(read(60), Former(None, linked(*["CLOSED"] * 60))) == []
    assert doubts(read(0, 1), Former(None, linked(*["LEFT"] * 30, missing=30))) == []
    twice = tuple(Unreadable("uid", "shared_key", "two have it", f"p{number}") for number in range(30))
    assert doubts(read(0, 1, unreadable=twice), Former(None, linked(*["TWICE"] * 30))) == []


def test_what_is_expected_must_be_met() -> None:
    """Every number of `expect` and every name of `canary` that is not met is a doubt."""
    expected = Expectations(users=10, departments=3, rooms=1, canary=("p1", "ap2", "boss"))
    assert doubts(read(9, 2), Former(), expected) == [
        "9 people were read where at least 10 are expected (expect)",
        "2 departments were read where at least 3 are expected (expect)",
        "0 rooms were read where at least 1 are expected (expect)",
        "boss was not read, and must be (canary)",
    ]


def lists(people: int, links: int) -> Certificate:
    """Grade lists that show so many of the linked users."""
    users = tuple(PlatformUser(f"P{number}", User("a", "n")) for number in range(people))
    mirror = Mirror(users, (PlatformDepartment("D", Fields("x")),))
    return certify_platform(mirror, linked(*[""] * links), TEN_PERCENT.shrink)


@pytest.mark.parametrize(
    ("people", "links", "is_whole"), [(0, 0, True), (200, 200, True), (180, 200, True), (0, 1, True)]
)
def test_the_platforms_lists_may_lack_a_few(people: int, links: int, is_whole: object) -> None:
    """Platform lists that lack a few linked users are whole."""
    assert (lists(people, links).grade is Grade.WHOLE) is is_whole


@pytest.mark.parametrize(("people", "links"), [(179, 200), (0, 5)])
def test_lists_that_lack_many_linked_objects_are_unproven(people: int, links: int) -> None:
    """Platform lists that lack many linked users are unproven, and the doubt has both numbers."""
    certificate = lists(people, links)
    assert certificate.grade is Grade.UNPROVEN
    assert f"list lacks {links - people} of {links} linked users" in certificate.doubts[0]


def test_each_list_is_judged_by_itself() -> None:
    """Platform lists are judged each by itself, so that a few lost departments count among many users."""
    users = tuple(PlatformUser(f"u{one}", User(f"a{one}", "x")) for one in range(300))
    links = tuple(Link(Kind.USER, "ldap", one.id, one.id) for one in users)
    departments = tuple(Link(Kind.DEPARTMENT, "ldap", f"d{one}", f"d{one}") for one in range(5))
    certificate = certify_platform(Mirror(users, ()), links + departments, TEN_PERCENT.shrink)
    assert certificate.grade is Grade.UNPROVEN
    assert "list lacks 5 of 5 linked departments" in certificate.doubts[0]
