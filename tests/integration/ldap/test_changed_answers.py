"""Real answers are changed on the way: lists in ranges and small pages are read whole, and a fault breaks a read."""

from typing import Literal

import pytest

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import SourceBroken
from syncd.model.source import Snapshot
from syncd.testing.sample import PEOPLE
from syncd.testing.slapd import Slapd
from tests.kit.servers import domain
from tests.kit.servers.ldap_changes import (
    CutInEntry,
    Disconnects,
    Ends,
    NoCookie,
    Ranges,
    Restarts,
    SmallPages,
    Swallows,
)
from tests.kit.servers.ldap_proxy import Changes, LdapProxy
from tests.kit.servers.samba import PORTS, Samba
from tests.kit.waiting import DEADLINE_SECONDS

PERSON = "(&(objectCategory=person)(objectClass=user))"
BIG = domain.group("big")
NO_ANSWER = "ended in the middle: no answer in time"
FAULTS: dict[str, Changes] = {
    "ended in the middle: the server closed the connection": CutInEntry(2, 3),
    "without a paging cookie": NoCookie(2),
    "ended by the server with busy (51)": Ends(3, 51),
    "ended by the server with sizeLimitExceeded (4)": Ends(2, 4),
    "ended by the server with timeLimitExceeded (3)": Ends(2, 3),
    "ended by the server with adminLimitExceeded (11)": Ends(1, 11),
    "ended by the server with unwillingToPerform (53)": Ends(2, 53),
    NO_ANSWER: Swallows(2),
    "the server ends the connection with unavailable shutting down": Disconnects(2),
}


def read(server: Samba, changes: Changes, members_of: tuple[str, ...] = (), page_size: int = 1000) -> Snapshot:
    """Return what is read of a domain through a proxy."""
    with LdapProxy(server.address, PORTS["ldaps"], changes, tls=True) as proxy:
        tree = TreeSettings("ad", Selection(PERSON, (domain.MANY,), members_of=members_of))
        how = LdapSettings((proxy.url,), domain.READER, domain.READER_PASSWORD, page_size=page_size)
        return LdapSource(tree, how, frozenset({"sAMAccountName"}), frozenset()).read()


@pytest.mark.parametrize(("size", "asked"), [(1500, 1), (1999, 1), (2000, 0), (400, 4)])
def test_a_long_list_of_members_is_read_to_its_end(samba: Samba, size: int, asked: int) -> None:
    """A long list of members is read range by range to its end, whether it ends with a full range or not."""
    changes = Ranges(size)
    snapshot = read(samba, changes, (BIG,))
    assert {one.locator for one in snapshot.users} == {domain.many(number) for number in range(2000)}
    assert len([one for one in changes.given if one.startswith("member;")]) >= asked


@pytest.mark.parametrize("then", ["nothing", "later"])
def test_a_list_that_does_not_go_on_is_broken(samba: Samba, then: Literal["nothing", "later"]) -> None:
    """A list of members that does not go on where it was cut breaks the read."""
    with pytest.raises(SourceBroken, match="does not go on with member;range=1500-"):
        read(samba, Ranges(then=then), (BIG,))


def test_long_lists_of_people_are_read_to_their_ends(samba: Samba) -> None:
    """Any attribute of a person may come in ranges, and all of its values are read."""
    changes = Ranges(1)
    with LdapProxy(samba.address, PORTS["ldaps"], changes, tls=True) as proxy:
        tree = TreeSettings("ad", Selection("(sAMAccountName=u00001)", (domain.MANY,)))
        how = LdapSettings((proxy.url,), domain.READER, domain.READER_PASSWORD)
        (entry,) = LdapSource(tree, how, frozenset({"objectClass"}), frozenset()).read().users
    assert [str(one) for one in entry.attributes["objectclass"]] == ["top", "person", "organizationalPerson", "user"]
    given = [one for one in changes.given if one.startswith("objectClass")]
    assert given == ["objectClass;range=0-0", "objectClass;range=1-1", "objectClass;range=2-2"]


@pytest.mark.parametrize(
    "wrong", [Ends(1, 52), Ends(2, 51), Ends(1, 32), NoCookie(1), CutInEntry(1, 1), Disconnects(1)]
)
def test_a_server_that_answers_the_bind_alone_is_passed_over(slapd: Slapd, wrong: Changes) -> None:
    """A first server that binds and then breaks off is passed over, and the read is whole from the second."""
    tree = TreeSettings("ldap", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
    with LdapProxy("127.0.0.1", slapd.port, wrong) as first, LdapProxy("127.0.0.1", slapd.port, Changes()) as second:
        how = LdapSettings((first.url, second.url), page_size=20)
        found = LdapSource(tree, how, frozenset({"uid"}), frozenset()).read()
        alone = LdapSource(tree, LdapSettings((second.url,)), frozenset({"uid"}), frozenset()).read()
    assert {entry.key for entry in found.users} == {entry.key for entry in alone.users}
    assert found.certificate.proofs[0].startswith(second.url)


def test_where_every_server_breaks_off_each_is_told(slapd: Slapd) -> None:
    """A read that no server brings to its end is broken, and says what each of them did."""
    tree = TreeSettings("ldap", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
    with (
        LdapProxy("127.0.0.1", slapd.port, Ends(1, 52)) as first,
        LdapProxy("127.0.0.1", slapd.port, Ends(1, 51)) as second,
    ):
        how = LdapSettings((first.url, second.url, "ldap://127.0.0.1:1"))
        with pytest.raises(SourceBroken) as caught:
            LdapSource(tree, how, frozenset({"uid"}), frozenset()).read()
    for words in ("unavailable (52)", "busy (51)", "ldap://127.0.0.1:1: no connection"):
        assert words in str(caught.value)


@pytest.mark.parametrize(("are_empty", "what"), [(False, "the same page"), (True, "an empty page")])
def test_a_search_without_end_is_broken(slapd: Slapd, *, are_empty: bool, what: str) -> None:
    """A server that gives the same page again and again, or empty ones, breaks the read soon."""
    with LdapProxy("127.0.0.1", slapd.port, Restarts(2, are_empty=are_empty)) as proxy:
        tree = TreeSettings("ldap", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
        with pytest.raises(SourceBroken, match=f"has no end: {what}"):
            LdapSource(tree, LdapSettings((proxy.url,), page_size=2), frozenset({"uid"}), frozenset()).read()


def test_a_server_that_gives_smaller_pages_is_read_whole(samba: Samba) -> None:
    """A server that gives smaller pages than `page_size` is read whole."""
    snapshot = read(samba, SmallPages(), page_size=5000)
    assert len(snapshot.users) == domain.COUNT
    assert "1 searches in 3 pages" in snapshot.certificate.proofs[0]


@pytest.mark.parametrize("words", FAULTS)
def test_a_fault_on_any_page_breaks_the_read(slapd: Slapd, words: str) -> None:
    """A fault on any page breaks the read and is named, whatever has come until then (I4)."""
    with LdapProxy("127.0.0.1", slapd.port, FAULTS[words]) as proxy:
        tree = TreeSettings("ldap", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
        how = LdapSettings((proxy.url,), page_size=10, read_timeout=1.0 if words == NO_ANSWER else DEADLINE_SECONDS)
        source = LdapSource(tree, how, frozenset({"uid"}), frozenset())
        with pytest.raises(SourceBroken) as caught:
            source.read()
    assert words in str(caught.value)


def test_a_proxy_that_changes_nothing_changes_nothing(slapd: Slapd) -> None:
    """A proxy that changes nothing changes nothing, so that what the other tests see comes from their changes."""
    with LdapProxy("127.0.0.1", slapd.port, Changes()) as proxy:
        tree = TreeSettings("ldap", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
        source = LdapSource(tree, LdapSettings((proxy.url,), page_size=10), frozenset({"uid"}), frozenset())
        assert len(source.read().users) == 64
