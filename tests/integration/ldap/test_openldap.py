"""What is OpenLDAP's own is known: accounts locked for good or for a while, entryUUID, groups without memberOf."""

import time
from collections.abc import Iterator

import pytest
from ldap3 import MODIFY_REPLACE, Connection, Server

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import SourceBroken
from syncd.mapping.presence import LOCKED_FOR_GOOD, is_enabled
from syncd.model.source import Entry, Grade, Snapshot
from syncd.testing.company import generated
from syncd.testing.sample import PEOPLE, SUFFIX, ldif_text
from syncd.testing.slapd import DATABASE, Slapd

ATTRIBUTES = frozenset({"uid", "pwdAccountLockedTime", "userAccountControl", "accountExpires", "nsAccountLock"})
POLICY = f"cn=policy,{SUFFIX}"
PASSWORD = "Right-1"
GROUPS = f"ou=groups,{SUFFIX}"


@pytest.fixture(scope="module")
def server(slapd_is_there: object) -> Iterator[Slapd]:
    """Yield a server that locks whoever gives three wrong passwords, with groups in groups."""
    del slapd_is_there
    policy = {"objectClass": ("device", "pwdPolicy"), "pwdAttribute": ("userPassword",), "pwdLockout": ("TRUE",)}
    entries: list[tuple[str, dict[str, tuple[str, ...]]]] = [
        (POLICY, {**policy, "pwdMaxFailure": ("3",), "pwdLockoutDuration": ("600",)}),
        (GROUPS, {"objectClass": ("organizationalUnit",), "ou": ("groups",)}),
        (f"cn=outer,{GROUPS}", group("uniqueMember", f"cn=inner,{GROUPS}", person(1))),
        (f"cn=inner,{GROUPS}", group("member", f"CN=Outer , {GROUPS}", person(2), f"uid=gone,{PEOPLE}")),
        (f"cn=elsewhere,{GROUPS}", group("member", person(3), "cn=other,dc=example,dc=org")),
    ]
    with Slapd(generated(10, 0).ldif() + ldif_text(entries).removeprefix(b"version: 1")) as made:
        with made.configuration() as connection:
            overlay = {"olcOverlay": "ppolicy", "olcPPolicyDefault": POLICY}
            connection.add(f"olcOverlay=ppolicy,{DATABASE}", ["olcOverlayConfig", "olcPPolicyConfig"], overlay)  # type: ignore[no-untyped-call]
        yield made


def group(attribute: str, *members: str) -> dict[str, tuple[str, ...]]:
    """Return a group's entry."""
    kind = "groupOfNames" if attribute == "member" else "groupOfUniqueNames"
    return {"objectClass": (kind,), attribute: members}


def person(number: int) -> str:
    """Return a person's DN."""
    return f"uid=user{number:06},{PEOPLE}"


def read(server: Slapd, *members_of: str, exclude: tuple[str, ...] = ()) -> Snapshot:
    """Return the people whom a source reads."""
    users = Selection("(objectClass=inetOrgPerson)", (PEOPLE,), members_of=members_of)
    tree = TreeSettings("openldap", users, exclude=exclude)
    return LdapSource(tree, LdapSettings((server.url,)), ATTRIBUTES, frozenset()).read()


def states(snapshot: Snapshot) -> dict[str, bool]:
    """Return whether each person is enabled now, by account."""
    return {account(one): is_enabled(one.attributes, time.time()) for one in snapshot.users}


def account(entry: Entry) -> str:
    """Return the account of an entry."""
    return str(entry.attributes["uid"][0])


def set_values(server: Slapd, dn: str, **values: str) -> None:
    """Set values of an entry as the administrator."""
    with server.connection() as connection:
        connection.modify(dn, {name: [(MODIFY_REPLACE, [value])] for name, value in values.items()})  # type: ignore[no-untyped-call]


def can_bind(server: Slapd, dn: str, password: str) -> bool:
    """Whether the server takes a password."""
    connection = Connection(Server(server.url), dn, password)
    try:
        return bool(connection.bind())
    finally:
        connection.unbind()


def test_who_is_locked_for_a_while_is_enabled(server: Slapd) -> None:
    """Who is locked for a while, after too many wrong passwords, is enabled."""
    name = person(4)
    set_values(server, name, userPassword=PASSWORD)
    for _ in range(6):  # the server counts two within the same microsecond as one
        assert not can_bind(server, name, "wrong")
    assert not can_bind(server, name, PASSWORD)
    entry = next(one for one in read(server).users if one.locator == name)
    assert entry.attributes["pwdaccountlockedtime"] != (LOCKED_FOR_GOOD,)
    assert states(read(server))["user000004"]


def test_who_is_locked_for_good_is_disabled(server: Slapd) -> None:
    """Who is locked for good is disabled, and nobody else is."""
    set_values(server, person(5), userPassword=PASSWORD)
    set_values(server, person(5), pwdAccountLockedTime=LOCKED_FOR_GOOD)
    assert not can_bind(server, person(5), PASSWORD)
    found = states(read(server))
    assert [name for name, is_on in found.items() if not is_on] == ["user000005"]


def test_the_key_is_the_entry_uuid_and_outlives_a_rename(server: Slapd) -> None:
    """The key is the entryUUID as the server shows it, in lower case, and it outlives a rename."""
    before = {account(one): one.key for one in read(server).users}
    with server.connection() as connection:
        connection.search(PEOPLE, "(uid=user000006)", attributes=["entryUUID"])
        shown = str(connection.entries[0].entryUUID)
        connection.modify_dn(person(6), "uid=renamed")
        try:
            after = {account(one): one.key for one in read(server).users}
        finally:
            connection.modify_dn(f"uid=renamed,{PEOPLE}", "uid=user000006")
    assert before["user000006"] == after["renamed"] == shown.lower()


def test_groups_in_groups_are_followed_from_the_top(server: Slapd) -> None:
    """Groups in groups are followed from the top, through either attribute, rings and members who are gone."""
    found = read(server, f"cn=outer,{GROUPS}")
    assert {account(one) for one in found.users} == {"user000001", "user000002"}
    assert found.certificate.grade is Grade.WHOLE


def test_a_member_of_another_directory_is_nobody_here(server: Slapd) -> None:
    """A member in another directory is nobody here, and a doubt where the server would refer to that directory."""
    assert read(server, f"cn=elsewhere,{GROUPS}").certificate.grade is Grade.WHOLE
    with server.configuration() as connection:
        connection.modify("cn=config", {"olcReferral": [(MODIFY_REPLACE, ["ldap://ds.example.org"])]})  # type: ignore[no-untyped-call]
        try:
            doubted = read(server, f"cn=elsewhere,{GROUPS}")
            excluded = read(server, f"cn=elsewhere,{GROUPS}", exclude=("dc=example,dc=org",))
            base = Selection("(uid=*)", ("dc=example,dc=org",))
            source = LdapSource(TreeSettings("x", base), LdapSettings((server.url,)), ATTRIBUTES, frozenset())
            with pytest.raises(SourceBroken, match="is not for this server, which refers to ldap:"):
                source.read()
        finally:
            connection.modify("cn=config", {"olcReferral": [(MODIFY_REPLACE, [])]})  # type: ignore[no-untyped-call]
    assert doubted.certificate.grade is Grade.UNPROVEN
    assert "first: cn=other,dc=example,dc=org" in doubted.certificate.doubts[0]
    assert excluded.certificate.grade is Grade.WHOLE
