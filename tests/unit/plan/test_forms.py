"""What the platform makes of a written value is told from drift."""

import msgspec
import pytest

from syncd.model.links import Link
from syncd.model.objects import Department, Kind, User
from syncd.plan.differences import differences
from syncd.plan.forms import (
    DAY,
    Form,
    contended_fields,
    form_of,
    is_contended,
    is_explained,
    known_forms,
    read_again,
    seen,
    shows,
)
from syncd.plan.rules import Policy
from syncd.plan.values import Change

FIELDS = ("name", "phone")


def link(phone: str, unseen: tuple[str, ...] = ("phone",), **more: object) -> Link:
    """Return a link whose phone was written."""
    said = User("li", "Li", phone)
    return msgspec.structs.replace(Link(Kind.USER, "ldap", "k", "P", said=said, written=said, unseen=unseen), **more)


def shown(phone: str) -> User:
    """Return what the platform shows."""
    return User("li", "Li", phone, "", "", "", "")


def changes(known: Link, have: str, want: str = "", policy: Policy | None = None) -> object:
    """Return what would be written where the phone shows this and the directory wants that."""
    wanted = User("li", "Li", want or str(known.said.phone if isinstance(known.said, User) else ""))
    return differences(wanted, known, shown(have), policy or Policy(), FIELDS).changes


@pytest.mark.parametrize(
    ("written", "have", "form"),
    [
        (" 安娜  Li", "安娜 Li", Form.TRIMMED),
        ("Anna@Example.COM", "anna@example.com", Form.LOWER_CASE),
        ("ＡＢＣ", "abc", Form.WIDTH_FOLDED),
        ("+86 (20) 123", "8620123", Form.DIGITS_ONLY),
        ("a long title", "a long", Form.CUT),
        ("Anna 😀", "Anna ?", Form.REPLACED_CHARACTERS),
        ("new", "old", Form.NOT_TAKEN),
    ],
)
def test_every_known_form_is_named(written: str, have: str, form: Form) -> None:
    """Each form that a platform makes of a value is named, and a value that was not taken is not explained."""
    assert form_of(written, have) is form
    assert is_explained(written, have) is (form is not Form.NOT_TAKEN)


@pytest.mark.parametrize("have", ["8620", "anything at all", ""])
def test_whatever_a_look_right_after_the_write_shows_is_not_sent_again(have: str) -> None:
    """Whatever a look right after the write shows is kept as the form of the value and not sent again (I1)."""
    known = seen(link("+86 20"), shown(have))
    assert (known.kept, known.unseen) == ({"phone": have}, ())
    assert changes(known, have) == {}


def test_what_differs_from_the_form_is_drift() -> None:
    """A value that differs from the kept form is drift and is written again."""
    assert changes(seen(link("+86 20"), shown("8620")), "999") == {"phone": Change("999", "+86 20")}


def test_a_new_value_of_the_directory_is_written_whatever_the_form_was() -> None:
    """A new value of the directory is written, whatever form the former one has."""
    assert changes(seen(link("+86 20"), shown("8620")), "8620", "+86 21") == {"phone": Change("8620", "+86 21")}


def test_without_a_look_only_a_known_form_is_told_from_drift() -> None:
    """Where nobody looked after the write a known form is kept, and any other value is drift."""
    assert changes(link("+86 20"), "8620") == {}
    assert changes(link("+86 20"), "999") == {"phone": Change("999", "+86 20")}
    assert read_again(link("+86 20"), shown("8620")).kept == {"phone": "8620"}
    assert read_again(link("+86 20"), shown("999")).kept == {}


def test_a_form_that_the_platform_no_longer_keeps_is_forgotten() -> None:
    """A form is forgotten once the platform shows the written value itself."""
    known = seen(link("+86 20"), shown("8620"))
    assert read_again(known, shown("+86 20")).kept == {}
    assert read_again(known, shown("8620")) == known


def test_a_clearing_that_is_not_taken_is_not_sent_again() -> None:
    """A clearing that the platform does not take is not sent again."""
    known = link("", written=User("li", "Li", ""))
    assert changes(seen(known, shown("1")), "1") == {}
    assert read_again(known, shown("1")).kept == {"phone": "1"}


def test_a_value_that_we_wrote_may_be_cleared_in_the_form_that_is_kept() -> None:
    """A value that we wrote may be cleared in the form that the platform keeps (DESIGN 6, empty values)."""
    known = seen(link("+86 20"), shown("8620"))
    found = differences(User("li", "Li", ""), known, shown("8620"), Policy(), FIELDS)
    assert found.changes == {"phone": Change("8620", "")}


def test_a_value_that_is_not_ours_stays_and_is_named() -> None:
    """A value that is not ours stays and is named, unless `policy.clear` has its field (DESIGN 6, empty values)."""
    found = differences(User("li", "Li", ""), link("", unseen=()), shown("1"), Policy(), FIELDS)
    assert (found.changes, [(one.field, one.reason) for one in found.left]) == ({}, [("phone", "not_ours")])
    cleared = differences(User("li", "Li", ""), link("", ()), shown("1"), Policy(clear=frozenset({"phone"})), FIELDS)
    assert cleared.changes == {"phone": Change("1", "")}


def test_drift_that_is_only_reported_stays_and_is_named() -> None:
    """Drift that is only reported stays and is named, and a new value is written (DESIGN 4, on_drift)."""
    policy = Policy(report_drift=frozenset({"phone"}))
    found = differences(User("li", "Li", "1"), link("1", unseen=()), shown("2"), policy, FIELDS)
    assert (found.changes, [(one.field, one.reason) for one in found.left]) == ({}, [("phone", "drift_reported")])
    changed = differences(User("li", "Li", "3"), link("1", unseen=()), shown("2"), policy, FIELDS)
    assert (changed.changes, changed.left) == ({"phone": Change("2", "3")}, ())


def test_three_times_within_a_day_is_contended() -> None:
    """A field that was enforced three times in a day is contended, left and named (DESIGN 6, three-way)."""
    assert not is_contended((1.0, 2.0))
    assert not is_contended((0.0, 1.0, DAY))
    fought = link("1", unseen=(), enforced={"phone": (0.0, 1.0, 2.0)})
    found = differences(User("li", "Li", "1"), fought, shown("2"), Policy(), FIELDS)
    assert (found.changes, [(one.field, one.reason) for one in found.left]) == ({}, [("phone", "contended")])
    assert contended_fields([fought]) == ((fought, "phone"),)


def test_a_change_in_the_directory_ends_the_contention() -> None:
    """A new value of the directory is written to a field that was contended."""
    fought = link("1", unseen=(), enforced={"phone": (0.0, 1.0, 2.0)})
    assert changes(fought, "2", "3") == {"phone": Change("2", "3")}


def test_forms_are_counted_by_field() -> None:
    """Forms are counted by kind and field."""
    known = seen(link("+86 20"), shown("8620"))
    assert known_forms([known, known]) == {("user", "phone", Form.DIGITS_ONLY): 2}


def test_an_object_shows_what_was_sent_only_in_its_place() -> None:
    """An object shows what was sent only in its place, and a department of that name elsewhere does not."""
    assert shows(Department("Sales", "A"), {"name": "Sales ", "parent": "A"})
    assert not shows(Department("Sales", "B"), {"name": "Sales", "parent": "A"})
    assert not shows(Department("Sales", "B"), {"name": "Sales"})
    assert not shows(Department("Sale", ""), {"name": "East"})
