"""What the platform holds: its tables, their indexes, and the one place through which every change passes."""

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

import msgspec

from syncd.sandbox.arguments import Arguments, Record, invalid, text
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.state import State

REMEMBERED_CHANGES = 10_000
ID_DIGITS = 32


class Kind(StrEnum):
    """What there is, by the name that stands in the paths and events of the API."""

    USER = "user"
    DEPARTMENT = "dept"
    ROOM = "room"
    MEETING = "meeting"


class Action(StrEnum):
    """What happens to an object; a meeting that is cancelled or finished is still there."""

    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"
    CANCEL = "cancel"
    FINISH = "finish"


Observer = Callable[[Kind, Action, Record], None]


class Change(msgspec.Struct, frozen=True):
    """One change; `at` is in seconds since the epoch; a new object has no `before`, a removed one no `after`."""

    at: float
    kind: Kind
    action: Action
    id: str
    before: Record | None
    after: Record | None


class Index:
    """The ids of the objects that have a key; an object may have several."""

    def __init__(self, keys: Callable[[Record], Iterable[str]]) -> None:
        self._keys = keys
        self._ids: dict[str, dict[str, None]] = {}

    def add(self, record: Record) -> None:
        """Know an object under its keys."""
        for key in self._keys(record):
            if key:
                self._ids.setdefault(key, {})[record["id"]] = None

    def discard(self, record: Record) -> None:
        """Forget an object."""
        for key in self._keys(record):
            ids = self._ids.get(key)
            if ids is not None:
                ids.pop(record["id"], None)
                if not ids:
                    del self._ids[key]

    def of(self, key: str) -> Collection[str]:
        """Give the ids of the objects with this key."""
        return self._ids.get(key, ())

    def all(self) -> dict[str, list[str]]:
        """Give every key with its ids, sorted."""
        return {key: sorted(ids) for key, ids in sorted(self._ids.items())}


class Registry:
    """Tables, indexes, clock (seconds since the epoch) and quirks; records are replaced, never changed in place."""

    def __init__(self, clock: Callable[[], float], state: State, quirks: Quirks) -> None:
        self.clock, self.state, self.quirks = clock, state, quirks
        self.changes: deque[Change] = deque(maxlen=REMEMBERED_CHANGES)
        self.observers: list[Observer] = []
        self.tables = {
            Kind.USER: state.users,
            Kind.DEPARTMENT: state.departments,
            Kind.ROOM: state.rooms,
            Kind.MEETING: state.meetings,
        }
        self.unique = {field: Index(_value_of(field)) for field in ("account", "phone", "email")}
        self.users_in = Index(lambda one: [one["departmentId"]])
        self.departments_in = Index(lambda one: [one["parentId"]])
        self.departments_named = Index(lambda one: [named(one["parentId"], one["name"])])
        self.rooms_in = Index(lambda one: [one["departmentId"]])
        self.rooms_of = Index(lambda one: one["userIds"])
        self.meetings_in = Index(lambda one: [one["roomId"]])
        self.meetings_of = Index(lambda one: {other["userId"] for other in one["attendances"]})
        self.indexes: dict[Kind, tuple[Index, ...]] = {
            Kind.USER: (*self.unique.values(), self.users_in),
            Kind.DEPARTMENT: (self.departments_in, self.departments_named),
            Kind.ROOM: (self.rooms_in, self.rooms_of),
            Kind.MEETING: (self.meetings_in, self.meetings_of),
        }
        for kind, table in self.tables.items():
            for record in table.values():
                for index in self.indexes[kind]:
                    index.add(record)

    def now(self) -> int:
        """Give the time in milliseconds since the epoch."""
        return int(self.clock() * 1000)

    def found(self, kind: Kind, object_id: str) -> Record | None:
        """Give an object, or nothing."""
        return self.tables[kind].get(object_id)

    def write(self, kind: Kind, action: Action, record: Record) -> Record:
        """Keep an object as it is from now on, and give it."""
        before = self.tables[kind].get(record["id"])
        for index in self.indexes[kind]:
            if before is not None:
                index.discard(before)
            index.add(record)
        self.tables[kind][record["id"]] = record
        self._tell(Change(self.clock(), kind, action, record["id"], before, record), record)
        return record

    def remove(self, kind: Kind, record: Record) -> None:
        """Forget an object, and remember that its id was used."""
        for index in self.indexes[kind]:
            index.discard(record)
        del self.tables[kind][record["id"]]
        self.state.removed[f"{kind}/{record['id']}"] = self.now()
        self._tell(Change(self.clock(), kind, Action.REMOVE, record["id"], record, None), record)

    def existing(self, kind: Kind, arguments: Arguments) -> Record | None:
        """Give the object that an `add` would make a second time, where that is answered and not refused."""
        if self.quirks.existing_id == "refused" or self.quirks.ignores_ids:
            return None
        return self.found(kind, text(arguments, "id") or "")

    def new_id(self, kind: Kind, arguments: Arguments) -> str:
        """Give the id of a new object: the one asked for, unless the quirks forbid it."""
        wanted = text(arguments, "id")
        if not wanted or self.quirks.ignores_ids:
            return self._free_id(kind)
        if wanted in self.tables[kind]:
            raise invalid("the id is taken")
        if self.quirks.removed_ids == "refused" and f"{kind}/{wanted}" in self.state.removed:
            raise invalid("the id was that of a removed object")
        return wanted

    def as_it_was(self, kind: Kind, *, changes: int = 0, since: float = float("inf")) -> list[Record]:
        """Give a table as it was before its last `changes` changes, or at the time `since`, as far as remembered."""
        table = dict(self.tables[kind])
        count = 0
        for change in reversed(self.changes):
            if change.kind is not kind:
                continue
            if count >= changes and change.at <= since:
                break
            count += 1
            if change.before is None:
                table.pop(change.id, None)
            else:
                table[change.id] = change.before
        return list(table.values())

    def made_id(self) -> str:
        """Return an id that was not given before, in the platform's habit: 32 upper-case hexadecimal digits.

        It looks random, as the document's do, and is the same for the same calls in the same order.
        """
        self.state.made += 1
        return hashlib.sha256(b"id %d" % self.state.made).hexdigest()[:ID_DIGITS].upper()

    def _free_id(self, kind: Kind) -> str:
        made = self.made_id()
        while made in self.tables[kind]:
            made = self.made_id()
        return made

    def _tell(self, change: Change, record: Record) -> None:
        self.changes.append(change)
        for observer in self.observers:
            observer(change.kind, change.action, record)


def same(value: str) -> str:
    """Give the form in which two accounts, phones or mails are one but for their letter case."""
    return value.strip().casefold()


def named(parent: str, name: str) -> str:
    """Give the key of a department's name under its parent."""
    return f"{parent}/{same(name)}"


def _value_of(field: str) -> Callable[[Record], Iterable[str]]:
    return lambda one: [same(one[field])]
