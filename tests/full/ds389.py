"""A real 389 Directory Server: keys, locked accounts, pages, groups; `389ds.sh` makes the server and runs this."""

import os
import threading
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ldap3 import MODIFY_ADD, MODIFY_REPLACE, Connection, Server
from ldap3.core.exceptions import LDAPEntryAlreadyExistsResult

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import ConfigurationError, SourceBroken
from syncd.mapping.presence import is_enabled
from syncd.model.source import Entry, Grade, Snapshot
from tests.kit.installation.site import Site
from tests.kit.waiting import comes

URL, PASSWORD, CA = (os.environ[f"SYNCD_TEST_389DS{name}"] for name in ("", "_PASSWORD", "_CA"))
EXAMPLE = Path(__file__).parents[2] / "config" / "389-ds.toml"
SUFFIX = "dc=example,dc=com"
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
SALES = f"ou=销售,{PEOPLE}"
READER, READER_PASSWORD = f"uid=reader,ou=services,{SUFFIX}", "Read-only-1"
COUNT, LOCKED = 1200, 7
READS = (
    f'(targetattr="* || nsAccountLock || nsUniqueId")(version 3.0; acl "syncd reads";'
    f' allow (read, search, compare) userdn="ldap:///{READER}";)'
)


@pytest.fixture(scope="module", autouse=True)
def _company() -> Iterator[None]:
    """Fill the server."""
    manager = bound()
    manager.modify(SUFFIX, {"aci": [(MODIFY_ADD, [READS])]})  # type: ignore[no-untyped-call]
    manager.add(SALES, "organizationalUnit", {"ou": "销售", "description": "Sales"})  # type: ignore[no-untyped-call]
    services = f"ou=services,{SUFFIX}"
    with suppress(LDAPEntryAlreadyExistsResult):
        manager.add(services, "organizationalUnit")  # type: ignore[no-untyped-call]
    manager.add(READER, ["account", "simpleSecurityObject"], {"userPassword": READER_PASSWORD})  # type: ignore[no-untyped-call]
    for number in range(COUNT):
        kinds = ["nsPerson", "nsAccount", "nsOrgPerson"]
        values = {"cn": f"王 {number}", "displayName": f"王 {number}", "uid": account(number)}
        manager.add(person(number), kinds, values)  # type: ignore[no-untyped-call]
    for name, members in {
        "inner": [person(1), f"cn=outer,{GROUPS}"],
        "outer": [person(0), f"cn=inner,{GROUPS}"],
    }.items():
        manager.add(f"cn={name},{GROUPS}", "groupOfNames", {"member": members})  # type: ignore[no-untyped-call]
    manager.modify(person(LOCKED), {"nsAccountLock": [(MODIFY_REPLACE, ["true"])]})  # type: ignore[no-untyped-call]
    yield
    manager.unbind()


def bound() -> Connection:
    """Give a connection of the server's manager, which raises its errors."""
    return Connection(Server(URL), "cn=Directory Manager", PASSWORD, auto_bind=True, raise_exceptions=True)


def account(number: int) -> str:
    """Give a person's account."""
    return f"user{number:05}"


def person(number: int) -> str:
    """Give a person's DN."""
    return f"uid={account(number)},{SALES}"


def read(*members_of: str, key: str = "nsUniqueId", **connection: object) -> Snapshot:
    """Read everybody as the reader, by StartTLS."""
    how = {"start_tls": True, "ca_file": CA, "bind_dn": READER, "bind_password": READER_PASSWORD, **connection}
    users = Selection("(objectClass=nsPerson)", (PEOPLE,), members_of=members_of)
    tree = TreeSettings("ds389", users, Selection("(objectClass=organizationalUnit)", (PEOPLE,)), key=key)
    source = LdapSource(tree, LdapSettings((URL,), **how), frozenset({"uid", "nsAccountLock"}), frozenset({"ou"}))  # type: ignore[arg-type]
    return source.read()


def accounts(people: tuple[Entry, ...]) -> set[str]:
    """Give the accounts of people."""
    return {str(one.attributes["uid"][0]) for one in people} - {"demo_user"}


def test_everybody_is_read_in_pages() -> None:
    """To the last cookie."""
    snapshot = read(page_size=100)
    assert accounts(snapshot.users) == set(map(account, range(COUNT)))
    assert snapshot.certificate.grade is Grade.WHOLE
    assert snapshot.naming_context == SUFFIX
    assert "searches in 14 pages" in snapshot.certificate.proofs[0]


def test_keys_are_what_the_server_shows() -> None:
    """The nsUniqueId in lower case; found by itself too, since entries older than the plugin have no entryUUID."""
    manager = bound()
    manager.search(PEOPLE, "(objectClass=nsPerson)", attributes=["nsUniqueId", "entryUUID"])
    shown = [one["raw_attributes"] for one in manager.response or ()]
    manager.unbind()
    assert [one for one in shown if not one["entryUUID"]], "the sample's demo_user is older"
    for key in ("nsUniqueId", "auto"):
        found = read(key=key)
        assert found.key_attribute == "nsUniqueId"
        assert {one.key for one in found.users} == {one["nsUniqueId"][0].decode().lower() for one in shown}


def test_who_is_locked_is_disabled() -> None:
    """By nsAccountLock alone."""
    assert accounts(tuple(one for one in read().users if not is_enabled(one.attributes, 0))) == {account(LOCKED)}


def test_groups_in_groups_are_followed() -> None:
    """A ring ends; a group that is not there is broken."""
    assert accounts(read(f"cn=outer,{GROUPS}").users) == {account(0), account(1)}
    with pytest.raises(SourceBroken, match="the group cn=none"):
        read(f"cn=none,{GROUPS}")


def test_a_reader_without_rights_reads_nothing_and_proves_nothing() -> None:
    """The server says success and shows nobody, which is no empty company."""
    assert read(bind_dn="", bind_password="").certificate.grade is Grade.UNPROVEN


def test_a_wrong_password_is_told_at_once() -> None:
    """In one line."""
    with pytest.raises(ConfigurationError, match="refuses the password"):
        read(bind_password="wrong")


def test_the_example_brings_it_to_the_platform(site: Site) -> None:
    """As `config/389-ds.toml` has it, but for addresses; a second run plans nothing, and a lock is reported."""
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["source"]["ds389"]
    text = EXAMPLE.read_text(encoding="utf-8").partition("[platform]")[0]
    text = text.replace(example["urls"][0], URL).replace(example["bind_dn"], READER)
    text = text.replace(
        'bind_password_file = "bind-password"', f'bind_password = "{READER_PASSWORD}"\nca_file = "{CA}"'
    )
    site.configure(text)
    assert site.settle().code == 0
    again = site.run("plan", "--json").json
    assert again["operations"] == []
    assert {name for name in site.shown if name.startswith("user")} >= set(map(account, range(LOCKED)))
    assert {home for *_, home in site.shown.values() if home} == {("Sales",)}


def test_it_tells_of_changes_as_they_happen() -> None:
    """By its content synchronization plug-in (RFC 4533), with the key that a whole read gives."""
    woken = threading.Event()
    settings = LdapSettings((URL,), READER, READER_PASSWORD, start_tls=True, ca_file=CA)
    tree = TreeSettings("ds389", Selection("(objectClass=nsPerson)", (PEOPLE,)))
    feed = LdapSource(tree, settings, frozenset({"uid", "displayName"}), frozenset()).feed(woken.set)
    feed.begin()
    names: dict[str, object] = {}

    def told(wanted: str) -> bool:
        for one in feed.changes("nsUniqueId").users:
            names[one.key] = one.attributes["displayname"][0]
        return wanted in names.values()

    manager = bound()
    try:
        assert comes(lambda: told("王 3"))
        names.clear()
        woken.clear()
        manager.modify(person(3), {"displayName": [(MODIFY_REPLACE, ["新名"])]})  # type: ignore[no-untyped-call]
        assert woken.wait(10)
        assert comes(lambda: told("新名"))
        key = next(one for one, name in names.items() if name == "新名")
        assert accounts(tuple(one for one in read().users if one.key == key)) == {account(3)}
    finally:
        manager.unbind()
        feed.end()
