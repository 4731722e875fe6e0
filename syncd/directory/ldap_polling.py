"""One search whose changes are asked for: by change number on Active Directory, by change time and keys elsewhere."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from syncd.directory.ldap_connection import LdapSettings, connected
from syncd.directory.ldap_paging import Directory, Search
from syncd.directory.reading import Found
from syncd.model.keys import KEY_ATTRIBUTES

STAMP = "modifyTimestamp"
OVERLAP = dt.timedelta(minutes=5)  # of what was looked at before, and for clocks that differ
STAMP_FORM = "%Y%m%d%H%M%SZ"


Value = TypeVar("Value")


class Changed(msgspec.Struct, frozen=True):
    """What was found to have changed.

    `deletes` says that a whole read is due, for entries are gone or changes may have been missed.
    """

    entries: tuple[Found, ...] = ()
    deletes: bool = False


class Mark(Protocol):
    """How far changes are known."""

    def begin(self, directory: Directory, search: Search) -> None:
        """Begin here: all that was changed until now is known."""

    def changed(self, directory: Directory, search: Search) -> Changed:
        """Give what changed since, and go on from now."""


class Polling:
    """Asks for the changes of one search whenever they are taken."""

    is_refused = False

    def __init__(self, search: Search, connection: LdapSettings, mark: Mark) -> None:
        self._search, self._connection, self._mark = search, connection, mark

    def begin(self) -> None:
        """Begin here; raises `SyncdError` where no server answers."""
        self._asked(self._mark.begin)

    def take(self) -> Changed:
        """Give what changed since it was last taken; raises `SyncdError`."""
        return self._asked(self._mark.changed)

    def end(self) -> None:
        """Nothing is open in between."""

    def _asked(self, ask: Callable[[Directory, Search], Value]) -> Value:
        with connected(self._search.source, self._connection) as (connection, _):
            return ask(Directory(connection, self._search.source), self._search)


class UsnMark:
    """The highest change number of one domain controller (MS-ADTS 3.1.1.1.9); another one counts otherwise."""

    def __init__(self) -> None:
        self._server, self._highest = "", 0

    def begin(self, directory: Directory, search: Search) -> None:
        """Begin at the server's highest number."""
        del search
        self._server, self._highest = _numbering(directory)

    def changed(self, directory: Directory, search: Search) -> Changed:
        """Give what has a higher number than the highest of the last time.

        Who is deleted is in no search that everybody may make. Another controller, and one that was put back to an
        older state, has its own numbers: what changed between is then not known, and a whole read is due.
        """
        server, highest = _numbering(directory)
        if server != self._server or highest < self._highest:
            self._server, self._highest = server, highest
            return Changed(deletes=True)
        found = directory.paged(_narrowed(search, f"(uSNChanged>={self._highest + 1})")).entries
        self._highest = highest
        return Changed(found)


class TimeMark:
    """A time of change with an overlap, and the keys that were there; for servers that have nothing better."""

    def __init__(self) -> None:
        self._since = dt.datetime.fromtimestamp(0, dt.UTC)
        self._places: frozenset[str] = frozenset()

    def begin(self, directory: Directory, search: Search) -> None:
        """Begin now, and with who is there."""
        self._since = dt.datetime.fromtimestamp(time.time(), dt.UTC)
        self._places = _places(directory, search)

    def changed(self, directory: Directory, search: Search) -> Changed:
        """Give what bears a time of change since the last look, or a little before; who is gone makes a read due."""
        stamped = msgspec.structs.replace(search, attributes=(*search.attributes, STAMP))
        since = (self._since - OVERLAP).strftime(STAMP_FORM)
        found = directory.paged(_narrowed(stamped, f"({STAMP}>={since})")).entries
        self._since = max([self._since, *(stamp for one in found if (stamp := _stamp(one)) is not None)])
        places = _places(directory, search)
        gone, self._places = not self._places <= places, places
        return Changed(tuple(_without_stamp(one) for one in found), gone)


def _numbering(directory: Directory) -> tuple[str, int]:
    """Give who counts, and its highest number."""
    _, found = directory.entry("", ("dsServiceName", "highestCommittedUSN"))
    values = found.attributes if found else {}
    server, highest = values.get("dsservicename", ("",))[0], values.get("highestcommittedusn", ("0",))[0]
    return str(server), int(highest)


def _narrowed(search: Search, condition: str) -> Search:
    return msgspec.structs.replace(search, filter=f"(&{search.filter}{condition})")


def _places(directory: Directory, search: Search) -> frozenset[str]:
    """Give the keys of all who are there, and where they stand; nothing else of them is read."""
    found = directory.paged(msgspec.structs.replace(search, attributes=KEY_ATTRIBUTES)).entries
    return frozenset(str(next(iter(one.attributes.values()), (one.dn,))[0]) for one in found)


def _stamp(found: Found) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(f"{str(found.attributes[STAMP.lower()][0])[:14]}+0000", "%Y%m%d%H%M%S%z")
    except (KeyError, ValueError):
        return None


def _without_stamp(found: Found) -> Found:
    return Found(found.dn, {name: values for name, values in found.attributes.items() if name != STAMP.lower()})
