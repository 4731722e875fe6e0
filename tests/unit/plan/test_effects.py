"""Operations and reads leave links and fields behind that the next plan starts from."""

import msgspec

from syncd.model.desired import Desired, DesiredUser
from syncd.model.links import Link
from syncd.model.objects import Kind, Mirror, PlatformUser, User
from syncd.plan.differences import differences
from syncd.plan.effects import fields_after, link_after, remembered
from syncd.plan.forms import has_drifted
from syncd.plan.rules import Policy
from syncd.plan.situation import survey
from syncd.plan.values import Action, Change, Reason
from tests.kit.planning import operation

LI = User("li", "Li", "1", "", "", "", "")


def read(*people: DesiredUser, link: Link, there: User = LI, now: float = 50.0) -> tuple[Link, ...]:
    """Return the links that a read with these people changes."""
    present = frozenset((one.source, one.key) for one in people)
    desired = Desired(people, (), (), present)
    situation = survey(desired, Mirror((PlatformUser("P", there),)), (link,), Policy(), now)
    return remembered(situation, frozenset())


def test_a_created_user_is_linked_under_the_id_that_the_platform_answered() -> None:
    """A created user is linked under the id that the platform answered, if that is another one."""
    made = operation(Action.CREATE, account=Change(None, "li"), name=Change(None, "Li"))
    link = link_after(made, None, "OTHER", 7.0)
    assert link is not None
    assert (link.platform_id, link.written) == ("OTHER", User("li", "Li", "", "", "", "", ""))


def test_a_temporary_value_is_written_but_never_said() -> None:
    """A temporary value counts as written, and never as said by the directory."""
    link = link_after(
        operation(Action.UPDATE, Reason.TEMPORARY, phone=Change("1", "")),
        Link(Kind.USER, "ldap", "k", "P", said=LI, written=LI),
        "P",
        7.0,
    )
    assert link is not None
    assert (link.said, link.written) == (LI, User("li", "Li", "", "", "", "", ""))


def test_what_is_removed_leaves_nothing() -> None:
    """A removal leaves neither fields in the shadow nor a link."""
    gone = operation(Action.REMOVE, Reason.LEFT)
    assert fields_after(gone, LI) is None
    assert link_after(gone, Link(Kind.USER, "ldap", "k", "P"), "P", 7.0) is None


def test_a_leaver_is_missing_since_the_first_read_without_the_entry() -> None:
    """The first read without the entry dates a leaver's absence, and later ones do not (DESIGN 6, leavers)."""
    (first,) = read(link=Link(Kind.USER, "ldap", "k", "P", said=LI), now=50.0)
    assert first.missing_since == 50.0
    assert read(link=first, now=90.0) == ()


def test_who_returns_before_removal_is_missing_no_longer() -> None:
    """A leaver whose entry is back before the removal is missing no longer."""
    link = Link(Kind.USER, "ldap", "k", "P", said=LI, written=LI, missing_since=50.0, locator="uid=li")
    (back,) = read(DesiredUser("k", "ldap", "uid=li", LI), link=link)
    assert back.missing_since is None


def test_a_field_that_holds_what_is_wanted_counts_as_said_and_written() -> None:
    """A field that holds what is wanted counts as said and written, whoever wrote it."""
    link = Link(Kind.USER, "ldap", "k", "P", locator="uid=li")
    (known,) = read(DesiredUser("k", "ldap", "uid=li", LI), link=link)
    assert (known.said, known.written) == (LI, LI)


def test_a_field_that_differs_keeps_what_was_said_before() -> None:
    """A field that differs from what is wanted changes nothing of what was said and written before."""
    link = Link(Kind.USER, "ldap", "k", "P", said=LI, written=LI, locator="uid=li")
    wanted = DesiredUser("k", "ldap", "uid=li", User("li", "Li", "2", "", "", "", ""))
    assert read(wanted, link=link) == ()


def test_what_we_wrote_stays_ours_to_clear_where_an_old_list_shows_the_field_empty() -> None:
    """What we wrote stays ours to clear after an old list has shown the field empty."""
    link = Link(Kind.USER, "ldap", "k", "P", said=LI, written=LI, locator="uid=li")
    wanted = msgspec.structs.replace(LI, phone="")
    (after,) = read(DesiredUser("k", "ldap", "uid=li", wanted), link=link, there=wanted)
    assert not has_drifted(after, "phone", wanted)
    assert differences(wanted, after, LI, Policy(), ("phone",)).changes == {"phone": Change("1", "")}
