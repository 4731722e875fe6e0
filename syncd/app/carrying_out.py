"""One operation as calls of the platform, each of which may be carried out twice (I2)."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Mapping

import msgspec

from syncd.app.creation import LISTED, Creations, Origin, Unsure, look_at, written
from syncd.app.ports import Passwords, Platform
from syncd.errors import NotEmpty, PlatformError, Refused
from syncd.model.objects import Kind, PlatformUser, fields_of
from syncd.model.rooms import SCENE_IMAGE, USERS, PlatformRoom, ids_in, joined, platform_values
from syncd.plan.differences import without
from syncd.plan.draft import temporary, value_of
from syncd.plan.values import Action, Change, Operation, Reason

MAKE_WAY = frozenset({Reason.TEMPORARY, Reason.GIVES_WAY, Reason.REPLACED})
PLACES = frozenset({"department", "parent"})
NAMES_SHOWN = 5


class Carried(msgspec.Struct, frozen=True):
    """What was carried out, and the object's id on the platform.

    `refused` has the values, by field, without which it was done, and `refusal` says why.
    """

    operation: Operation
    platform_id: str
    refused: Mapping[str, str] = {}
    refusal: str = ""


def refused_alone(operation: Operation, code: str) -> Mapping[str, str]:
    """Give what a refusal with this code says of an operation that wrote nothing but a room's picture."""
    refused = _refused_picture(operation, code)
    return refused if operation.changes.keys() == refused.keys() else {}


def _refused_picture(operation: Operation, code: str) -> Mapping[str, str]:
    """Give the picture of a room that a refusal may be about: the document has no code for that."""
    change = operation.changes.get(SCENE_IMAGE)
    is_written = change is not None and bool(change.after) and operation.action is not Action.REMOVE
    return {SCENE_IMAGE: change.after or ""} if change and is_written and code not in ("", *LISTED) else {}


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

    async def carry_out(self, operation: Operation) -> Carried:
        """Carry out one operation; raises `PlatformError`.

        A picture that is refused keeps nothing else of a room from being written: the call is made again without it.
        """
        try:
            return await self._carried_out(operation)
        except Refused as refusal:
            refused = _refused_picture(operation, refusal.code)
            if not refused or operation.changes.keys() == refused.keys():
                raise
            bare = msgspec.structs.replace(operation, changes=without(operation.changes, refused))
            why = f"without its picture, which the platform refuses: {refusal}"
            return msgspec.structs.replace(await self._carried_out(bare), refused=refused, refusal=why)

    async def _carried_out(self, operation: Operation) -> Carried:
        if operation.action in (Action.ADOPT, Action.LEAVE):
            return Carried(operation, operation.platform_id)
        if operation.action is Action.CREATE:
            return Carried(operation, await self._creations.create(operation, written(operation)))
        if operation.action is Action.REMOVE:
            await self._remove(operation)
            return Carried(operation, operation.platform_id)
        return Carried(await self._updated(operation), operation.platform_id)

    async def _updated(self, operation: Operation) -> Operation:
        """Give the operation as it was carried out."""
        fields = written(operation)
        if operation.kind is Kind.DEPARTMENT:
            await self._confirmed(operation, fields, self._platform.update_department(operation.platform_id, fields))
            return operation
        if operation.kind is Kind.ROOM:
            call = self._platform.update_room(operation.platform_id, platform_values(fields))
            await self._confirmed(operation, fields, call)
            return operation
        password = self._password(operation)
        call = self._platform.update_user(operation.platform_id, fields, password)
        try:
            await self._confirmed(operation, {} if password else fields, call)
        except Refused:
            if operation.reason is Reason.RETURNED:
                self._creations.withdrawn(operation)
            raise
        return await self._emptied(operation, fields) if operation.reason in MAKE_WAY else operation

    async def _emptied(self, operation: Operation, fields: Mapping[str, str]) -> Operation:
        """See that what becomes empty for somebody else is so; where it is not taken, write a value that nobody has."""
        emptied = [field for field, value in fields.items() if not value]
        there = await self._seen(operation.platform_id) if emptied else None
        stays = [field for field in emptied if there is not None and value_of(there.fields, field)]
        if not stays:
            return operation
        instead = {field: temporary(field, operation.platform_id, stays) for field in stays}
        await self._platform.update_user(operation.platform_id, instead)
        changes = {field: Change(operation.changes[field].before, value) for field, value in instead.items()}
        return msgspec.structs.replace(operation, changes={**operation.changes, **changes})

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
