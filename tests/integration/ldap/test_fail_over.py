"""A server that takes the bind and answers no search keeps nobody from a healthy one: pictures and changes too."""

import pytest
from ldap3 import MODIFY_REPLACE

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_pictures import STAMPS, LdapPictures
from syncd.directory.ldap_source import LdapSource
from syncd.directory.reading import Selection, TreeSettings
from syncd.errors import SourceBroken, SyncdError
from syncd.model.faces import Sought
from syncd.testing.likenesses import likeness
from syncd.testing.sample import PEOPLE, sample_ldif
from syncd.testing.slapd import Slapd
from tests.kit.servers.ldap_changes import Unavailable
from tests.kit.servers.ldap_proxy import LdapProxy
from tests.kit.waiting import comes

TREE = TreeSettings("company", Selection("(objectClass=inetOrgPerson)", (PEOPLE,)))
PICTURE = likeness(1, 200, 200)
ATTRIBUTES = STAMPS | {"uid", "title"}


def sought(server: Slapd, account: str) -> Sought:
    """Return whose picture is looked for."""
    people = LdapSource(TREE, LdapSettings((server.url,)), ATTRIBUTES, frozenset()).read().users
    entry = next(one for one in people if one.attributes["uid"] == (account,))
    return Sought(entry.key, entry, "jpegPhoto")


def change(server: Slapd, dn: str, **attributes: object) -> None:
    """Change an entry."""
    changes = {name: [(MODIFY_REPLACE, [value])] for name, value in attributes.items()}
    with server.connection() as connection:
        connection.modify(dn, changes)  # type: ignore[no-untyped-call]


def test_pictures_come_from_a_server_that_gives_them(slapd: Slapd) -> None:
    """Who has a picture, and each picture, is asked of the second server where the first answers no search."""
    anna = sought(slapd, "anna.schmidt")
    change(slapd, anna.entry.locator, jpegPhoto=PICTURE)
    with LdapProxy("127.0.0.1", slapd.port, Unavailable()) as sick:
        pictures = LdapPictures("company", LdapSettings((sick.url, slapd.url)), TREE.users, "jpegPhoto")
        anna = sought(slapd, "anna.schmidt")
        marks = pictures.marks([anna])
        assert set(marks) == {anna.key}
        assert pictures.picture(anna, "").content == PICTURE
        pictures.close()
        alone = LdapPictures("company", LdapSettings((sick.url,)), TREE.users, "jpegPhoto")
        with pytest.raises(SourceBroken, match=r"unavailable \(52\)"):
            alone.marks([anna])


@pytest.mark.parametrize("tells", [False, True])
def test_changes_come_from_a_server_that_gives_them(tells: bool) -> None:  # noqa: FBT001 - a parameter
    """Changes are asked for, or followed, at the second server where the first answers no search."""
    with Slapd(sample_ldif()) as healthy:
        if tells:
            healthy.tell_changes()
        anna = sought(healthy, "anna.schmidt").entry
        sick_changes = Unavailable()
        with LdapProxy("127.0.0.1", healthy.port, sick_changes) as sick:
            source = LdapSource(TREE, LdapSettings((sick.url, healthy.url)), ATTRIBUTES, frozenset())
            feed = source.feed(lambda: None)
            told: dict[str, object] = {}

            def look() -> bool:
                change(healthy, anna.locator, title="begun")
                try:
                    told.update({one.key: one.attributes.get("title") for one in feed.changes("entryUUID").users})
                except SyncdError:  # it has not found the healthy one yet
                    return False
                return told.get(anna.key) == ("begun",)

            feed.begin()
            try:
                assert comes(look)
            finally:
                feed.end()
        assert sick_changes.asked > 0
