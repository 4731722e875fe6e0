"""Every source gives the same of the same company, be it a file or a server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncd.app.ports import Source
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.ldif import records
from syncd.directory.ldif_source import LdifSource
from syncd.directory.reading import Scope, Selection, TreeSettings
from syncd.errors import ConfigurationError, SourceBroken
from syncd.model.source import Grade
from syncd.testing.sample import PEOPLE, SUFFIX, ldif_text, sample_ldif
from syncd.testing.slapd import Slapd

PERSON, UNIT = "(objectClass=inetOrgPerson)", "(objectClass=organizationalUnit)"
EVERYTHING = frozenset({"*"})
Make = Callable[[TreeSettings], Source]


@pytest.fixture(params=["ldif", "ldap"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return a way to make a source of the sample company."""
    if request.param == "ldif":
        (tmp_path / "company.ldif").write_bytes(sample_ldif())
        return lambda settings: LdifSource(settings, tmp_path / "company.ldif")
    server: Slapd = request.getfixturevalue("slapd")
    return lambda settings: LdapSource(settings, LdapSettings((server.url,)), EVERYTHING, EVERYTHING, EVERYTHING)


def tree(**changed: object) -> TreeSettings:
    """Return what to read."""
    values = {"users": Selection(PERSON, (PEOPLE,)), "departments": Selection(UNIT, (PEOPLE,)), **changed}
    return TreeSettings("company", **values)  # type: ignore[arg-type]


def test_the_same_entries_with_the_same_keys_places_and_values(make: Make, tmp_path: Path) -> None:
    """File and server give the same entries with the same keys, places and values, and say that they are whole."""
    (tmp_path / "again.ldif").write_bytes(sample_ldif())
    snapshot, expected = make(tree()).read(), LdifSource(tree(), tmp_path / "again.ldif").read()
    for found, wanted in ((snapshot.users, expected.users), (snapshot.departments, expected.departments)):
        assert {one.key: one.path for one in found} == {one.key: one.path for one in wanted}
        values = {one.key: {name: sorted(map(str, all_)) for name, all_ in one.attributes.items()} for one in wanted}
        assert {
            one.key: {name: sorted(map(str, one.attributes[name])) for name in values[one.key]} for one in found
        } == values
    assert snapshot.certificate.grade is Grade.WHOLE
    assert snapshot.certificate.proofs
    assert (snapshot.source, snapshot.key_attribute) == ("company", "entryUUID")


def test_a_configured_key_is_used(make: Make) -> None:
    """The configured attribute is the key of a person, whatever the server would offer."""
    assert "anna.schmidt" in {one.key for one in make(tree(key="uid", departments=None)).read().users}


def test_exclusion_scope_and_filters_choose_alike(make: Make) -> None:
    """Filters, scopes and exclusions choose the same entries, in whatever spelling their DNs are."""
    chosen = make(
        tree(
            users=Selection("(&(objectClass=inetOrgPerson)(|(uid=anna.*)(mail=*HÅKON*)(title=经理)))", (PEOPLE,)),
            departments=Selection(UNIT, (f"OU=销售部,{PEOPLE.upper()}",), Scope.ONE),
            exclude=(f"ou=facilities\\2c shanghai,ou=OPERATIONS,{PEOPLE}",),
        )
    ).read()
    assert {str(one.attributes["ou"][0]) for one in chosen.departments} == {"华东区", "华南区", "海外 Sales"}
    assert "anna.schmidt" in {one.attributes["uid"][0] for one in chosen.users}
    assert not [one for one in chosen.users if "Facilities" in one.locator]


def test_nothing_found_is_unproven_and_a_missing_base_is_broken(make: Make) -> None:
    """A search that finds nothing is unproven and a missing base is broken, so that neither empties a company."""
    assert make(tree(users=Selection("(uid=nobody)", (PEOPLE,)))).read().certificate.grade is Grade.UNPROVEN
    with pytest.raises(SourceBroken, match="ou=none"):
        make(tree(users=Selection(PERSON, (f"ou=none,{PEOPLE}",)))).read()


def test_a_filter_that_is_none_is_a_mistake_in_the_configuration(make: Make) -> None:
    """A broken search filter is an error of the configuration, at once or at the first reading."""
    with pytest.raises(ConfigurationError, match="is not a search filter"):
        make(tree(users=Selection("(uid=x", (PEOPLE,)))).read()


def test_only_members_of_groups_are_people(make_with_groups: Make) -> None:
    """Only members of the named group are people, nested groups included, and a group that is missing is broken."""
    groups = f"ou=groups,{SUFFIX}"
    chosen = make_with_groups(tree(users=Selection(PERSON, (PEOPLE,), members_of=(f"CN=All,{groups}",)))).read()
    assert {one.attributes["uid"][0] for one in chosen.users} == {"anna.schmidt", "mia.rossi"}
    with pytest.raises(SourceBroken, match="the group cn=none"):
        make_with_groups(tree(users=Selection(PERSON, (PEOPLE,), members_of=(f"cn=none,{groups}",)))).read()


@pytest.fixture(params=["ldif", "ldap"])
def make_with_groups(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Return a way to make a source of the sample company with two groups that hold each other."""
    people = {str(one.attributes["uid"][0]): one.dn for one in records(sample_ldif(), "x") if "uid" in one.attributes}
    groups = f"ou=groups,{SUFFIX}"
    held = {"all": (f"cn=inner,{groups}", people["anna.schmidt"]), "inner": (f"cn=all,{groups}", people["mia.rossi"])}
    top: dict[str, tuple[str, ...]] = {"objectClass": ("organizationalUnit",), "ou": ("groups",)}
    entries = [(groups, top)]
    entries += [
        (f"cn={name},{groups}", {"objectClass": ("groupOfNames",), "cn": (name,), "member": members})
        for name, members in held.items()
    ]
    content = sample_ldif() + ldif_text(entries).removeprefix(b"version: 1")
    if request.param == "ldif":
        (tmp_path / "company.ldif").write_bytes(content)
        yield lambda settings: LdifSource(settings, tmp_path / "company.ldif")
        return
    request.getfixturevalue("slapd_is_there")
    with Slapd(content) as server:
        yield lambda settings: LdapSource(settings, LdapSettings((server.url,)), EVERYTHING, EVERYTHING, EVERYTHING)


def test_rooms_are_chosen_like_departments_and_only_where_they_are_asked_for(make: Make) -> None:
    """Rooms are read where there is a selection for them, with keys and places, and are unknown otherwise."""
    assert make(tree()).read().rooms is None
    rooms = make(tree(rooms=Selection("(ou=华*)", (PEOPLE,)))).read().rooms or ()
    assert {str(one.attributes["ou"][0]) for one in rooms} == {"华东区", "华南区"}
    assert all(one.key and one.path for one in rooms)


def test_names_that_a_server_tells_apart_are_told_apart(slapd_is_there: object, tmp_path: Path) -> None:
    """A file and a server give every person and department whose name only looks like another one's."""
    del slapd_is_there
    units = ("Straße", "Strasse")
    names = ("Maria Weiß", "Maria Weiss", "Σας", "Σασ", "İpek", "i̇pek", "Ⅳ", "IV")
    entries = [(f"ou={unit},{PEOPLE}", {"objectClass": ("organizationalUnit",), "ou": (unit,)}) for unit in units]
    entries += [
        (f"cn={name},ou=Straße,{PEOPLE}", {"objectClass": ("inetOrgPerson",), "cn": (name,), "sn": (name,)})
        for name in names
    ]
    text = sample_ldif() + ldif_text(entries).removeprefix(b"version: 1")
    keyed = "".join(
        line if not line.startswith("dn:") else f"{line}entryUUID: 00000000-0000-4000-8000-{number:012}\n"
        for number, line in enumerate(ldif_text(entries).removeprefix(b"version: 1").decode().splitlines(keepends=True))
    )
    (tmp_path / "alike.ldif").write_bytes(sample_ldif() + keyed.encode())
    with Slapd(text) as server:
        for source in (
            LdapSource(tree(), LdapSettings((server.url,)), EVERYTHING, EVERYTHING, EVERYTHING),
            LdifSource(tree(), tmp_path / "alike.ldif"),
        ):
            snapshot = source.read()
            assert snapshot.certificate.grade is Grade.WHOLE
            people = [entry.attributes["cn"][0] for entry in snapshot.users if entry.attributes["cn"][0] in names]
            assert sorted(map(str, people)) == sorted(names)
            assert {entry.attributes["ou"][0] for entry in snapshot.departments} >= set(units)
            homes = {entry.path[1:] for entry in snapshot.users if entry.attributes["cn"][0] in names}
            (street,) = (entry.path for entry in snapshot.departments if entry.attributes["ou"][0] == "Straße")
            assert homes == {street}
