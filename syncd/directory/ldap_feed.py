"""What changes in a directory server between two whole reads: told by it, or asked for."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Protocol

import msgspec
from ldap3 import Connection

from syncd.directory.ldap_connection import LdapSettings, meter_of, on_some_server
from syncd.directory.ldap_following import Following
from syncd.directory.ldap_paging import Directory, Search
from syncd.directory.ldap_polling import Polling, StampMark, UsnMark
from syncd.directory.ldap_server import Server, server_of
from syncd.directory.reading import Finds, Found, TreeSettings, snapshot
from syncd.directory.sync_protocol import SYNC_REQUEST
from syncd.errors import ConfigurationError
from syncd.model.source import Changes


class Taken(Protocol):
    """What came since it was last taken."""

    @property
    def entries(self) -> tuple[Found, ...]:
        """Give the entries that are new or changed, or have just been looked at."""

    @property
    def deletes(self) -> bool:
        """Tell whether entries were deleted, or are out of sight."""


class Way(Protocol):
    """A way to learn what changed in one search."""

    @property
    def is_refused(self) -> bool:
        """Tell whether the server does not have this way."""

    def begin(self) -> None:
        """Begin."""

    def take(self) -> Taken:
        """Take what changed; raises `SyncdError` where it cannot be known."""

    def end(self) -> None:
        """End, and let go of what is open."""


Ways = tuple[tuple[Way, ...], ...]
Searches = tuple[tuple[Search, ...], tuple[Search, ...], tuple[Search, ...]]
NO_WAYS: Ways = ((), (), ())


class LdapFeed:
    """The changes of one source; `searches` are those of its whole read, for people, departments and rooms.

    `wake` is called, from any thread, when there is something to take.
    """

    def __init__(
        self,
        settings: TreeSettings,
        connection: LdapSettings,
        searches: Searches,
        wake: Callable[[], None],
    ) -> None:
        self._settings, self._connection, self._searches, self._wake = settings, connection, searches, wake
        self._ways = NO_WAYS
        self._taken: tuple[list[Taken], ...] = tuple([] for _ in searches)
        self._must_ask = self._is_late = False
        self._lock = threading.Lock()
        self._ends = 0
        self._refusal: ConfigurationError | None = None

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._settings.name

    def begin(self) -> None:
        """Begin to look, unless it has begun; raises `SyncdError` where no server answers."""
        self._refusal = None
        with self._no_more_where_refused():
            self._begin()

    def _begin(self) -> None:
        if self._ways[0]:
            return
        ends = self._ends
        way = self._way()
        ways = tuple(tuple(way(one) for one in some) for some in self._searches)
        for one in chain(*ways):
            one.begin()
        with self._lock:
            is_wanted = ends == self._ends
            if is_wanted:
                self._ways = ways
        if not is_wanted:  # it was ended while the server took its time
            _end(ways)

    def changes(self, key_attribute: str) -> Changes:
        """Give what changed since it was last asked for; raises `SyncdError` where that cannot be known.

        Where it begins only now nobody knows what changed before, and a whole read is due. After a refused password it
        does not ask again until somebody begins anew: servers count attempts, and lock accounts for them.
        """
        if self._refusal is not None:
            raise self._refusal
        with self._no_more_where_refused():
            return self._changes(key_attribute)

    @contextmanager
    def _no_more_where_refused(self) -> Iterator[None]:
        try:
            yield
        except ConfigurationError as error:
            self.end()
            self._refusal = error
            raise

    def _changes(self, key_attribute: str) -> Changes:
        if any(one.is_refused for one in chain(*self._ways)):
            self.end()
            self._must_ask = True
        self._is_late = self._is_late or not self._ways[0]
        self._begin()
        for kept, ways in zip(self._taken, self._ways, strict=True):
            # What one search has told is kept where the next one cannot tell for now.
            for one in ways:
                kept.append(one.take())
        taken, self._taken = self._taken, tuple([] for _ in self._searches)
        users, departments, rooms = (_latest(one, key_attribute) for one in taken)
        finds = Finds(users, departments, rooms=rooms)
        found = snapshot(msgspec.structs.replace(self._settings, key=key_attribute), finds)
        is_due = self._is_late or bool(found.unreadable) or any(one.deletes for one in chain(*taken))
        self._is_late = False
        return Changes(self.name, found.users, found.departments, is_due, found.rooms or ())

    def end(self) -> None:
        """Look no more; may be called more than once, and before it has begun."""
        with self._lock:
            self._ends += 1
            ways, self._ways = self._ways, NO_WAYS
            self._taken = tuple([] for _ in self._searches)  # a whole read follows, which knows better
        _end(ways)

    def _way(self) -> Callable[[Search], Way]:
        """Choose how to learn of changes, by what the server says of itself."""

        def seen(connection: Connection, _: str) -> tuple[Server, Found | None]:
            directory = Directory(connection, self.name, meter_of(self.name, self._connection))
            return server_of(directory), directory.entry("", ("supportedControl",))[1]

        server, found = on_some_server(self.name, self._connection, seen)
        if not self._must_ask and found and SYNC_REQUEST in found.attributes.get("supportedcontrol", ()):
            return lambda search: Following(search, self._connection, self._wake)
        mark = UsnMark if server.is_active_directory else StampMark
        return lambda search: Polling(search, self._connection, mark())


def _end(ways: Ways) -> None:
    for one in chain(*ways):
        one.end()


def _latest(taken: Iterable[Taken], key_attribute: str) -> tuple[Found, ...]:
    """Give each entry once, as it came last: who is renamed is still the same."""
    found = (one for each in taken for one in each.entries)
    return tuple({one.attributes.get(key_attribute.lower(), one.dn): one for one in found}.values())
