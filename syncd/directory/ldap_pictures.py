"""Pictures in an attribute of a directory server, such as jpegPhoto and thumbnailPhoto."""

from collections.abc import Iterator
from contextlib import ExitStack

from ldap3 import BASE, DEREF_NEVER, Connection
from ldap3.core import exceptions as ldap_errors

from syncd.directory.ldap_connection import LdapSettings, broken, connected
from syncd.directory.ldap_paging import NO_SUCH_OBJECT, SUCCESS, Search, paged
from syncd.directory.ldap_source import LdapSource
from syncd.directory.pictures import first_value
from syncd.directory.reading import Selection
from syncd.errors import SourceBroken
from syncd.mapping.faces import FaceRule
from syncd.model import dn
from syncd.model.faces import Picture, Survey
from syncd.model.source import Entry

STAMPS = frozenset({"entryCSN", "uSNChanged", "whenChanged", "modifyTimestamp"})
EXACT = ("entrycsn", "usnchanged")
"""One of these must be there: times of whole seconds alone would miss the second change of a second."""
NO_ATTRIBUTES = "1.1"  # RFC 4511, 4.5.1.8


class LdapPictures:
    """Who has a picture is asked by a filter, and each picture by a search of its own, only where its entry changed.

    `reader` reads people with `STAMPS`; 20,000 pictures so cost no more than two searches while none changes.
    """

    def __init__(self, reader: LdapSource, connection: LdapSettings, users: Selection, rule: FaceRule) -> None:
        self._reader, self._settings, self._users = reader, connection, users
        self._attribute = rule.spec
        self._held = ExitStack()
        self._connection: Connection | None = None

    def survey(self) -> Survey:
        """Read people, then ask who of them has the attribute."""
        self.close()
        snapshot = self._reader.read()
        with connected(self._reader.name, self._settings) as (connection, _):
            bearers = {dn.parse(name) for name in self._bearers(connection)}
        return Survey(snapshot, {one.key: _stamp(one) for one in snapshot.users if one.path in bearers})

    def _bearers(self, connection: Connection) -> Iterator[str]:
        people = self._users.filter.strip()
        wanted = f"(&{people if people.startswith('(') else f'({people})'}({self._attribute}=*))"
        for base in self._users.bases:
            size = self._settings.page_size
            found = paged(
                connection, Search(self._reader.name, base, wanted, self._users.scope, (NO_ATTRIBUTES,), size)
            )
            yield from (one.dn for one in found.entries)

    def picture(self, entry: Entry, mark: str) -> Picture:
        """Read one picture; an entry that is gone by now has none to give."""
        stamp = _stamp(entry)
        if mark and stamp == mark:
            return Picture(mark=mark, is_same=True)
        value = self._value(entry)
        return Picture(value.encode() if isinstance(value, str) else value, stamp)

    def _value(self, entry: Entry) -> str | bytes:
        """Give the value, from a server that is asked once more where it has ended the connection meanwhile."""
        for is_last in (False, True):
            try:
                connection = self._opened()
                connection.search(
                    entry.locator,
                    "(objectClass=*)",
                    search_scope=BASE,
                    dereference_aliases=DEREF_NEVER,
                    attributes=[self._attribute],
                )
                break
            except (ldap_errors.LDAPException, OSError) as error:
                self.close()
                if is_last:
                    raise broken(self._reader.name, entry.locator, error) from error
        return self._answered(connection, entry)

    def _answered(self, connection: Connection, entry: Entry) -> str | bytes:
        code, text = connection.result["result"], connection.result["description"]
        if code not in (SUCCESS, NO_SUCH_OBJECT):
            raise SourceBroken(
                f"source {self._reader.name}: the picture of {entry.locator} is not read: {text} ({code})"
            )
        for one in connection.response or ():
            if one["type"] == "searchResEntry":
                raw = {name.lower(): tuple(values) for name, values in one["raw_attributes"].items()}
                return first_value(Entry(entry.key, entry.locator, raw), self._attribute)
        return b""

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection, _ = self._held.enter_context(connected(self._reader.name, self._settings))
        return self._connection

    def close(self) -> None:
        """Let go of the connection."""
        self._connection = None
        self._held.close()


def _stamp(entry: Entry) -> str:
    """Give what changes with the entry; nothing where its server keeps nothing that surely does."""
    if not any(entry.attributes.get(name) for name in EXACT):
        return ""
    names = sorted(name.lower() for name in STAMPS)
    return " ".join(str(value) for name in names for value in entry.attributes.get(name, ()))
