"""What we last know the platform to hold, with the time and origin of what is known of each object."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from syncd.app.records import EventState, Refreshed, ShadowRow
from syncd.model.events import Deed, Shown, Topic
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User, fields_of
from syncd.model.rooms import PlatformRoom
from syncd.plan.ingesting import Known, is_same
from syncd.shadow import tables
from syncd.shadow.lock_numbers import Number
from syncd.shadow.statements import Row, as_json, delete, portions, upsert
from syncd.wire.events import TYPES

REFRESH = "refresh"
LONGEST_READ = 3600.0  # seconds; a row that is younger still is of a clock that was set back since
UNSETTLED = (EventState.PENDING, EventState.DEAD)
REMOVALS = {name: topic for name, (topic, deed) in TYPES.items() if deed is Deed.REMOVE}


class _Renewal(msgspec.Struct, frozen=True):
    """What a list changes of a topic: rows to write and ids to forget, what changed by that, and what stands then."""

    differing: tuple[Shown, ...]
    lost: frozenset[str]
    changed: set[tuple[Topic, str]]
    after: tuple[Any, ...]


class Shadow:
    """What we last know the platform to hold."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def alone(self) -> None:
        """Let nobody else change the shadow until this transaction ends; readers are not kept waiting.

        An SQLite transaction that writes is alone from its beginning.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(Number.SHADOW)))

    def mirror(self) -> Mirror:
        """Give all of it, in the order of ids."""
        users = self._connection.execute(sa.select(tables.shadow_users).order_by("id"))
        return Mirror(tuple(_user(row) for row in users), self.departments(), self.rooms(), self.meetings())

    def departments(self) -> tuple[PlatformDepartment, ...]:
        """Give the departments, in the order of ids."""
        rows = self._connection.execute(sa.select(tables.shadow_departments).order_by("id"))
        return tuple(_department(row) for row in rows)

    def rooms(self) -> tuple[PlatformRoom, ...]:
        """Give the rooms, in the order of ids."""
        rows = self._connection.execute(sa.select(tables.shadow_rooms).order_by("id"))
        return tuple(_room(row) for row in rows)

    def meetings(self) -> tuple[KnownMeeting, ...]:
        """Give the meetings to come, in the order of ids."""
        rows = self._connection.execute(sa.select(tables.shadow_meetings).order_by("id"))
        return tuple(_meeting(row) for row in rows)

    def same(self, mirror: Mirror, as_of: float) -> Mirror | None:
        """Give what stands there after lists asked for at `as_of` if they change nothing; nothing where they do."""
        gone = self._gone_since(as_of)
        found = [self._renewal(topic, seen, as_of, gone) for topic, seen in _by_topic(mirror)]
        if any(one.differing or one.lost for one in found):
            return None
        users, departments, rooms, meetings = (one.after for one in found)
        return Mirror(users, departments, rooms, meetings, mirror.rooms_are_read)

    def replace(self, mirror: Mirror, as_of: float) -> Refreshed:
        """Take over what lists asked for at `as_of` show; rows that say so already are left alone.

        What an event or a write of ours has changed or taken away since then stays as it is (DESIGN 6, events).
        """
        self.alone()
        gone = self._gone_since(as_of)
        found = {topic: self._renewal(topic, seen, as_of, gone) for topic, seen in _by_topic(mirror)}
        for topic, one in found.items():
            delete(self._connection, TABLES[topic], ((each,) for each in one.lost))
            upsert(self._connection, TABLES[topic], [_row(each, as_of, REFRESH) for each in one.differing])
        changed = frozenset(change for one in found.values() for change in one.changed)
        users, departments, rooms, meetings = (one.after for one in found.values())
        return Refreshed(Mirror(users, departments, rooms, meetings, mirror.rooms_are_read), changed)

    def _renewal(self, topic: Topic, seen: tuple[Any, ...], as_of: float, gone: set[tuple[Topic, str]]) -> "_Renewal":
        """Compare the rows of a topic with what a list shows of it."""
        known = self._all(topic)
        latest = as_of + LONGEST_READ
        newer = {one for one, row in known.items() if as_of < row.as_of <= latest and row.origin != REFRESH}
        now = {one.id: one for one in seen if one.id not in newer and (one.id in known or (topic, one.id) not in gone)}
        differing = [one for one in now.values() if (row := known.get(one.id)) is None or row.shown != one]
        lost = known.keys() - now.keys() - newer
        changed = {(topic, one.id) for one in differing if not is_same(_shown(known.get(one.id)), one)}
        after = now | {one: known[one].shown for one in sorted(newer)}
        return _Renewal(
            tuple(differing), frozenset(lost), changed | {(topic, one) for one in lost}, tuple(after.values())
        )

    def _gone_since(self, moment: float) -> set[tuple[Topic, str]]:
        """Give what events told, or writes of ours made, to be gone since then."""
        c, j, latest = tables.inbox.c, tables.journal.c, moment + LONGEST_READ
        told = sa.select(c.type, c.objects).where(
            c.received_at.between(moment, latest), c.type.in_(REMOVALS), c.state.not_in(UNSETTLED)
        )
        done = sa.select(j.kind, j.platform_id).where(
            j.at.between(moment, latest), j.action == "remove", j.outcome == "done"
        )
        found = {(Topic(kind), platform_id) for kind, platform_id in self._connection.execute(done)}
        for name, objects in self._connection.execute(told):
            found |= {(REMOVALS[name], one) for one in msgspec.json.decode(objects, type=list[str])}
        return found

    def _all(self, topic: Topic) -> dict[str, Known]:
        return {row.id: _known(topic, row) for row in self._connection.execute(sa.select(TABLES[topic]))}

    def put(self, known: Iterable[Known]) -> None:
        """Take over what our own writes left, unless an event told what came after them."""
        self.alone()
        rows = [(type(one.shown), _row(one.shown, one.as_of, one.origin)) for one in known]
        for topic, kind in WRITTEN:
            upsert(self._connection, TABLES[topic], [row for which, row in rows if which is kind], _is_newer)

    def remove(self, kind: Kind, ids: Iterable[str]) -> None:
        """Forget objects that are gone."""
        self.alone()
        delete(self._connection, TABLES[Topic(kind)], ((one,) for one in ids))

    def known(self, topic: Topic, ids: Iterable[str]) -> dict[str, Known]:
        """Give those of the objects that are known, by id."""
        table = TABLES[topic]
        found: dict[str, Known] = {}
        for portion in portions(ids):
            rows = self._connection.execute(sa.select(table).where(table.c.id.in_(portion)))
            found |= {row.id: _known(topic, row) for row in rows}
        return found

    def learn(self, topic: Topic, known: Mapping[str, Known | None]) -> None:
        """Take over what is known of objects now; `None` is gone."""
        self.alone()
        delete(self._connection, TABLES[topic], ((one,) for one, row in known.items() if row is None))
        rows = [_row(row.shown, row.as_of, row.origin) for row in known.values() if row is not None]
        upsert(self._connection, TABLES[topic], rows)

    def rows(self, kind: Kind) -> Iterator[ShadowRow]:
        """Give every object of a kind with the time and origin of what is known of it."""
        for row in self._connection.execute(sa.select(TABLES[Topic(kind)]).order_by("id")):
            yield _shadow_row(kind, row)

    def row(self, kind: Kind, platform_id: str) -> ShadowRow | None:
        """Give one object with the time and origin of what is known of it."""
        table = TABLES[Topic(kind)]
        row = self._connection.execute(sa.select(table).where(table.c.id == platform_id)).first()
        return None if row is None else _shadow_row(kind, row)


def _by_topic(mirror: Mirror) -> tuple[tuple[Topic, tuple[Any, ...]], ...]:
    """Give the lists of a mirror in the order of its fields."""
    return (
        (Topic.USER, mirror.users),
        (Topic.DEPARTMENT, mirror.departments),
        (Topic.ROOM, mirror.rooms),
        (Topic.MEETING, mirror.meetings),
    )


def _is_newer(table: sa.Table, incoming: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - the columns of an insert
    """Tell whether the row that comes is not the older one, or the other is of a clock that was set back since."""
    return sa.or_(table.c.as_of <= incoming.as_of, table.c.as_of > incoming.as_of + LONGEST_READ)


def _shadow_row(kind: Kind, row: sa.Row[Any]) -> ShadowRow:
    shown = READERS[Topic(kind)](row)
    assert not isinstance(shown, KnownMeeting)  # noqa: S101 - no kind is a meeting
    return ShadowRow(row.id, fields_of(shown), row.as_of, row.origin)


def _known(topic: Topic, row: sa.Row[Any]) -> Known:
    return Known(READERS[topic](row), row.as_of, row.origin)


def _shown(known: Known | None) -> Shown | None:
    return known.shown if known else None


def _user(row: sa.Row[Any]) -> PlatformUser:
    fields = User(row.account, row.name, row.phone, row.email, row.position, row.memo, row.department)
    return PlatformUser(row.id, fields, row.is_admin, row.status)


def _department(row: sa.Row[Any]) -> PlatformDepartment:
    return PlatformDepartment(row.id, Department(row.name, row.parent))


def _room(row: sa.Row[Any]) -> PlatformRoom:
    return msgspec.json.decode(row.fields, type=PlatformRoom)


def _meeting(row: sa.Row[Any]) -> KnownMeeting:
    return msgspec.json.decode(row.fields, type=KnownMeeting)


def _row(one: Shown, as_of: float, origin: str) -> Row:
    own: Row = {"id": one.id, "as_of": as_of, "origin": origin}
    if isinstance(one, PlatformRoom | KnownMeeting):
        return own | {"fields": as_json(one)}
    own |= msgspec.structs.asdict(one.fields)
    return own | {"is_admin": one.is_admin, "status": one.status} if isinstance(one, PlatformUser) else own


WRITTEN = ((Topic.USER, PlatformUser), (Topic.DEPARTMENT, PlatformDepartment), (Topic.ROOM, PlatformRoom))
TABLES: Mapping[Topic, sa.Table] = {
    Topic.USER: tables.shadow_users,
    Topic.DEPARTMENT: tables.shadow_departments,
    Topic.ROOM: tables.shadow_rooms,
    Topic.MEETING: tables.shadow_meetings,
}
READERS: Mapping[Topic, Callable[[sa.Row[Any]], Shown]] = {
    Topic.USER: _user,
    Topic.DEPARTMENT: _department,
    Topic.ROOM: _room,
    Topic.MEETING: _meeting,
}
