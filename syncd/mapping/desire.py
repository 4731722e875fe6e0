"""Entries to desired users, departments and rooms (DESIGN 6; I11, I12)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from syncd.mapping.facts import NOT_READ, Facts, Unmappable, is_true
from syncd.mapping.joining import Join, Joins
from syncd.mapping.mail_addresses import mail_address
from syncd.mapping.normal_forms import plain_form, text_form
from syncd.mapping.phones import phone_number
from syncd.mapping.presence import is_enabled
from syncd.mapping.rooms import RoomMapping
from syncd.mapping.rules import Compiled, Rule
from syncd.mapping.tree import Departments, linked_places, rings
from syncd.model.desired import Desired, DesiredDepartment, DesiredRoom, DesiredUser, Presence, Skip
from syncd.model.links import Link
from syncd.model.objects import Department, Kind, User
from syncd.model.source import Entry, Snapshot

# The platform's document gives no lengths. These are well above what people bear and well below what would
# break a page; mails are at most 254 characters long (RFC 5321, 4.5.3.1.3).
LONGEST = {"account": 128, "name": 128, "phone": 32, "email": 254, "position": 128, "memo": 1000}
FORMS: Mapping[str, Callable[[str], str]] = {
    "account": plain_form,
    "phone": phone_number,
    "email": mail_address,
}
NOBODY = User("", "")
NO_JOINS: Mapping[str, Join] = MappingProxyType({})


class Moment(msgspec.Struct, frozen=True):
    """The time of a run: seconds since the epoch, and the date that templates see as `today` (ISO 8601)."""

    now: float
    today: str = ""


def desire(
    snapshots: Iterable[Snapshot],
    rules: Mapping[str, Compiled],
    moment: Moment,
    joins: Mapping[str, Join] = NO_JOINS,
    links: tuple[Link, ...] = (),
) -> Desired:
    """Map every entry of every authority; what cannot be mapped is skipped and named, and stays present (I12).

    `links` tell where departments were last seen that the read does not show.

    `rules` are by authority, `joins` by enrich source, of which one without a snapshot could not be read: what is made
    of it stays as it is.
    """
    snapshots = tuple(snapshots)
    joined = Joins(joins, snapshots)
    parts = [
        _Source(one, rules[one.source], moment, joined, links).desired() for one in snapshots if one.source not in joins
    ]
    return Desired(
        users=tuple(one for part in parts for one in part.users),
        departments=tuple(one for part in parts for one in part.departments),
        skipped=(*(one for part in parts for one in part.skipped), *_found_odd(snapshots)),
        present_users=frozenset(one for part in parts for one in part.present_users),
        present_departments=frozenset(one for part in parts for one in part.present_departments),
        above={one: key for part in parts for one, key in part.above.items()},
        rings=tuple(one for part in parts for one in part.rings),
        rooms=tuple(one for part in parts for one in part.rooms),
        present_rooms=frozenset(one for part in parts for one in part.present_rooms),
        room_sources=frozenset(one for part in parts for one in part.room_sources),
    )


def _found_odd(snapshots: Iterable[Snapshot]) -> Iterator[Skip]:
    """Yield what the reads themselves found odd, enriching ones included."""
    for snapshot in snapshots:
        for one in snapshot.findings:
            yield Skip(Kind.USER, one.key, one.locator, one.reason, one.message)


class _Source:
    """The mapping of one source's entries."""

    def __init__(
        self, snapshot: Snapshot, rules: Compiled, moment: Moment, joins: Joins, links: tuple[Link, ...]
    ) -> None:
        self._snapshot = snapshot
        self._joins = joins
        self._rules = rules
        self._moment = moment
        key_attribute = snapshot.department_key_attribute or snapshot.key_attribute
        linked = linked_places(links, snapshot.source) if snapshot.absent_levels else {}
        self._places = Departments(snapshot.departments, key_attribute, snapshot.absent_levels, linked)
        self._places.prove((*snapshot.users, *snapshot.departments, *(snapshot.rooms or ())))
        self._skips: list[Skip] = []
        self._paths: dict[str, DesiredDepartment] = {}

    def desired(self) -> Desired:
        snapshot = self._snapshot
        parents = dict(self._parents())
        closed = rings(parents)
        cyclic = frozenset(key for ring in closed for key in ring)
        departments = list(self._departments(parents, cyclic))
        users = tuple(one for entry in snapshot.users if (one := self._user(entry)) is not None)
        departments += self._paths.values()
        rooms = tuple(self._rooms())
        desired = {one.key for one in departments}
        unreadable = frozenset(key for one in snapshot.unreadable for key in (one.key, *one.other_keys) if key)
        return Desired(
            users=users,
            departments=tuple(departments),
            skipped=(*self._skips, *self._unreadable()),
            present_users=self._identities(unreadable, (one.key for one in snapshot.users)),
            present_departments=self._identities(
                unreadable, (one.key for one in snapshot.departments), self._paths.keys(), self._places.proved
            ),
            above={
                (snapshot.source, key): "" if key in cyclic else parents.get(key, "")
                for key in {one.key for one in snapshot.departments} - desired
            },
            rings=closed,
            rooms=rooms,
            present_rooms=self._identities(unreadable, (one.key for one in self._room_entries())),
            room_sources=frozenset({snapshot.source} if self._has_rooms() else ()),
        )

    def _identities(self, *keys: Iterable[str]) -> frozenset[tuple[str, str]]:
        return frozenset((self._snapshot.source, key) for some in keys for key in some)

    def _has_rooms(self) -> bool:
        return self._rules.room is not None and self._snapshot.rooms is not None

    def _room_entries(self) -> tuple[Entry, ...]:
        return (self._snapshot.rooms or ()) if self._has_rooms() else ()

    def _rooms(self) -> Iterator[DesiredRoom]:
        if self._rules.room is None:
            return
        mapping = RoomMapping(self._snapshot.source, self._rules.room, self._places)
        for entry in self._room_entries():
            self._note_mismatches(entry, self._rules.room.joined, Kind.ROOM)
        yield from mapping.desired((one, self._facts(one)) for one in self._room_entries())
        self._skips += mapping.skips

    def _facts(self, entry: Entry) -> Facts:
        return self._joins.facts(entry, self._snapshot.source, self._moment.today)

    def _skip(self, kind: Kind, entry: Entry, field: str, finding: Unmappable) -> None:
        message = f"{entry.locator}: {field}: {finding}"
        self._skips.append(Skip(kind, entry.key, entry.locator, finding.reason, message, field))

    def _unreadable(self) -> Iterator[Skip]:
        for one in self._snapshot.unreadable:
            yield Skip(Kind.USER, one.key, one.locator, one.reason, one.message)

    def _parents(self) -> Iterator[tuple[str, str]]:
        """Yield the parent's key of every department entry whose parent can be told."""
        for entry in self._snapshot.departments:
            try:
                yield entry.key, self._parent(entry)
            except Unmappable as finding:
                self._skip(Kind.DEPARTMENT, entry, "parent", finding)

    def _parent(self, entry: Entry) -> str:
        rule = self._rules.department_parent
        if rule is None:
            return self._places.above(entry.path)
        text = rule.text(self._facts(entry))
        return self._places.named(text) if text else ""

    def _departments(self, parents: Mapping[str, str], cyclic: frozenset[str]) -> Iterator[DesiredDepartment]:
        for entry in self._snapshot.departments:
            if entry.key in cyclic:
                ring = Unmappable("cycle", "it stands above itself; break the ring in the directory")
                self._skip(Kind.DEPARTMENT, entry, "parent", ring)
            elif entry.key in parents:
                try:
                    name = _required(self._rules.department_name, self._facts(entry), "name")
                except Unmappable as finding:
                    self._skip(Kind.DEPARTMENT, entry, "name", finding)
                else:
                    fields = Department(name, parents[entry.key])
                    yield DesiredDepartment(entry.key, self._snapshot.source, entry.locator, fields)

    def _user(self, entry: Entry) -> DesiredUser | None:
        field = "when"
        facts = self._facts(entry)
        try:
            presence = self._presence(entry, facts)
            if presence is not Presence.ACTIVE:
                self._note_mismatches(entry, self._rules.joined_for_presence)
                return DesiredUser(entry.key, self._snapshot.source, entry.locator, NOBODY, presence)
            field = "account"
            account = _required(self._rules.account, facts, field)
            field = "name"
            name = _required(self._rules.name, facts, field)
        except Unmappable as finding:
            self._name_unless_unread(entry, field, finding)
            self._note_mismatches(entry, self._rules.joined_for_being)
            return None
        self._note_mismatches(entry, self._rules.joined)
        optional = {name: self._optional(entry, facts, name, rule) for name, rule in self._rules.fields.items()}
        fields = User(account, name, **optional, department=self._department(entry, facts))
        return DesiredUser(entry.key, self._snapshot.source, entry.locator, fields)

    def _note_mismatches(self, entry: Entry, sources: frozenset[str], kind: Kind = Kind.USER) -> None:
        for one in self._joins.mismatches(entry, sorted(sources)):
            message = f"{entry.locator}: {one.message}"
            self._skips.append(Skip(kind, entry.key, entry.locator, one.reason, message))

    def _presence(self, entry: Entry, facts: Facts) -> Presence:
        if self._rules.when is not None and not is_true(self._rules.when.text(facts)):
            return Presence.OUT_OF_SCOPE
        enabled = self._rules.enabled
        is_active = is_true(enabled.text(facts)) if enabled else is_enabled(entry.attributes, self._moment.now)
        return Presence.ACTIVE if is_active else Presence.DISABLED

    def _optional(self, entry: Entry, facts: Facts, field: str, rule: Rule) -> str | None:
        """Give an optional field; where it cannot be mapped it stays on the platform as it is, and is named."""
        if not rule.is_ours:
            return None
        try:
            return _formed(field, rule.text(facts))
        except Unmappable as finding:
            self._name_unless_unread(entry, field, finding)
            return None

    def _name_unless_unread(self, entry: Entry, field: str, finding: Unmappable) -> None:
        """Name a field that stays as it is; a source that could not be read is named once, not for everybody."""
        if finding.reason != NOT_READ:
            self._skip(Kind.USER, entry, field, finding)

    def _department(self, entry: Entry, facts: Facts) -> str | None:
        """Give the key of the user's department, `""` for the root department; `None` where it cannot be told."""
        try:
            if self._rules.path_rule:
                return self._department_by_path(entry, self._rules.path_rule.text(facts))
            if self._rules.user_department is None:
                return self._places.above(entry.path)
            if not self._rules.user_department.is_ours:
                return None
            text = self._rules.user_department.text(facts)
            return self._places.named(text) if text else ""
        except Unmappable as finding:
            self._name_unless_unread(entry, "department", finding)
            return None

    def _department_by_path(self, entry: Entry, text: str) -> str:
        """Make the departments of a path such as `Sales/East`, each with its own path as key; give the last."""
        separator, key, path = self._rules.path_separator, "", ""
        for name in filter(None, (text_form(part) for part in text.split(separator))):
            if len(name) > LONGEST["name"]:
                raise Unmappable(
                    "too_long", f"a name in its path has {len(name)} characters, {LONGEST['name']} at most"
                )
            path = f"{path}{separator}{name}" if path else name
            parent, key = key, self._snapshot.known_paths.get(path, path)
            self._paths.setdefault(
                key, DesiredDepartment(key, self._snapshot.source, entry.locator, Department(name, parent))
            )
        return key


def _required(rule: Rule, facts: Facts, field: str) -> str:
    text = _formed(field, rule.text(facts))
    if not text:
        joined = (f"{source}.{attribute}" for source, attribute in rule.joined())
        names = ", ".join(sorted({*rule.attributes(), *joined})) or "the template"
        raise Unmappable("no_value", f"there is no value, and it is required; it comes from {names}")
    return text


def _formed(field: str, text: str) -> str:
    """Return a value in its normal form; raises `Unmappable` where it has none, or a longer one than may be sent."""
    form = FORMS.get(field, text_form)(text)
    if len(form) > LONGEST[field]:
        raise Unmappable("too_long", f"it has {len(form)} characters, {LONGEST[field]} at most; shorten it")
    return form
