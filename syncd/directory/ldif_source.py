"""A source that is an LDIF file."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from syncd.directory.groups import member_names, members
from syncd.directory.ldif import Record, read_records
from syncd.directory.levels import levels_above
from syncd.directory.reading import Finds, Found, Scope, Selection, TreeSettings, snapshot
from syncd.directory.search_filter import compiled
from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.source import Snapshot


class LdifSource:
    """Reads an LDIF file; raises `ConfigurationError` at once where a filter is not one."""

    def __init__(self, settings: TreeSettings, path: Path) -> None:
        self._settings = settings
        self._path = path
        self._users = _Chosen(settings.users)
        self._departments = _Chosen(settings.departments) if settings.departments else None
        self._rooms = _Chosen(settings.rooms) if settings.rooms else None

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._settings.name

    def read(self) -> Snapshot:
        """Read the file whole; a base that it does not hold is a broken read, as on a server."""
        users: list[Found] = []
        departments: list[Found] = []
        rooms: list[Found] = []
        names: set[str] = set()
        paths: set[dn.Path] = set()
        groups: dict[dn.Path, tuple[str, ...]] = {}
        for record in read_records(self._path):
            path = dn.parse(record.dn)
            if record.dn in names:
                raise SourceBroken(f"{self._path.name}:{record.line}: {record.dn} is in the file twice")
            names.add(record.dn)
            paths.add(path)
            found = Found(record.dn, record.attributes)
            if self._settings.users.members_of:
                groups[path] = (*groups.get(path, ()), *member_names(found))
            if self._users.has(record, path):
                users.append(found)
            if self._departments and self._departments.has(record, path):
                departments.append(found)
            if self._rooms and self._rooms.has(record, path):
                rooms.append(found)
        for base in self._missing_bases(paths):
            raise SourceBroken(f"{self._path.name}: nothing in the file stands at or below the base {base}")
        if wanted := self._settings.users.members_of:
            places = {dn.parse(user.dn) for user in users}
            chosen = members(self.name, wanted, places, lambda name: groups.get(dn.parse(name)))
            users = [user for user in users if dn.parse(user.dn) in chosen]
        proof = f"{self._path.name} was read to its end: {len(names)} entries"
        finds = Finds(tuple(users), tuple(departments), (proof,), rooms=tuple(rooms))
        made = snapshot(self._settings, finds)
        absent = levels_above(made, self._settings.departments) - paths
        return msgspec.structs.replace(made, absent_levels=absent)

    def _missing_bases(self, paths: set[dn.Path]) -> Iterator[str]:
        """Give the bases that no entry of a file that is not empty stands at or below."""
        above = {path[start:] for path in paths for start in range(len(path) + 1)}
        chosen = [self._settings.users, *filter(None, [self._settings.departments, self._settings.rooms])]
        bases = sorted({base for selection in chosen for base in selection.bases})
        return (base for base in bases if paths and dn.parse(base) not in above)


class _Chosen:
    """A selection, made ready to be asked of each record."""

    def __init__(self, selection: Selection) -> None:
        self._bases = tuple(dn.parse(base) for base in selection.bases)
        self._fulfils = compiled(selection.filter)
        self._scope = selection.scope

    def has(self, record: Record, path: dn.Path) -> bool:
        return any(self._covers(base, path) for base in self._bases) and self._fulfils(record.attributes)

    def _covers(self, base: dn.Path, path: dn.Path) -> bool:
        if self._scope is Scope.BASE:
            return path == base
        if self._scope is Scope.ONE:
            return dn.parent(path) == base and path != base
        return dn.is_below(path, base)
