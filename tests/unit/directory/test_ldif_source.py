"""An LDIF file is a source with scopes, exclusions, keys and a grade."""

from pathlib import Path

import pytest

from syncd.directory.ldif_source import LdifSource
from syncd.directory.reading import Scope, Selection, TreeSettings
from syncd.errors import SourceBroken
from syncd.model.source import Grade, Snapshot

BASE = "dc=example,dc=com"
FILE = """version: 1

dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=Sales,dc=example,dc=com
objectClass: organizationalUnit
ou: Sales
entryUUID: D1

dn: uid=anna,ou=sales,dc=example,dc=com
objectClass: person
uid: anna
entryUUID: P1

dn: uid=bert,ou=old,dc=example,dc=com
objectClass: person
uid: bert
entryUUID: P2
"""
PEOPLE, UNITS = "(objectClass=person)", "(objectClass=organizationalUnit)"


def read(tmp_path: Path, content: str = FILE, **changed: object) -> Snapshot:
    """Read a file with this content."""
    path = tmp_path / "company.ldif"
    path.write_text(content)
    settings = {
        "name": "file",
        "users": Selection(PEOPLE, (BASE,)),
        "departments": Selection(UNITS, (BASE,)),
        **changed,
    }
    return LdifSource(TreeSettings(**settings), path).read()  # type: ignore[arg-type]


def test_people_and_departments_are_read_whole(tmp_path: Path) -> None:
    """A file gives people and departments whole, and the attribute of keys is found from its entries."""
    snapshot = read(tmp_path)
    assert snapshot.certificate.grade is Grade.WHOLE
    assert [entry.key for entry in snapshot.users] == ["p1", "p2"]
    assert [entry.key for entry in snapshot.departments] == ["d1"]
    assert snapshot.key_attribute == "entryUUID"


def test_excluded_subtrees_are_neither_people_nor_departments(tmp_path: Path) -> None:
    """Nobody below an excluded DN is read, whatever letter case and spacing the DN has."""
    snapshot = read(tmp_path, exclude=(f"OU=Old , {BASE}",))
    assert [entry.key for entry in snapshot.users] == ["p1"]


def test_overlapping_bases_give_an_entry_once(tmp_path: Path) -> None:
    """An entry below two bases is read once."""
    snapshot = read(tmp_path, users=Selection(PEOPLE, (BASE, f"ou=sales,{BASE}")))
    assert [entry.key for entry in snapshot.users] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("scope", "base", "keys"),
    [
        (Scope.BASE, f"uid=anna,ou=sales,{BASE}", ["p1"]),
        (Scope.ONE, f"ou=sales,{BASE}", ["p1"]),
        (Scope.ONE, BASE, []),
        (Scope.SUB, f"ou=sales,{BASE}", ["p1"]),
    ],
)
def test_the_scope_says_how_deep(tmp_path: Path, scope: Scope, base: str, keys: list[str]) -> None:
    """The scope decides whether the base, one level or the whole subtree is read."""
    snapshot = read(tmp_path, users=Selection(PEOPLE, (base,), scope))
    assert [entry.key for entry in snapshot.users] == keys


def test_the_base_entry_is_a_department_only_if_asked_for(tmp_path: Path) -> None:
    """The base entry is a department only where `include_base` says so."""
    units = Selection(UNITS, (f"ou=sales,{BASE}",))
    assert not read(tmp_path, departments=units).departments
    assert len(read(tmp_path, departments=units, include_base=True).departments) == 1


def test_an_empty_source_is_unproven(tmp_path: Path) -> None:
    """A source where nobody was found is unproven (DESIGN 6, certificate)."""
    snapshot = read(tmp_path, "")
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert "no person was found" in snapshot.certificate.doubts[0]


def test_a_base_that_the_file_does_not_hold_is_a_broken_read(tmp_path: Path) -> None:
    """A base that the file does not hold is a broken read, as it is on a server."""
    with pytest.raises(SourceBroken, match="ou=none"):
        read(tmp_path, users=Selection(PEOPLE, (f"ou=none,{BASE}",)))


def test_one_dn_twice_is_a_broken_file(tmp_path: Path) -> None:
    """A file with two records of one DN is broken, and the error names the line."""
    with pytest.raises(SourceBroken, match=r"company\.ldif:22: .* twice"):
        read(tmp_path, FILE + "\ndn: uid=anna,ou=sales,dc=example,dc=com\nobjectClass: person\n")


def test_people_whose_dns_only_look_alike_are_as_many_as_there_are_keys(tmp_path: Path) -> None:
    """Two entries with a key each are two people, however alike their DNs are."""
    alike = ["cn=Maria Weiss", "cn=Maria Weiß", "cn=Maria  Weiss", "CN=maria weiss", "cn=Maria\\09Weiss"]
    text = "".join(
        f"\ndn: {name},{BASE}\nobjectClass: person\nentryUUID: k{number}\n" for number, name in enumerate(alike)
    )
    snapshot = read(tmp_path, FILE + text)
    assert snapshot.certificate.grade is Grade.WHOLE
    assert {entry.key for entry in snapshot.users} == {"p1", "p2", "k0", "k1", "k2", "k3", "k4"}


def test_a_line_that_begins_an_entry_within_another_one_is_a_broken_file(tmp_path: Path) -> None:
    """A second `dn:` or a `version:` within an entry breaks the read: else two people would be read as one."""
    separators = {"no line": "", "a line with a blank": " \n"}
    for separator in separators.values():
        with pytest.raises(SourceBroken, match=r'company\.ldif:\d+: "dn:" stands within the entry uid=bert,ou=old'):
            read(tmp_path, f"{FILE}{separator}dn: uid=cleo,{BASE}\nobjectClass: person\nentryUUID: P3\n")
    with pytest.raises(SourceBroken, match=r'"version:" stands within the entry uid=bert,ou=old'):
        read(tmp_path, f"{FILE}version: 1\n")


@pytest.mark.parametrize(
    ("values", "reason", "words"),
    [
        ("", "no_key", "no value of entryUUID"),
        ("entryUUID: a\nentryUUID: b\n", "no_key", "2 values of entryUUID"),
        ("entryUUID:: /w==\n", "no_key", "unreadable entryUUID"),
    ],
)
def test_an_entry_without_one_readable_key_is_named(tmp_path: Path, values: str, reason: str, words: str) -> None:
    """An entry without one readable key is named, and the read is unproven (DESIGN 6, certificate)."""
    snapshot = read(tmp_path, FILE + f"\ndn: uid=c,{BASE}\nobjectClass: person\n{values}")
    assert snapshot.certificate.grade is Grade.UNPROVEN
    assert [(one.locator, one.reason) for one in snapshot.unreadable] == [(f"uid=c,{BASE}", reason)]
    assert words in snapshot.unreadable[0].message


def test_two_entries_with_one_key_are_both_unreadable(tmp_path: Path) -> None:
    """Two entries with one key are both unreadable, because neither can be told to be the linked one."""
    snapshot = read(tmp_path, FILE + f"\ndn: uid=c,{BASE}\nobjectClass: person\nentryUUID: p1\n")
    assert [entry.key for entry in snapshot.users] == ["p2"]
    assert [(one.key, one.reason) for one in snapshot.unreadable] == [("p1", "shared_key")] * 2


def test_a_configured_key_attribute_counts(tmp_path: Path) -> None:
    """`key` names the attribute that holds the immutable identifier."""
    assert [entry.key for entry in read(tmp_path, key="uid", departments=None).users] == ["anna", "bert"]
