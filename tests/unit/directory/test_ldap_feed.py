"""The changes of a source come from its searches, each of which learns them in a way of its own."""

from collections.abc import Iterator

import pytest

from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_feed import LdapFeed, Way
from syncd.directory.ldap_paging import Search
from syncd.directory.ldap_polling import Changed
from syncd.directory.reading import Found, Scope, Selection, TreeSettings
from syncd.errors import SourceBroken, SyncdError
from syncd.model.source import Changes

BASE = "dc=example,dc=com"


class Scripted:
    """A way that tells, or fails, as a test says, one thing after the other, and then nothing more."""

    is_refused = False

    def __init__(self, *told: Changed | SyncdError) -> None:
        self._told: Iterator[Changed | SyncdError] = iter(told)
        self.begun = 0

    def begin(self) -> None:
        """Begin."""
        self.begun += 1

    def take(self) -> Changed:
        """Give the next."""
        told = next(self._told, Changed())
        if isinstance(told, SyncdError):
            raise told
        return told

    def end(self) -> None:
        """End."""


class ScriptedFeed(LdapFeed):
    """A feed with ways of a test, which begin with the feed."""

    def __init__(self, users: Way, departments: Way) -> None:
        tree = TreeSettings("ldap", Selection("(uid=*)", (BASE,)), Selection("(ou=*)", (BASE,)))
        searches = tuple(Search("ldap", BASE, one, Scope.SUB, ()) for one in ("(uid=*)", "(ou=*)"))
        super().__init__(tree, LdapSettings(()), (searches[:1], searches[1:], ()), lambda: None)
        self._scripted = {"(uid=*)": users, "(ou=*)": departments}

    def _way(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - as in the feed
        return lambda search: self._scripted[search.filter]


def person(name: str, title: str, key: str = "K1") -> Found:
    """Make what a search finds."""
    return Found(f"uid={name},{BASE}", {"entryuuid": (key,), "title": (title,)})


def begun(users: Way, departments: Way) -> LdapFeed:
    """Give a feed that has begun."""
    feed = ScriptedFeed(users, departments)
    feed.begin()
    return feed


def titles(changes: Changes) -> list[str | bytes]:
    """Give the titles of all people."""
    return [one.attributes["title"][0] for one in changes.users]


def test_what_one_search_has_told_is_not_lost_where_another_fails() -> None:
    """What one search has told comes with the next look where another search failed, and only once."""
    feed = begun(Scripted(Changed((person("a", "总监"),))), Scripted(SourceBroken("away")))
    with pytest.raises(SourceBroken, match="away"):
        feed.changes("entryUUID")
    assert titles(feed.changes("entryUUID")) == ["总监"]
    assert titles(feed.changes("entryUUID")) == []


def test_who_is_renamed_is_told_once_as_told_last() -> None:
    """A person who is told twice under one key counts once, as told last."""
    told = Changed((person("a", "先"), person("b", "后")))
    feed = begun(Scripted(told), Scripted())
    changes = feed.changes("entryUUID")
    assert (titles(changes), changes.whole_read_due) == (["后"], False)


def test_that_it_begins_late_is_told_even_where_the_first_look_fails() -> None:
    """A feed that begins late asks once for a whole read, even where its first look fails."""
    feed = ScriptedFeed(Scripted(), Scripted(SourceBroken("away")))
    with pytest.raises(SourceBroken):
        feed.changes("entryUUID")
    assert feed.changes("entryUUID").whole_read_due
    assert not feed.changes("entryUUID").whole_read_due


def test_an_entry_without_a_key_makes_a_whole_read_due() -> None:
    """An entry without a key makes a whole read due, which will name it."""
    feed = begun(Scripted(Changed((Found(f"uid=x,{BASE}", {}),))), Scripted())
    assert feed.changes("entryUUID") == Changes("ldap", whole_read_due=True)
