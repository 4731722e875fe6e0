"""Pictures in an attribute of a directory server, such as jpegPhoto and thumbnailPhoto."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from ldap3 import Connection

from syncd.directory.ldap_connection import LdapSettings, connected, meter_of, on_some_server
from syncd.directory.ldap_paging import NO_SUCH_OBJECT, SUCCESS, Directory, Search, description
from syncd.directory.pictures import first_value
from syncd.directory.reading import Selection
from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.faces import Picture, Sought
from syncd.model.source import Entry

STAMPS = frozenset({"entryCSN", "uSNChanged", "whenChanged", "modifyTimestamp"})
EXACT = ("entrycsn", "usnchanged")
"""One of these must be there: times of whole seconds alone would miss the second change of a second."""
NO_ATTRIBUTES = "1.1"  # RFC 4511, 4.5.1.8


class LdapPictures:
    """Who has a picture is asked by a filter, and each picture by a search of its own, only where its entry changed.

    The entries must have been read with `STAMPS`; 20,000 pictures so cost no more than two searches while none changes.
    """

    def __init__(self, name: str, connection: LdapSettings, users: Selection, attribute: str) -> None:
        self._name, self._settings, self._users, self._attribute = name, connection, users, attribute
        self._held = ExitStack()
        self._directory: Directory | None = None

    def marks(self, sought: Sequence[Sought]) -> dict[str, str]:
        """Ask who has the attribute; the mark is what changes with the entry."""
        self.close()
        bearers = on_some_server(
            self._name,
            self._settings,
            lambda connection, _: {dn.place(name) for name in self._bearers(self._directory_of(connection))},
        )
        return {one.key: _stamp(one.entry) for one in sought if one.entry.path in bearers}

    def _bearers(self, directory: Directory) -> Iterator[str]:
        people = self._users.filter.strip()
        wanted = f"(&{people if people.startswith('(') else f'({people})'}({self._attribute}=*))"
        size = self._settings.page_size
        for base in self._users.bases:
            search = Search(self._name, base, wanted, self._users.scope, (NO_ATTRIBUTES,), size)
            yield from (one.dn for one in directory.paged(search).entries)

    def picture(self, sought: Sought, mark: str) -> Picture:
        """Read one picture; an entry that is gone by now has none to give."""
        stamp = _stamp(sought.entry)
        if mark and stamp == mark:
            return Picture(mark=mark, is_same=True)
        with self._settings.secrets.kept_out():
            value = self._value(sought.entry)
        return Picture(value.encode() if isinstance(value, str) else value, stamp)

    def _value(self, entry: Entry) -> str | bytes:
        """Return the value; where the connection that is held gives none, from the first server that does."""
        try:
            return self._read(self._opened(), entry)
        except SourceBroken:
            self.close()
        return on_some_server(
            self._name, self._settings, lambda connection, _: self._read(self._directory_of(connection), entry)
        )

    def _read(self, directory: Directory, entry: Entry) -> str | bytes:
        ended, found = directory.entry(entry.locator, (self._attribute,))
        if ended.code not in (SUCCESS, NO_SUCH_OBJECT):
            name = description(ended.code)
            raise SourceBroken(
                f"source {self._name}: the picture of {entry.locator} is not read: {name} ({ended.code})"
            )
        return first_value(Entry(entry.key, entry.locator, found.attributes), self._attribute) if found else b""

    def _opened(self) -> Directory:
        if self._directory is None:
            connection, _ = self._held.enter_context(connected(self._name, self._settings))
            self._directory = Directory(connection, self._name)
        self._directory.measured(meter_of(self._name, self._settings))  # each picture is a read of its own
        return self._directory

    def _directory_of(self, connection: Connection) -> Directory:
        return Directory(connection, self._name, meter_of(self._name, self._settings))

    def close(self) -> None:
        """Let go of the connection."""
        self._directory = None
        self._held.close()


def _stamp(entry: Entry) -> str:
    """Give what changes with the entry; nothing where its server keeps nothing that surely does."""
    if not any(entry.attributes.get(name) for name in EXACT):
        return ""
    names = sorted(name.lower() for name in STAMPS)
    return " ".join(str(value) for name in names for value in entry.attributes.get(name, ()))
