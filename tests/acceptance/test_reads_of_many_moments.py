"""A read of a directory server is not one moment, and may not show all that is there: nobody loses anything for it."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.testing.company import Company, Person, Unit
from syncd.testing.slapd import SUFFIX, Slapd
from tests.kit.installation.site import Site
from tests.kit.servers.ldap_changes import Meanwhile
from tests.kit.servers.ldap_proxy import LdapProxy

PEOPLE = f"ou=people,{SUFFIX}"
READER = "cn=reader,dc=example,dc=com"
SOURCE = """[source.directory]
type = "ldap"
urls = ["{url}"]
base = {bases}
page_size = 20
[source.directory.users]
filter = "(objectClass=inetOrgPerson)"
[source.directory.departments]
"""
LOCK = '[policy]\non_leaver = "lock"\n'
NORTH, SOUTH, EAST = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
SMALL = Company(
    {NORTH: Unit("北区", ""), SOUTH: Unit("南区", ""), EAST: Unit("东组", NORTH)},
    {
        str(uuid.UUID(int=100 + number)): Person(f"user{number}", f"员工{number}", f"1380000000{number}", "", "", unit)
        for number, unit in enumerate((NORTH, NORTH, EAST, EAST, SOUTH, SOUTH))
    },
)
NORTH_DN, SOUTH_DN = f"ou=北区,{PEOPLE}", f"ou=南区,{PEOPLE}"


def configure(site: Site, url: str, tail: str = LOCK, bases: tuple[str, ...] = (PEOPLE,)) -> None:
    """Read the people below these bases from a server."""
    site.configure(SOURCE.format(url=url, bases=json.dumps(bases, ensure_ascii=False)), tail)


@pytest.fixture
def server(slapd_is_there: object) -> Iterator[Slapd]:
    """Return a server that holds a small company."""
    del slapd_is_there
    with Slapd(SMALL.ldif()) as server:
        yield server


@pytest.fixture
def synced(server: Slapd, site: Site) -> Site:
    """Return an installation that was synced from the server."""
    configure(site, server.url)
    assert site.settle().code == 0
    assert len(site.shown) == len(SMALL.people)
    return site


def hide(server: Slapd, *places: str) -> None:
    """Let readers see no longer the entries at these places, but all below them."""
    rules = [f'{{{number}}}to dn.base="{place}" by * none' for number, place in enumerate(places)]
    with server.configuration() as connection:
        change = {"olcAccess": [(MODIFY_REPLACE, [*rules, f"{{{len(rules)}}}to * by * read"])]}
        connection.modify("olcDatabase={1}mdb,cn=config", change)  # type: ignore[no-untyped-call]


@contextmanager
def meanwhile(site: Site, server: Slapd, text: str, happens: Callable[[], None], **how: object) -> Iterator[Site]:
    """Let something happen in the directory while it is read, before the first request that has this text in it."""
    changes = Meanwhile(text, happens)
    with LdapProxy("127.0.0.1", server.port, changes) as proxy:
        configure(site, proxy.url, **how)  # type: ignore[arg-type]
        yield site
    assert changes.has_happened


def operations(site: Site) -> list[tuple[str, str]]:
    """Return what a plan would do, by action and kind."""
    return [(each["action"], each["kind"]) for each in site.run("plan", "--json").json["operations"]]


def renamed(server: Slapd, dn: str, name: str, above: str | None = None) -> Callable[[], None]:
    """Return what renames or moves an entry."""

    def rename() -> None:
        with server.connection() as connection:
            connection.modify_dn(dn, name, new_superior=above)

    return rename


def test_a_department_that_the_reader_may_not_see_any_more_stays_with_its_people(server: Slapd, synced: Site) -> None:
    """A department whose people are seen is there, though the reader may not see it: it stays, and they do."""
    before, calls = synced.shown, len(synced.sandbox.calls)
    hide(server, NORTH_DN)
    assert operations(synced) == []
    assert synced.run("reconcile").code == 0
    assert (synced.shown, len(synced.sandbox.calls)) == (before, calls)


def test_a_department_without_anybody_below_it_goes(server: Slapd, synced: Site) -> None:
    """A department that is not seen, with nobody below it in the directory, is removed as ever."""
    with server.connection() as connection:
        for number in (4, 5):
            connection.modify_dn(f"uid=user{number},{SOUTH_DN}", f"uid=user{number}", new_superior=NORTH_DN)
    hide(server, SOUTH_DN)
    assert sorted(operations(synced)) == [("move", "user"), ("move", "user"), ("remove", "department")]


def test_who_moves_below_a_level_that_nobody_knows_stays_and_is_named(server: Slapd, synced: Site) -> None:
    """Somebody linked below a level that is neither seen nor known stays where they are; somebody new is not made."""
    place = f"ou=密区,{PEOPLE}"
    with server.connection() as connection:
        connection.add(place, "organizationalUnit")  # type: ignore[no-untyped-call]
        connection.modify_dn(f"uid=user0,{NORTH_DN}", "uid=user0", new_superior=place)
        connection.add(f"uid=neu,{place}", "inetOrgPerson", {"cn": "新人", "sn": "新"})  # type: ignore[no-untyped-call]
    hide(server, place)
    plan = synced.run("plan", "--json").json
    assert plan["operations"] == []
    named = {skip["locator"]: skip["reason"] for skip in plan["skipped"]}
    assert named == {f"uid={account},{place}": "unknown_department" for account in ("user0", "neu")}


def test_a_department_that_is_renamed_between_two_searches_keeps_its_people(server: Slapd, synced: Site) -> None:
    """People read below the old name of a department stay in it, and the department has its new name."""
    rename = renamed(server, NORTH_DN, "ou=新北区")
    with meanwhile(synced, server, "organizationalUnit", rename):
        assert operations(synced) == [("update", "department")]


def test_a_department_that_is_moved_between_two_searches_keeps_its_people(server: Slapd, synced: Site) -> None:
    """People read below the old place of a department stay in it when it is moved meanwhile."""
    move = renamed(server, NORTH_DN, "ou=北区", SOUTH_DN)
    with meanwhile(synced, server, "organizationalUnit", move):
        assert operations(synced) == [("move", "department")]


def test_somebody_who_moves_between_the_searches_of_two_bases_is_no_leaver(server: Slapd, synced: Site) -> None:
    """Somebody who moves to a base that was read already is asked for once more, and is neither locked nor removed."""
    bases = (NORTH_DN, SOUTH_DN)
    configure(synced, server.url, bases=bases)
    assert synced.settle().code == 0
    calls = len(synced.sandbox.calls)
    move = renamed(server, f"uid=user4,{SOUTH_DN}", "uid=user4", NORTH_DN)

    # The base of the second search is the first request that names it.
    with meanwhile(synced, server, SOUTH_DN, move, bases=bases):
        assert synced.run("reconcile").code == 0
    assert all(call[0] != "user/update" for call in synced.sandbox.calls[calls:])
    configure(synced, server.url, bases=bases)
    assert synced.run("reconcile").code == 0
    assert set(synced.shown) == {person.account for person in SMALL.people.values()}


def test_somebody_who_is_gone_is_locked_after_all(server: Slapd, synced: Site) -> None:
    """Somebody whom the directory does not have any more, when asked once more, is locked."""
    with server.connection() as connection:
        connection.delete(f"uid=user4,{SOUTH_DN}")  # type: ignore[no-untyped-call]
    assert operations(synced) == [("lock", "user")]
