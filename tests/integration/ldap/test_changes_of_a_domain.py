"""Changes of a domain controller are asked for by change number (MS-ADTS 3.1.1.1.9)."""

from collections.abc import Callable

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_feed import LdapFeed
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.model.source import Changes
from tests.kit.servers import domain
from tests.kit.servers.samba import Samba

PERSON = "(&(objectCategory=person)(objectClass=user))"
UNIT = "(objectClass=organizationalUnit)"


@pytest.fixture
def feed(samba: Samba) -> LdapFeed:
    """Return the feed of the domain's company, begun."""
    settings = LdapSettings(
        (samba.tls_url,), domain.READER, bind_password=domain.READER_PASSWORD, ca_file=samba.ca_file
    )
    tree = TreeSettings("ad", Selection(PERSON, (domain.COMPANY,)), Selection(UNIT, (domain.COMPANY,)))
    source = LdapSource(tree, settings, frozenset({"sAMAccountName", "title"}), frozenset({"ou"}))
    made = source.feed(lambda: None)
    made.begin()
    return made


def look(feed: LdapFeed) -> Changes:
    """Return what has changed since the last look."""
    return feed.changes("objectGUID")


def test_nothing_has_changed_where_nothing_has(feed: LdapFeed) -> None:
    """Where nothing has changed since the feed began, it tells nothing."""
    assert look(feed) == Changes("ad")


def test_what_changes_is_told_once_with_the_key_of_a_whole_read(feed: LdapFeed, samba: Samba) -> None:
    """A changed person and a new department are told of once, the person with the key of a whole read."""
    unit = f"OU=新部门,{domain.COMPANY}"
    with samba.connection() as connection:
        connection.search(domain.COMPANY, PERSON, attributes=["objectGUID"], size_limit=0, paged_size=5)
        someone = next(iter(connection.response or ()))
        connection.add(unit, "organizationalUnit")  # type: ignore[no-untyped-call]
        try:
            connection.modify(someone["dn"], {"title": [(MODIFY_REPLACE, ["总监"])]})  # type: ignore[no-untyped-call]
            changes = look(feed)
        finally:
            connection.modify(someone["dn"], {"title": [(MODIFY_REPLACE, [])]})  # type: ignore[no-untyped-call]
            connection.delete(unit)  # type: ignore[no-untyped-call]
    guid = str(someone["attributes"]["objectGUID"]).strip("{}").lower()
    assert [(one.key, one.attributes["title"]) for one in changes.users] == [(guid, ("总监",))]
    assert [one.attributes["ou"] for one in changes.departments] == [("新部门",)]
    assert not changes.whole_read_due
    assert [one.key for one in look(feed).users] == [guid]
    assert look(feed).users == ()


@pytest.mark.parametrize(
    "away",
    [lambda mark: setattr(mark, "_server", "another"), lambda mark: setattr(mark, "_highest", 10**9)],
    ids=["another controller", "put back to an older state"],
)
def test_numbers_of_others_make_a_whole_read_due(feed: LdapFeed, away: Callable[[object], None]) -> None:
    """The numbers of another controller, or of one that was put back, make one whole read due."""
    away(feed._ways[0][0]._mark)  # type: ignore[attr-defined]  # noqa: SLF001 - another controller is not at hand
    assert look(feed).whole_read_due
    assert look(feed) == Changes("ad")
