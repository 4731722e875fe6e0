"""The sources, as the configuration wants them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from syncd.app.bindings import PREFIX
from syncd.app.ports import Pictures, Source
from syncd.bootstrap.reads import Reads, needed, reads_of
from syncd.bootstrap.tables import Wanted, read_limits, table_reader
from syncd.config.settings import Settings
from syncd.config.source_settings import LdapSource, LdifSource, TableSource
from syncd.config.table_settings import SqlSource
from syncd.directory.reading import AUTO, Scope, Selection, TreeSettings
from syncd.mapping.rules import PRESENCE_ATTRIBUTES
from syncd.model.keys import KEY_ATTRIBUTES

if TYPE_CHECKING:
    from syncd.directory.ldap_connection import LdapSettings
    from syncd.directory.ldap_source import LdapSource as LdapReader
    from syncd.directory.ldif_source import LdifReads


def sources(settings: Settings, facts: Mapping[str, str]) -> Iterator[Source]:
    """Make the sources, each with the key attribute that the store remembers."""
    for name, chosen in settings.source.items():
        reads = reads_of(settings, name)
        if isinstance(chosen, TableSource):
            yield table_reader(chosen, Wanted(name, needed(reads, settings, name, facts), everything=reads))
        elif isinstance(chosen, LdifSource):
            from syncd.directory.ldif_source import LdifSource as LdifReader  # noqa: PLC0415 - slow to load, often not needed

            may_end_open = chosen.proof == "none"
            tree = tree_settings(name, chosen, facts)
            limits = read_limits(chosen)
            yield LdifReader(tree, Path(chosen.path), _ldif_reads(reads, tree), limits, may_end_open=may_end_open)
        else:
            yield ldap_reader(tree_settings(name, chosen, facts), chosen, reads)


def with_pictures(settings: Settings, source: Source, facts: Mapping[str, str]) -> Source:
    """Give a source that holds pictures as a pass of faces reads it.

    A database gives the pictures too, a directory server by what a changed entry is known.
    """
    name, chosen = source.name, settings.source[source.name]
    reads = reads_of(settings, name)
    if isinstance(chosen, SqlSource):
        wanted = Wanted(name, needed(reads, settings, name, facts), has_pictures=True, everything=reads)
        return table_reader(chosen, wanted)
    if not isinstance(chosen, LdapSource):
        return source
    from syncd.directory.ldap_pictures import STAMPS  # noqa: PLC0415 - slow to load, often not needed

    people = {**reads.people, "mapping.user.face": reads.people.get("mapping.user.face", frozenset()) | STAMPS}
    return ldap_reader(tree_settings(name, chosen, facts), chosen, msgspec.structs.replace(reads, people=people))


def ldap_pictures(name: str, chosen: LdapSource, attribute: str) -> Pictures:
    """Make what reads the pictures of a directory server."""
    from syncd.directory.ldap_pictures import LdapPictures  # noqa: PLC0415 - slow to load, often not needed

    return LdapPictures(name, _ldap_connection(chosen), _people(chosen), attribute)


def tree_settings(name: str, chosen: LdapSource | LdifSource, facts: Mapping[str, str]) -> TreeSettings:
    """Return how a tree is read; its key attribute is the one that the store remembers."""
    departments, rooms = chosen.departments, chosen.rooms
    keys = _keys(name, chosen, facts)
    return TreeSettings(
        name=name,
        users=_people(chosen),
        departments=Selection(departments.filter, departments.base or chosen.base, Scope(departments.scope))
        if departments
        else None,
        exclude=chosen.exclude,
        key=keys.users,
        include_base=departments.include_base if departments else False,
        rooms=Selection(rooms.filter, rooms.base or chosen.base, Scope(rooms.scope)) if rooms else None,
        department_key=keys.departments,
        room_key=keys.rooms,
    )


class _Keys(msgspec.Struct, frozen=True):
    """The key attributes of a tree; that of departments or rooms is empty where it is people's."""

    users: str
    departments: str = ""
    rooms: str = ""


def _keys(name: str, chosen: LdapSource | LdifSource, facts: Mapping[str, str]) -> _Keys:
    """Return the key attributes that the configuration names, or those that the store remembers."""

    def remembered(kind: str, key: str) -> str:
        return facts.get(f"{PREFIX}{kind}.{name}", AUTO) if key == AUTO else key

    if not isinstance(chosen, LdifSource):
        return _Keys(remembered("key", chosen.key))
    users, departments, rooms = (chosen.key_of(table) for table in (chosen.users, chosen.departments, chosen.rooms))
    return _Keys(
        remembered("key", users),
        "" if departments == users else remembered("department_key", departments),
        "" if rooms == users else rooms,
    )


def _ldif_reads(reads: Reads, tree: TreeSettings) -> "LdifReads":
    """Return what must be in the file of each kind: what the mapping reads, what tells who is disabled, and keys."""
    from syncd.directory.ldif_source import LdifReads  # noqa: PLC0415 - slow to load, often not needed

    def names(kind: Mapping[str, frozenset[str]], key: str) -> frozenset[str]:
        keys = KEY_ATTRIBUTES if key == AUTO else (key,)
        return frozenset(one.lower() for one in {*frozenset[str]().union(*kind.values()), *keys})

    return LdifReads(
        names(reads.people, tree.key) | PRESENCE_ATTRIBUTES,
        names(reads.departments, tree.department_key or tree.key),
        names(reads.rooms, tree.room_key or tree.key),
    )


def _people(chosen: LdapSource | LdifSource) -> Selection:
    users = chosen.users
    return Selection(users.filter, users.base or chosen.base, Scope(users.scope), users.members_of)


def ldap_reader(tree: TreeSettings, chosen: LdapSource, reads: Reads) -> "LdapReader":
    """Make what reads a directory server."""
    # The library takes a fifth of a second to load, and most commands never read a directory.
    from syncd.directory.ldap_source import LdapSource as LdapReader  # noqa: PLC0415

    # Pictures would be the greater part of every read, and are read one at a time where they are wanted.
    people = PRESENCE_ATTRIBUTES.union(*reads.people.values()) - reads.pictures
    units = frozenset[str]().union(*reads.departments.values())
    rooms = frozenset[str]().union(*reads.rooms.values())
    return LdapReader(tree, _ldap_connection(chosen), people, units, rooms)


def _ldap_connection(chosen: LdapSource) -> "LdapSettings":
    from syncd.directory.ldap_connection import LdapSettings  # noqa: PLC0415 - as above

    return LdapSettings(
        urls=chosen.urls,
        bind_dn=chosen.bind_dn,
        bind_password=chosen.bind_password.get_secret_value(),
        kerberos=chosen.kerberos,
        start_tls=chosen.start_tls,
        ca_file=chosen.ca_file,
        insecure=chosen.insecure,
        connect_timeout=chosen.connect_timeout,
        read_timeout=chosen.read_timeout,
        page_size=chosen.page_size,
        limits=read_limits(chosen),
    )
