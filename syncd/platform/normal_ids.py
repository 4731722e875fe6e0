"""The platform, with its ids in one normal form, whatever letter case it shows them in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from syncd.app.ports import Lease, Platform
from syncd.model.faces import ShownFace
from syncd.model.meetings import EVERY_MEETING, Meeting, MeetingFilter
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom, RoomValue
from syncd.plan.normal_ids import normal_id, with_normal_ids

PLACES = ("department", "parent")
Seen = TypeVar("Seen")


class NormalIds:
    """Turns ids into their normal form as they come in, and back into the form that was seen last as they go out.

    It is the port `Platform`; a platform that tells letter cases apart is asked by the form that it showed itself. An
    id that it has not shown yet, as in the first event about somebody, is asked for in lower case too.
    """

    def __init__(self, platform: Platform, spelled: dict[str, str] | None = None) -> None:
        self._platform = platform
        self._spelled: dict[str, str] = {} if spelled is None else spelled

    def _in(self, seen: Seen) -> Seen:
        """Return what the platform shows with its ids in normal form."""
        normal = with_normal_ids(seen)
        if normal is not seen and (shown := getattr(seen, "id", "")) != (own := getattr(normal, "id", "")):
            self._spelled[own] = shown
        return normal

    def _every(self, seen: Sequence[Seen]) -> tuple[Seen, ...]:
        return tuple(self._in(each) for each in seen)

    async def _asked(self, get: Callable[[str], Awaitable[Seen | None]], object_id: str) -> Seen | None:
        found = await get(self._out(object_id))
        lower = object_id.lower()
        if found is None and object_id not in self._spelled and normal_id(lower) == object_id != lower:
            found = await get(lower)
        return None if found is None else self._in(found)

    def _out(self, object_id: str) -> str:
        return self._spelled.get(object_id, object_id)

    def _fields(self, fields: Mapping[str, str]) -> dict[str, str]:
        return {name: self._out(value) if name in PLACES else value for name, value in fields.items()}

    def _room_fields(self, fields: Mapping[str, RoomValue]) -> dict[str, RoomValue]:
        return {name: self._room_value(name, value) for name, value in fields.items()}

    def _room_value(self, name: str, value: RoomValue) -> RoomValue:
        if name == "user_ids" and isinstance(value, tuple | list):
            return tuple(self._out(each) for each in value)
        return self._out(value) if name in PLACES and isinstance(value, str) else value

    def under(self, lease: Lease) -> "NormalIds":
        """Return the same platform under a lease; see `Platform`."""
        return NormalIds(self._platform.under(lease), self._spelled)

    async def company_id(self) -> str:
        """Return the id of the company."""
        return await self._platform.company_id()

    async def users(self) -> tuple[PlatformUser, ...]:
        """Return every user."""
        return self._every(await self._platform.users())

    async def departments(self) -> tuple[PlatformDepartment, ...]:
        """Return every department."""
        return self._every(await self._platform.departments())

    async def user(self, user_id: str) -> PlatformUser | None:
        """Return one user, or nothing where there is none."""
        return await self._asked(self._platform.user, user_id)

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Return one department, or nothing where there is none."""
        return await self._asked(self._platform.department, department_id)

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user; the id of the answer is the one that counts."""
        return self._in(await self._platform.add_user(self._out(user_id), self._fields(fields), password))

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change these fields of a user, and the password if there is one."""
        await self._platform.update_user(self._out(user_id), self._fields(fields), password)

    async def remove_user(self, user_id: str) -> None:
        """Remove a user."""
        await self._platform.remove_user(self._out(user_id))

    async def faces(self) -> tuple[ShownFace, ...]:
        """Return of every user whether there is a face."""
        return self._every(await self._platform.faces())

    async def update_face(self, user_id: str, picture: bytes) -> None:
        """Give a user a face."""
        await self._platform.update_face(self._out(user_id), picture)

    async def clear_face(self, user_id: str) -> None:
        """Take a user's face away."""
        await self._platform.clear_face(self._out(user_id))

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department; the id of the answer is the one that counts."""
        return self._in(await self._platform.add_department(self._out(department_id), self._fields(fields)))

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change these fields of a department."""
        await self._platform.update_department(self._out(department_id), self._fields(fields))

    async def remove_department(self, department_id: str) -> None:
        """Remove a department."""
        await self._platform.remove_department(self._out(department_id))

    async def rooms(self) -> tuple[PlatformRoom, ...]:
        """Return every room."""
        return self._every(await self._platform.rooms())

    async def room(self, room_id: str) -> PlatformRoom | None:
        """Return one room, or nothing where there is none."""
        return await self._asked(self._platform.room, room_id)

    async def add_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> PlatformRoom:
        """Make a room; the id of the answer is the one that counts."""
        return self._in(await self._platform.add_room(self._out(room_id), self._room_fields(fields)))

    async def update_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> None:
        """Change these fields of a room."""
        await self._platform.update_room(self._out(room_id), self._room_fields(fields))

    async def remove_room(self, room_id: str) -> None:
        """Remove a room."""
        await self._platform.remove_room(self._out(room_id))

    async def meetings(self, wanted: MeetingFilter = EVERY_MEETING) -> tuple[Meeting, ...]:
        """Return meetings."""
        return self._every(await self._platform.meetings(wanted))
