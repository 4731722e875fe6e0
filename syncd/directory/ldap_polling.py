"""One search whose changes are asked for: by change number on Active Directory, by change times elsewhere."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol, TypeVar

import msgspec
from ldap3 import Connection
from ldap3.utils.conv import escape_filter_chars

from syncd.directory.ldap_again import AT_ONCE, bracketed
from syncd.directory.ldap_connection import LdapSettings, meter_of, on_some_server
from syncd.directory.ldap_paging import Directory, Search
from syncd.directory.reading import Found
from syncd.model.keys import KEY_ATTRIBUTES
from syncd.model.numbers import whole_number

STAMP = "modifyTimestamp"
NEWEST = 8  # stamps of the beginning that may be of the same second
SAME_SECOND = 2.0  # seconds after which nothing can change any more that bears the same stamp


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
        source = self._search.source

        def asked(connection: Connection, _: str) -> Value:
            return ask(Directory(connection, source, meter_of(source, self._connection)), self._search)

        return on_some_server(source, self._connection, asked)


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


class StampMark:
    """The time of change of every entry that is there; for servers that have nothing better.

    Times are compared with nothing but what the same entry bore before: no clock is asked, a server's may be late, and
    a stamp of the future hides nothing. What has changed is asked for by its stamps, and once more a moment later, for
    a second change within the same second bears the same stamp.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stamps: Mapping[str, str] = {}
        self._recent: dict[str, float] = {}

    def begin(self, directory: Directory, search: Search) -> None:
        """Begin now, with who is there."""
        self._stamps = _stamps(directory, search)
        # Which of them is of this second nobody knows: some may be of the future.
        self._recent = dict.fromkeys(sorted(set(self._stamps.values()))[-NEWEST:], self._clock())

    def changed(self, directory: Directory, search: Search) -> Changed:
        """Return what is new or bears another stamp than at the last look; who is gone makes a whole read due."""
        now = self._clock()
        stamps = _stamps(directory, search)
        new = {stamp for key, stamp in stamps.items() if self._stamps.get(key) != stamp}
        asked = new | self._recent.keys()
        self._recent = {stamp: self._recent.get(stamp, now) for stamp in asked}
        found: tuple[Found, ...] = ()
        for stamped in _bearing(search, asked):
            found += directory.paged(stamped).entries
        self._recent = {stamp: since for stamp, since in self._recent.items() if now - since < SAME_SECOND}
        gone, self._stamps = not self._stamps.keys() <= stamps.keys(), stamps
        return Changed(found, gone)


def _numbering(directory: Directory) -> tuple[str, int]:
    """Give who counts, and its highest number."""
    _, found = directory.entry("", ("dsServiceName", "highestCommittedUSN"))
    values = found.attributes if found else {}
    server, highest = values.get("dsservicename", ("",))[0], values.get("highestcommittedusn", ("0",))[0]
    return str(server), whole_number(str(highest)) or 0


def _narrowed(search: Search, condition: str) -> Search:
    return msgspec.structs.replace(search, filter=f"(&{bracketed(search.filter)}{condition})")


def _stamps(directory: Directory, search: Search) -> dict[str, str]:
    """Return the times of change of all who are there, as the server writes them, by key or place; "" for none."""
    attributes = (*KEY_ATTRIBUTES, STAMP)
    found = directory.paged(msgspec.structs.replace(search, attributes=attributes)).entries
    return {_identity(entry): str(entry.attributes.get(STAMP.lower(), ("",))[0]) for entry in found}


def _identity(found: Found) -> str:
    keys = (values for name, values in found.attributes.items() if name != STAMP.lower())
    return str(next(keys, (found.dn,))[0])


def _bearing(search: Search, stamps: Collection[str]) -> Iterator[Search]:
    """Yield searches for the entries that bear one of these stamps, many in each."""
    values = sorted(stamps)
    for start in range(0, len(values), AT_ONCE):
        wanted = "".join(
            f"({STAMP}={escape_filter_chars(stamp)})" if stamp else f"(!({STAMP}=*))"
            for stamp in values[start : start + AT_ONCE]
        )
        yield _narrowed(search, f"(|{wanted})")
