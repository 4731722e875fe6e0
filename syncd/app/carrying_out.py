"""One operation as calls of the platform, each of which may be carried out twice (I2)."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable

import msgspec

from syncd.app.creation import Creations, Origin, Unsure, look_at, written
from syncd.app.ports import Passwords, Platform
from syncd.errors import NotEmpty, PlatformError, Refused
from syncd.model.objects import Kind, PlatformUser, fields_of
from syncd.model.rooms import USERS, PlatformRoom, ids_in, joined, platform_values
from syncd.plan.draft import temporary, value_of
from syncd.plan.values import Action, Change, Operation, Reason

MAKE_WAY = frozenset({Reason.TEMPORARY, Reason.GIVES_WAY, Reason.REPLACED})
PLACES = frozenset({"department", "parent"})
NAMES_SHOWN = 5


class CarryingOut:
    """Makes the calls of operations and looks back where an answer was lost.

    `rooms` are those that the run has read; they count where a fresh list of rooms cannot be had.
    """

    def __init__(
        self, platform: Platform, passwords: Passwords, origin: Origin, rooms: tuple[PlatformRoom, ...] = ()
    ) -> None:
        self._platform, self._rooms = platform, rooms
        self._passwords = passwords
        self._creations = Creations(platform, passwords, origin)
        self._instead: dict[str, dict[str, str]] = {}
        self._contents: defaultdict[str, dict[str, str]] | None = None
        self._homes: dict[str, str] = {}
        self._looking = asyncio.Lock()

    def placed(self, operation: Operation) -> Operation:
        """Give the operation with the ids that the platform chose for objects which this run made before it."""
        ids = self._creations.ids
        places = {
            field: change for field, change in operation.changes.items() if field in PLACES and change.after in ids
        }
        moved = {field: Change(change.before, ids[change.after or ""]) for field, change in places.items()}
        named = operation.changes.get(USERS)
        if named and not ids.keys().isdisjoint(ids_in(named.after)):
            moved[USERS] = Change(named.before, joined(ids.get(one, one) for one in ids_in(named.after)))
        if not moved:
            return operation
        return msgspec.structs.replace(operation, changes={**operation.changes, **moved})

    def done(self, operation: Operation) -> Operation:
        """Give the operation as it was carried out: with a value that nobody has where none was not taken."""
        instead = self._instead.get(operation.id, {})
        changes = {field: Change(operation.changes[field].before, value) for field, value in instead.items()}
        return msgspec.structs.replace(operation, changes={**operation.changes, **changes}) if changes else operation

    async def carry_out(self, operation: Operation) -> str:
        """Carry out one operation and give the object's id on the platform; raises `PlatformError`."""
        if operation.action is Action.ADOPT:
            return operation.platform_id
        if operation.action is Action.CREATE:
            return await self._creations.create(operation, written(operation))
        if operation.action is Action.REMOVE:
            await self._remove(operation)
        else:
            await self._update(operation)
        return operation.platform_id

    async def _update(self, operation: Operation) -> None:
        fields = written(operation)
        if operation.kind is Kind.DEPARTMENT:
            await self._confirmed(operation, fields, self._platform.update_department(operation.platform_id, fields))
            return
        if operation.kind is Kind.ROOM:
            call = self._platform.update_room(operation.platform_id, platform_values(fields))
            await self._confirmed(operation, fields, call)
            return
        password = self._password(operation)
        call = self._platform.update_user(operation.platform_id, fields, password)
        try:
            await self._confirmed(operation, {} if password else fields, call)
        except Refused:
            if operation.reason is Reason.RETURNED:
                self._creations.withdrawn(operation)
            raise
        if operation.reason in MAKE_WAY:
            await self._see_emptied(operation, fields)

    async def _see_emptied(self, operation: Operation, fields: dict[str, str]) -> None:
        """See that what becomes empty for somebody else is so; where it is not taken, write a value that nobody has."""
        emptied = [field for field, value in fields.items() if not value]
        there = await self._seen(operation.platform_id) if emptied else None
        stays = [field for field in emptied if there is not None and value_of(there.fields, field)]
        if stays:
            instead = {field: temporary(field, operation.platform_id, stays) for field in stays}
            await self._platform.update_user(operation.platform_id, instead)
            self._instead[operation.id] = instead

    async def _seen(self, user_id: str) -> PlatformUser | None:
        try:
            return await self._platform.user(user_id)
        except PlatformError:  # what waits for the value finds out whether it is free
            return None

    def _password(self, operation: Operation) -> str | None:
        """Give a password that nobody knows to lock with, an initial one to who is back, and none to others (I3)."""
        if operation.action in (Action.LOCK, Action.PARK):
            return self._passwords.fresh()
        return self._creations.initial(operation) if operation.reason is Reason.RETURNED else None

    async def _confirmed(self, operation: Operation, fields: dict[str, str], call: Awaitable[None]) -> None:
        """Make an update; where its answer was lost for good, what the platform now shows decides."""
        try:
            await call
        except Unsure:
            there = await look_at(self._platform, operation.kind, operation.platform_id)
            if not fields or there is None:
                raise
            shown = fields_of(there)
            if any((value_of(shown, one) or "") != fields[one] for one in fields):
                raise

    async def _remove(self, operation: Operation) -> None:
        if operation.kind is Kind.USER:
            await self._platform.remove_user(operation.platform_id)
            return
        if operation.kind is Kind.ROOM:
            await self._platform.remove_room(operation.platform_id)
            return
        contents = await self._fresh_contents()
        if inside := contents.get(operation.platform_id):
            shown = ", ".join(sorted(inside.values())[:NAMES_SHOWN])
            raise NotEmpty(
                f"department {operation.name} stays: a fresh list shows {len(inside)} objects in it: {shown}"
            )
        await self._platform.remove_department(operation.platform_id)
        contents[self._homes.get(operation.platform_id, "")].pop(operation.platform_id, None)

    async def _fresh_contents(self) -> defaultdict[str, dict[str, str]]:
        """Give what each department holds, by id, from lists asked for before the first removal (DESIGN 6)."""
        async with self._looking:
            if self._contents is None:
                self._contents = await self._asked_contents()
        return self._contents

    async def _asked_contents(self) -> defaultdict[str, dict[str, str]]:
        users, departments = await self._platform.users(), await self._platform.departments()
        self._homes = {one.id: one.fields.parent or "" for one in departments}
        contents: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for user in users:
            contents[user.fields.department or ""][user.id] = user.fields.name
        for department in departments:
            contents[department.fields.parent or ""][department.id] = department.fields.name
        for room in await self._fresh_rooms():
            contents[room.fields.department][room.id] = room.fields.name
        return contents

    async def _fresh_rooms(self) -> tuple[PlatformRoom, ...]:
        try:
            return await self._platform.rooms()
        except PlatformError:
            return self._rooms
