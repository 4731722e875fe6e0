"""A platform in memory, as strict as the sandbox, with faults at every call."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from syncd.app.ports import Lease
from syncd.errors import LeaseLost, Refused
from syncd.model.faces import ShownFace
from syncd.model.meetings import EVERY_MEETING, Meeting, MeetingFilter
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom, RoomValue
from syncd.platform.refusals import DepartmentMissing, RoomMissing, UserMissing, refusal
from syncd.sandbox.company import Company, Record, Rejected
from syncd.wire.envelope import WireDepartment, WireUser, arguments
from syncd.wire.rooms import WireRoom, room_arguments

Around = Callable[[str, str], Awaitable[None]]
WRITES = ("add", "update", "remove", "Face")


async def _nothing(_call: str, _object_id: str) -> None:
    """Do nothing."""


class FakePlatform:
    """The port `Platform` over a company; `before` and `after` are awaited around every call and may raise.

    `calls` has every writing call that was carried out, `refused` every refused one, as (call, id). Meetings
    are those that a test puts there, and rooms may be.
    """

    def __init__(self, company: Company | None = None) -> None:
        self.company = company or Company(lambda: 0.0)
        self.calls: list[tuple[str, str]] = []
        self.refused: list[tuple[str, str]] = []
        self.rooms_held: tuple[PlatformRoom, ...] = ()
        self.meetings_held: tuple[Meeting, ...] = ()
        self.before: Around = _nothing
        self.after: Around = _nothing

    def under(self, lease: Lease) -> "FakePlatform":
        """Give the same platform, that takes no writing call once the lease is lost."""
        return _Leased(self, lease)

    async def company_id(self) -> str:
        """Give the company's id."""
        return "COMPANY"

    async def users(self) -> tuple[PlatformUser, ...]:
        """Give every user."""
        found = await self._made("user/list", "", self.company.list_users)
        return tuple(_user(one) for one in found)

    async def departments(self) -> tuple[PlatformDepartment, ...]:
        """Give every department."""
        found = await self._made("dept/list", "", self.company.list_departments)
        return tuple(_department(one) for one in found)

    async def user(self, user_id: str) -> PlatformUser | None:
        """Give one user, or nothing."""
        try:
            return _user(await self._made("user/get", user_id, lambda: self.company.get_user({"userId": user_id})))
        except UserMissing:
            return None

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Give one department, or nothing."""
        try:
            found = await self._made(
                "dept/get", department_id, lambda: self.company.get_department({"deptId": department_id})
            )
        except DepartmentMissing:
            return None
        return _department(found)

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user."""
        sent = {**arguments(user_id, fields), "password": password}
        return _user(await self._made("user/add", user_id, lambda: self.company.add_user(sent)))

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change a user."""
        sent = {**arguments(user_id, fields), **({"password": password} if password else {})}
        await self._made("user/update", user_id, lambda: self.company.update_user(sent))

    async def remove_user(self, user_id: str) -> None:
        """Remove a user."""
        try:
            await self._made("user/remove", user_id, lambda: self.company.remove_user({"userId": user_id}))
        except UserMissing:
            return

    async def faces(self) -> tuple[ShownFace, ...]:
        """Tell of every user whether there is a face."""
        found = await self._made("user/list", "", self.company.list_users)
        return tuple(ShownFace(one["id"], bool(one["faceUrl"])) for one in found)

    async def update_face(self, user_id: str, picture: bytes) -> None:
        """Give a user a face."""
        await self._made(
            "user/updateFace", user_id, lambda: self.company.update_face({"userId": user_id, "file": picture})
        )

    async def clear_face(self, user_id: str) -> None:
        """Take a user's face away."""
        try:
            await self._made("user/clearFace", user_id, lambda: self.company.clear_face({"userId": user_id}))
        except UserMissing:
            return

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department."""
        sent = arguments(department_id, fields)
        return _department(await self._made("dept/add", department_id, lambda: self.company.add_department(sent)))

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change a department."""
        sent = arguments(department_id, fields)
        await self._made("dept/update", department_id, lambda: self.company.update_department(sent))

    async def remove_department(self, department_id: str) -> None:
        """Remove a department."""
        try:
            await self._made(
                "dept/remove", department_id, lambda: self.company.remove_department({"deptId": department_id})
            )
        except DepartmentMissing:
            return

    async def rooms(self) -> tuple[PlatformRoom, ...]:
        """Give every room."""
        found = await self._made("room/list", "", self.company.list_rooms)
        return (*self.rooms_held, *(_room(one) for one in found))

    async def room(self, room_id: str) -> PlatformRoom | None:
        """Give one room, or nothing."""
        held = {one.id: one for one in self.rooms_held}
        if room_id in held:
            return await self._made("room/get", room_id, lambda: held[room_id])  # type: ignore[no-any-return]
        try:
            return _room(await self._made("room/get", room_id, lambda: self.company.get_room({"roomId": room_id})))
        except RoomMissing:
            return None

    async def add_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> PlatformRoom:
        """Make a room."""
        sent = room_arguments("room/add", room_id, fields)
        return _room(await self._made("room/add", room_id, lambda: self.company.add_room(sent)))

    async def update_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> None:
        """Change a room."""
        sent = room_arguments("room/update", room_id, fields)
        await self._made("room/update", room_id, lambda: self.company.update_room(sent))

    async def remove_room(self, room_id: str) -> None:
        """Remove a room."""
        try:
            await self._made("room/remove", room_id, lambda: self.company.remove_room({"roomId": room_id}))
        except RoomMissing:
            return

    async def meetings(self, wanted: MeetingFilter = EVERY_MEETING) -> tuple[Meeting, ...]:
        """Give the meetings of the wanted room and speaker; times are not looked at."""

        def found() -> tuple[Meeting, ...]:
            return tuple(one for one in self.meetings_held if _is_wanted(one, wanted))

        return await self._made("meeting/list", "", found)  # type: ignore[no-any-return]

    async def _made(self, call: str, object_id: str, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - any answer
        await self.before(call, object_id)
        is_write = call.endswith(WRITES)
        try:
            answer = carry_out()
        except Rejected as rejected:
            if is_write:
                self.refused.append((call, object_id))
            error: Refused = refusal(str(rejected.code), str(rejected))
            raise error from None
        if is_write:
            self.calls.append((call, object_id))
        await self.after(call, object_id)
        return answer


class _Leased(FakePlatform):
    """The same platform under a lease; all that it holds is the other's."""

    def __init__(self, platform: FakePlatform, lease: Lease) -> None:
        self._platform, self._lease = platform, lease

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is there
        return getattr(self._platform, name)

    async def _made(self, call: str, object_id: str, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - any answer
        if call.endswith(WRITES) and not self._lease.is_held():
            raise LeaseLost(f"{call}: not sent, for the lock of the run was lost")
        return await self._platform._made(call, object_id, carry_out)  # noqa: SLF001 - its own kind


def _is_wanted(meeting: Meeting, wanted: MeetingFilter) -> bool:
    return (
        wanted.room_id in ("", meeting.room_id)
        and wanted.speaker in ("", meeting.speaker)
        and wanted.speaker_like in meeting.speaker
        and wanted.checked_state in ("", str(meeting.checked_state))
    )


def _user(record: Record) -> PlatformUser:
    return WireUser(
        id=record["id"],
        name=record["name"],
        account=record["account"],
        phone=record["phone"],
        email=record["email"],
        position=record["position"],
        memo=record["memo"],
        department=record["departmentId"],
        admin=record["admin"],
        status=record["status"],
    ).value()


def _department(record: Record) -> PlatformDepartment:
    return WireDepartment(record["id"], record["name"], record["parentId"]).value()


def _room(record: Record) -> PlatformRoom:
    return msgspec.convert(record, WireRoom).value()
