"""A key is one key whatever invisible characters stand in it, and who is linked keeps the key of the link."""

import msgspec
import pytest

from syncd.mapping.desire import Moment, desire
from syncd.mapping.known_keys import with_known_keys
from syncd.mapping.rules import Compiled, DepartmentRules, SourceRules, UserRules
from syncd.model.keys import key_form
from syncd.model.links import Link
from syncd.model.objects import Kind
from syncd.model.source import Certificate, Entry, Grade, Snapshot, Unreadable

HIDDEN = "17\u200b"
OTHER = "\u200e17"


def snapshot(*keys: str, unreadable: tuple[Unreadable, ...] = ()) -> Snapshot:
    """Return a whole read of people with these keys."""
    users = tuple(Entry(key, f"people.csv:{line}", {"uid": (f"u{line}",)}) for line, key in enumerate(keys, 2))
    return Snapshot("hr", Certificate(Grade.WHOLE), users, unreadable=unreadable, key_attribute="id")


def links(*keys: str, kind: Kind = Kind.USER, source: str = "hr") -> tuple[Link, ...]:
    """Return links of these keys."""
    return tuple(Link(kind, source, key, f"ID{number}") for number, key in enumerate(keys))


def present(read: Snapshot) -> set[str]:
    """Return the keys of people who are present."""
    rules = Compiled(SourceRules(UserRules(name="uid"), DepartmentRules()))
    found = desire([read], {"hr": rules}, Moment(0.0)).present_users
    return {key for _, key in found}


@pytest.mark.parametrize(
    ("keys", "linked", "settled"),
    [
        ((HIDDEN,), (), ["17"]),
        ((HIDDEN,), ("17",), ["17"]),
        (("17",), (HIDDEN,), [HIDDEN]),
        ((HIDDEN,), (HIDDEN,), [HIDDEN]),
        ((OTHER,), (HIDDEN,), [HIDDEN]),
        (("17", HIDDEN), ("17", HIDDEN), ["17", HIDDEN]),
        ((HIDDEN,), ("17", HIDDEN), [HIDDEN]),
        (("17",), ("17", HIDDEN), ["17"]),
        (("18", "\u5f2017"), ("17",), ["18", "\u5f2017"]),
        (("17 \u200b",), (), ["17"]),
    ],
)
def test_an_entry_has_the_key_that_the_store_knows(
    keys: tuple[str, ...], linked: tuple[str, ...], settled: list[str]
) -> None:
    """An entry has the key of its link in whichever spelling it comes, and without a link the key that can be seen."""
    read = with_known_keys(snapshot(*keys), links(*linked))
    assert [one.key for one in read.users] == settled
    assert read.unreadable == ()
    assert read.certificate.grade is Grade.WHOLE


@pytest.mark.parametrize(
    ("keys", "linked"),
    [
        (("17", HIDDEN), ()),
        (("17", HIDDEN), ("17",)),
        (("17", HIDDEN), (HIDDEN,)),
        ((HIDDEN, OTHER), (HIDDEN, "17")),
        (("17",), (HIDDEN, OTHER)),
        (("\u200b",), ()),
    ],
)
def test_whom_an_entry_means_is_not_guessed(keys: tuple[str, ...], linked: tuple[str, ...]) -> None:
    """Entries of which nobody knows whom they mean are named and unproven, and all whom they may mean are present."""
    read = with_known_keys(snapshot(*keys), links(*linked))
    assert read.users == ()
    assert {one.locator for one in read.unreadable} == {f"people.csv:{line}" for line in range(2, len(keys) + 2)}
    assert read.certificate.grade is Grade.UNPROVEN
    assert present(read) >= set(linked)


def test_rows_that_share_a_key_keep_every_spelling_of_it_present() -> None:
    """Two rows that share one spelling of a key make nobody a leaver who is linked under another spelling."""
    shared = tuple(Unreadable(f"people.csv:{line}", "shared_key", "twice", "17") for line in (2, 3))
    read = with_known_keys(snapshot(OTHER, unreadable=shared), links(HIDDEN))
    assert present(read) >= {"17", HIDDEN}
    assert read.users == ()


def test_links_of_another_kind_or_source_change_nothing() -> None:
    """A link of a department, or of another source, says nothing about the key of a person."""
    for others in (links(HIDDEN, kind=Kind.DEPARTMENT), links(HIDDEN, source="other")):
        assert [one.key for one in with_known_keys(snapshot("17"), others).users] == ["17"]


def test_a_department_of_a_path_keeps_the_key_of_its_link() -> None:
    """A department that is made of a path, and all below it, keep the keys that the store knows them by."""
    rules = Compiled(SourceRules(UserRules(account="uid", name="uid", department="@path:unit"), DepartmentRules()))
    read = snapshot("17")
    users = (
        msgspec.structs.replace(
            read.users[0], attributes={"uid": ("u",), "unit": ("\u7814\u53d1\u200b\u90e8/\u4e00\u7ec4",)}
        ),
    )
    read = msgspec.structs.replace(read, users=users)
    plain = desire([with_known_keys(read, ())], {"hr": rules}, Moment(0.0))
    assert [(one.key, one.fields.parent) for one in plain.departments] == [
        ("\u7814\u53d1\u90e8", ""),
        ("\u7814\u53d1\u90e8/\u4e00\u7ec4", "\u7814\u53d1\u90e8"),
    ]
    top, below = "\u7814\u53d1\u200b\u90e8", "\u7814\u53d1\u200b\u90e8/\u4e00\u7ec4"
    known = desire([with_known_keys(read, links(top, below, kind=Kind.DEPARTMENT))], {"hr": rules}, Moment(0.0))
    assert [(one.key, one.fields.name, one.fields.parent) for one in known.departments] == [
        (top, "\u7814\u53d1\u90e8", ""),
        (below, "\u4e00\u7ec4", top),
    ]
    assert known.users[0].fields.department == below


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\u200e", "\u202a", "\u2060", "\ufeff", "\u00ad"])
def test_a_form_of_a_key_has_nothing_invisible(hidden: str) -> None:
    """A key in its usual form has no format character, and is composed and trimmed after these are gone."""
    assert key_form(f"{hidden}1{hidden}7 {hidden}") == "17"
    assert key_form(f"e{hidden}\u0301") == "\u00e9"
