"""A source that is a directory server."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from ldap3 import Connection

from syncd.directory.groups import LOGIN, empty_doubt
from syncd.directory.ldap_again import NO_ATTRIBUTES, absent_levels, with_keys
from syncd.directory.ldap_connection import LdapSettings, meter_of, on_some_server
from syncd.directory.ldap_feed import LdapFeed
from syncd.directory.ldap_groups import PRIMARY_GROUP, Groups, closed
from syncd.directory.ldap_paging import Answer, Directory, Search
from syncd.directory.ldap_schema import answered_names
from syncd.directory.ldap_server import Server, catalogue_doubt, hiding, server_of, state_doubt
from syncd.directory.levels import levels_above
from syncd.directory.reading import AUTO, Finds, Found, Selection, TreeSettings, distinct, keyed, snapshot
from syncd.mapping.facts import TREE_NAMES
from syncd.model import dn
from syncd.model.attribute_names import bare_name
from syncd.model.keys import KEY_ATTRIBUTES
from syncd.model.objects import Kind
from syncd.model.source import Snapshot

EVERYTHING = "*"


class LdapSource:
    """Reads people, departments and rooms from the first server that answers.

    The attributes of each kind are all that the mapping reads, and all that is asked for.
    """

    def __init__(
        self,
        settings: TreeSettings,
        connection: LdapSettings,
        user_attributes: frozenset[str],
        department_attributes: frozenset[str],
        room_attributes: frozenset[str] = frozenset(),
    ) -> None:
        self._settings = settings
        self._connection = connection
        grouped = {PRIMARY_GROUP, LOGIN} if settings.users.members_of else set()
        self._mapped = user_attributes | department_attributes | room_attributes
        self._user_attributes = self._asked_for(user_attributes | grouped)
        self._department_attributes = self._asked_for(department_attributes)
        self._room_attributes = self._asked_for(room_attributes)
        self._keys: Mapping[Kind, str] = dict.fromkeys(Kind, settings.key)

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._settings.name

    def read(self) -> Snapshot:
        """Read people, departments and rooms to the last page of every base.

        Raises `SourceUnreachable` where no server answers, `SourceBroken` where a search does not end with success,
        `ConfigurationError` where password or filter are refused.
        """
        found = on_some_server(self.name, self._connection, self._read)
        return found.reworded(self._connection.secrets.without)

    def _read(self, connection: Connection, url: str) -> Snapshot:
        directory = Directory(connection, self.name, meter_of(self.name, self._connection))
        server = server_of(directory)
        found = self._found(directory, self._settings.users, self._user_attributes)
        units = self._found(directory, self._settings.departments, self._department_attributes)
        places = self._found(directory, self._settings.rooms, self._room_attributes)
        people, group_doubts = self._chosen(directory, server, _entries(directory, found))
        departments, rooms = _entries(directory, units), _entries(directory, places)
        answers = (*found, *units, *places)
        doubts = (
            *group_doubts,
            self._referral_doubt(server, answers),
            catalogue_doubt(server, url, self._asked_attributes()),
            state_doubt(server, people, self._user_attributes),
        )
        said = tuple(doubt for doubt in doubts if doubt)
        finds = Finds(
            people, departments, (_proof(url, answers),), said, server.holding(self._settings.users.bases[0]), rooms
        )
        made = snapshot(self._settings, finds)
        levels = levels_above(made, self._settings.departments)
        names = answered_names(directory, self._asked_attributes(), (*people, *departments, *rooms))
        absent = absent_levels(directory, self._searches(self._settings.departments, NO_ATTRIBUTES), levels)
        self._keys = _key_attributes(made)
        return msgspec.structs.replace(
            made, absent_levels=absent, answered_names=names, naming_contexts=server.contexts
        )

    def _asked_attributes(self) -> set[str]:
        asked = {*self._user_attributes, *self._department_attributes} - ({LOGIN} - self._mapped)
        return asked | set(self._room_attributes) if self._settings.rooms else asked

    def still_has(self, keys: Mapping[Kind, frozenset[str]]) -> Mapping[Kind, frozenset[str]]:
        """Return which of these keys a whole read would show now; see `AskedByKey`.

        They are looked for below the same bases and by the same filter and groups as in a whole read.
        """
        return on_some_server(self.name, self._connection, lambda connection, _: self._still_has(connection, keys))

    def _still_has(self, connection: Connection, keys: Mapping[Kind, frozenset[str]]) -> dict[Kind, frozenset[str]]:
        found: dict[Kind, frozenset[str]] = {}
        excluded = tuple(dn.place(each) for each in self._settings.exclude)
        directory = Directory(connection, self.name, meter_of(self.name, self._connection))
        server = server_of(directory)
        for kind, wanted in keys.items():
            entries = self._with_keys(directory, kind, wanted)
            if kind is Kind.USER:
                entries, _ = self._chosen(directory, server, entries)
            named, unreadable = keyed(distinct(entries, excluded), self._keys[kind])
            shown = {entry.key for entry in named} | {entry.key for entry in unreadable}
            found[kind] = wanted & shown
        return found

    def _with_keys(self, directory: Directory, kind: Kind, wanted: frozenset[str]) -> tuple[Found, ...]:
        asked = {
            Kind.USER: (self._settings.users, self._user_attributes),
            Kind.DEPARTMENT: (self._settings.departments, self._department_attributes),
            Kind.ROOM: (self._settings.rooms, self._room_attributes),
        }
        selection, attributes = asked[kind]
        wanted_attributes = {*attributes} & {*KEY_ATTRIBUTES, bare_name(self._keys[kind]), PRIMARY_GROUP}
        searches = self._searches(selection, tuple(wanted_attributes))
        chosen = [each for search in searches for each in with_keys(search, self._keys[kind], wanted)]
        return _entries(directory, [directory.paged(search) for search in chosen])

    def feed(self, wake: Callable[[], None]) -> LdapFeed:
        """Make what tells of changes in what is read; `wake` is called, from any thread, when there are some."""
        users = self._searches(self._settings.users, self._user_attributes)
        departments = self._searches(self._settings.departments, self._department_attributes)
        rooms = self._searches(self._settings.rooms, self._room_attributes)
        return LdapFeed(self._settings, self._connection, (users, departments, rooms), wake)

    def _found(self, directory: Directory, selection: Selection | None, attributes: tuple[str, ...]) -> list[Answer]:
        return [directory.paged(one) for one in self._searches(selection, attributes)]

    def _chosen(
        self, directory: Directory, server: Server, people: tuple[Found, ...]
    ) -> tuple[tuple[Found, ...], tuple[str, ...]]:
        """Return the people who are members of the wanted groups, everybody where there are none, and doubts."""
        names = self._settings.users.members_of
        if not names:
            return people, ()
        places = [(dn.place(person.dn), person) for person in people]
        groups = Groups(directory, server, self._connection.page_size)
        inside = groups.members(names, places)
        doubts = (self._member_doubt(groups.elsewhere), empty_doubt(groups.empty))
        return tuple(person for place, person in places if place in inside), doubts

    def _member_doubt(self, elsewhere: list[str]) -> str:
        """Say which members may be groups of people and were not looked into, if any."""
        excluded = [dn.place(one) for one in self._settings.exclude]
        unknown = [one for one in elsewhere if not any(dn.is_below(dn.place(one), place) for place in excluded)]
        if not unknown:
            return ""
        return (
            f"{len(unknown)} members of groups stand on other servers, and whether they are groups is not known; "
            f"first: {unknown[0]}; name in exclude where nobody is meant"
        )

    def _referral_doubt(self, server: Server, answers: tuple[Answer, ...]) -> str:
        """Say where people may stand who were not read, if anywhere."""
        hidden = hiding(server, (one for answer in answers for one in answer.referrals), self._settings.exclude)
        if not hidden:
            return ""
        return (
            f"the server refers to {len(hidden)} other places, which are not followed; first: {hidden[0]}; "
            "read them as sources of their own, or name in exclude the place, or this URL, where nobody is meant"
        )

    def _asked_for(self, attributes: frozenset[str]) -> tuple[str, ...]:
        keys = KEY_ATTRIBUTES if self._settings.key == AUTO else (self._settings.key,)
        everything = {EVERYTHING} if EVERYTHING in attributes else set()
        own = {bare_name(name) for name in (*attributes, *keys) if name.lower() not in TREE_NAMES}
        return tuple(sorted({*own, *everything}))

    def _searches(self, selection: Selection | None, attributes: tuple[str, ...]) -> tuple[Search, ...]:
        """Give a search for each base that stands below no other one of the same scope; none without a selection."""
        if selection is None:
            return ()
        bases = {dn.parse(base): base for base in selection.bases}
        tops = [
            base
            for path, base in bases.items()
            if selection.scope != "sub" or not any(path != other and dn.is_below(path, other) for other in bases)
        ]
        size = self._connection.page_size
        return tuple(Search(self.name, base, selection.filter, selection.scope, attributes, size) for base in tops)


def _key_attributes(made: Snapshot) -> dict[Kind, str]:
    """Return the attribute that holds the keys of each kind."""
    departments = made.department_key_attribute or made.key_attribute
    return {Kind.USER: made.key_attribute, Kind.DEPARTMENT: departments, Kind.ROOM: made.key_attribute}


def _proof(url: str, answers: Sequence[Answer]) -> str:
    pages = sum(answer.pages for answer in answers)
    return f"{url}: {len(answers)} searches in {pages} pages, each with success, to the last cookie"


def _entries(directory: Directory, answers: list[Answer]) -> tuple[Found, ...]:
    """Give what the searches found, with every attribute whole."""
    found = (one for answer in answers for one in answer.entries)
    return tuple(closed(directory, one) for one in found) if directory.has_ranges else tuple(found)
