"""A source that is an LDIF file."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from syncd.directory.groups import MEMBER_ATTRIBUTES, by_login, empty_doubt, member_names, members
from syncd.directory.ldap_server import ZONES, place_of
from syncd.directory.ldif import Fault, LdifText, Record, read_ldif
from syncd.directory.levels import levels_above
from syncd.directory.read_meter import OVERHEAD, READ_LIMITS, ReadLimits, ReadMeter
from syncd.directory.reading import DN_KEY, Finds, Found, Scope, Selection, TreeSettings, snapshot
from syncd.directory.search_filter import compiled, named_attributes
from syncd.errors import SourceBroken
from syncd.model import dn
from syncd.model.source import Snapshot

EVERYTHING = "*"
CONFIGURATION = "cn=configuration"
BY_DN = (
    "departments are known by their DN: one that is renamed or moved is another department for syncd, "
    "made anew while the former one leaves"
)


class LdifReads(msgspec.Struct, frozen=True):
    """The attributes that are read of people, departments and rooms, in lower case; `*` is any."""

    users: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()


NO_READS = LdifReads()


class LdifSource:
    """Reads an LDIF file; raises `ConfigurationError` at once where a filter is not one."""

    def __init__(
        self,
        settings: TreeSettings,
        path: Path,
        reads: LdifReads = NO_READS,
        limits: ReadLimits = READ_LIMITS,
        *,
        may_end_open: bool = False,
    ) -> None:
        self._settings = settings
        self._path, self._limits = path, limits
        self._may_end_open = may_end_open
        self._users = _Chosen(settings.users, reads.users)
        self._departments = _Chosen(settings.departments, reads.departments) if settings.departments else None
        self._rooms = _Chosen(settings.rooms, reads.rooms) if settings.rooms else None

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._settings.name

    def read(self) -> Snapshot:
        """Read the file whole; a base that it does not hold is a broken read, as on a server."""
        meter = ReadMeter(self.name, self._limits)
        text = read_ldif(self._path, meter, may_end_open=self._may_end_open)
        found = _Read()
        for record in text:
            meter.take(OVERHEAD)
            self._take(record, found)
        for base in self._missing_bases(found.paths):
            raise SourceBroken(f"{self._path.name}: nothing in the file stands at or below the base {base}")
        users = found.users
        if wanted := self._settings.users.members_of:
            places = {dn.place(user.dn): user for user in users}
            logins = by_login(places.items())
            chosen = members(self.name, wanted, places, lambda name: self._members(found, name), logins)
            users = [user for user in users if dn.place(user.dn) in chosen]
        empty = [] if users else [group for group in wanted if not self._members(found, group)]
        said = (text.searches.doubt, self._reference_doubt(text), empty_doubt(empty))
        doubts = tuple(doubt for doubt in said if doubt)
        finds = Finds(
            tuple(users), tuple(found.departments), self._proofs(text, found), doubts, rooms=tuple(found.rooms)
        )
        made = snapshot(self._settings, finds)
        absent = levels_above(made, self._settings.departments) - found.paths
        return msgspec.structs.replace(made, absent_levels=absent)

    def _take(self, record: Record, read: "_Read") -> None:
        """Add a record to what was read, wherever it belongs."""
        path = dn.place(record.dn)
        if record.dn in read.names:
            raise SourceBroken(f"{self._path.name}:{record.line}: {record.dn} is in the file twice")
        read.names.add(record.dn)
        read.paths.add(path)
        found = Found(record.dn, record.attributes)
        if self._settings.users.members_of:
            read.groups[path] = (*read.groups.get(path, ()), *member_names(found))
            if fault := next((record.unread[one] for one in MEMBER_ATTRIBUTES if one in record.unread), None):
                read.cut_groups[path] = fault
        kinds = ((self._users, read.users), (self._departments, read.departments), (self._rooms, read.rooms))
        for chosen, entries in kinds:
            if chosen and chosen.has(record, path):
                entries.append(found)
            if chosen and record.unread and (fault := chosen.missing(record, path)):
                raise self._broken(record.dn, fault)

    def _members(self, read: "_Read", name: str) -> tuple[str, ...] | None:
        """Return the members that a group names, nothing where the file does not hold it."""
        path = dn.place(name)
        if path in read.cut_groups:
            raise self._broken(name, read.cut_groups[path])
        return read.groups.get(path)

    def _broken(self, name: str, fault: Fault) -> SourceBroken:
        return SourceBroken(f"{self._path.name}:{fault.line}: {name}: {fault.message}")

    def _proofs(self, text: LdifText, read: "_Read") -> tuple[str, ...]:
        """Return what shows the read whole, and what must be known of its keys."""
        ended = text.searches.ended
        searches = f", and the search that wrote it ended with success{f' {ended} times' if ended > 1 else ''}"
        proof = f"{self._path.name} was read to its end: {len(read.names)} entries{searches if ended else ''}"
        return (proof, BY_DN) if self._departments and self._settings.department_key == DN_KEY else (proof,)

    def _reference_doubt(self, text: LdifText) -> str:
        """Say where people may stand who are not in the file, because a server referred to another one, if anywhere."""
        references = sorted(set(text.searches.references) - set(self._settings.exclude))
        hidden = [url for url in references if self._may_hide(place_of(url))]
        if not hidden:
            return ""
        return (
            f"the file refers to {len(hidden)} other places, whose entries it does not have; first: {hidden[0]}; "
            "export those too, or name in exclude where nobody is meant"
        )

    def _may_hide(self, place: dn.Path) -> bool:
        """Whether anybody who is meant may stand at a place; Active Directory's own zones hold nobody."""
        if not place:
            return True
        if place[0] in (*ZONES, CONFIGURATION) or any(
            dn.is_below(place, dn.place(one)) for one in self._settings.exclude
        ):
            return False
        return any(dn.is_below(place, base) or dn.is_below(base, place) for base in map(dn.parse, self._bases()))

    def _bases(self) -> list[str]:
        chosen = [self._settings.users, *filter(None, [self._settings.departments, self._settings.rooms])]
        return sorted({base for selection in chosen for base in selection.bases})

    def _missing_bases(self, paths: set[dn.Path]) -> Iterator[str]:
        """Give the bases that no entry of a file that is not empty stands at or below."""
        above = {path[start:] for path in paths for start in range(len(path) + 1)}
        return (base for base in self._bases() if paths and dn.parse(base) not in above)


class _Read:
    """What was read of a file so far."""

    def __init__(self) -> None:
        self.users: list[Found] = []
        self.departments: list[Found] = []
        self.rooms: list[Found] = []
        self.names: set[str] = set()
        self.paths: set[dn.Path] = set()
        self.groups: dict[dn.Path, tuple[str, ...]] = {}
        self.cut_groups: dict[dn.Path, Fault] = {}


class _Chosen:
    """A selection, made ready to be asked of each record, and the attributes that are read of what it chooses."""

    def __init__(self, selection: Selection, reads: Iterable[str]) -> None:
        self._bases = tuple(dn.parse(base) for base in selection.bases)
        self._fulfils = compiled(selection.filter)
        self._filtered = named_attributes(selection.filter)
        self._reads = frozenset(reads)
        self._scope = selection.scope

    def has(self, record: Record, path: dn.Path) -> bool:
        """Whether a record is meant."""
        return any(self._covers(base, path) for base in self._bases) and self._fulfils(record.attributes)

    def missing(self, record: Record, path: dn.Path) -> Fault | None:
        """Return why it cannot be told whether a record is meant, or what it has, if so."""
        if not any(self._covers(base, path) for base in self._bases):
            return None
        wanted = self._filtered | (self._reads if self._fulfils(record.attributes) else frozenset())
        return next((fault for name, fault in record.unread.items() if name in wanted or EVERYTHING in wanted), None)

    def _covers(self, base: dn.Path, path: dn.Path) -> bool:
        if dn.is_opaque(path):  # where it stands is not known, and whoever is meant is not to count as gone
            return True
        if self._scope is Scope.BASE:
            return path == base
        if self._scope is Scope.ONE:
            return dn.parent(path) == base and path != base
        return dn.is_below(path, base)
