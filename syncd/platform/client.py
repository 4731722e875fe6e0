"""The client of the whole Open API, call by call in the order of the document."""

import asyncio
import copy
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx

from syncd.app.ports import Lease
from syncd.errors import PlatformError
from syncd.model.faces import ShownFace
from syncd.model.meetings import EVERY_MEETING, Booking, Meeting, MeetingFilter
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom
from syncd.platform.bodies import picture_body
from syncd.platform.calls import Calls
from syncd.platform.faces import fit_face
from syncd.platform.observing import NOBODY, Observer
from syncd.platform.refusals import DepartmentMissing, MeetingMissing, RoomMissing, UserMissing
from syncd.platform.settings import ClientSettings
from syncd.wire.envelope import WireDepartment, WireFace, WireUser, arguments
from syncd.wire.meetings import MeetingValue, WireMeeting, booking_arguments, filter_arguments, meeting_arguments
from syncd.wire.rooms import RoomValue, WireRoom, room_arguments


class Client:
    """The platform's Open API; an asynchronous context manager.

    Every call raises `PlatformError`: `Refused` or one of its classes for an error code, `PlatformUnreachable` where
    nothing was sent, `PlatformBusy`, and `AnswerLost` or `AnswerBroken` where it may have been carried out. A call that
    may be repeated is repeated with growing pauses; `add`, `book`, `cancel` and `finish` only where they were surely
    not carried out. A token that is refused is renewed once for all tasks, and the call made once more. No call is made
    without the id that it is about, and none that writes where `read_only` is set: that too is a `PlatformError`.
    `observer` is told of each exchange, wait and token.
    """

    def __init__(
        self,
        settings: ClientSettings,
        transport: httpx.AsyncBaseTransport | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        self._calls = Calls(settings, transport, observer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()

    def under(self, lease: Lease) -> Self:
        """Give the same client, whose writing requests are made only while the lease is held; else `LeaseLost`."""
        leased = copy.copy(self)
        leased._calls = self._calls.under(lease)  # noqa: SLF001 - its own kind
        return leased

    async def company_id(self) -> str:
        """Give the id of the company that the credentials belong to (`oapi/gettoken`)."""
        return await self._calls.company_id()

    # Users

    async def users(self) -> tuple[PlatformUser, ...]:
        """Give every user (`user/list`)."""
        return await self._calls.every("user/list", {}, WireUser)

    async def faces(self) -> tuple[ShownFace, ...]:
        """Tell of every user whether there is a face (`user/list`)."""
        return await self._calls.every("user/list", {}, WireFace)

    async def user(self, user_id: str) -> PlatformUser | None:
        """Give one user, or nothing where there is none (`user/get`)."""
        return await self._calls.one_if_there(*_about("user/get", "userId", user_id), WireUser, UserMissing)

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user (`user/add`); never without a password, for the platform's default is public.

        `fields` are account, name, phone, email, position, memo, department. The id of the answer is the one that
        counts. Raises `AccountOccupied`, `PhoneOccupied`, `DepartmentMissing`, `ArgumentLacking`, and a plain `Refused`
        for a mail that another user has.
        """
        if not password:
            raise PlatformError("user/add: a user is never made without a password of its own")
        call, _ = _about("user/add", "id", user_id)
        sent = {**arguments(user_id, fields), "password": password}
        return await self._calls.one(call, sent, WireUser)

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change these fields of a user, and the password if there is one (`user/update`); `""` clears a field.

        Raises as `add_user` does, and `UserMissing`.
        """
        call, _ = _about("user/update", "id", user_id)
        sent = arguments(user_id, fields)
        await self._calls.done(call, {**sent, "password": password} if password else sent)

    async def update_face(self, user_id: str, picture: bytes) -> None:
        """Give a user a face: the content of a jpg or png file (`user/updateFace`).

        Raises `FaceUnfit`, before anything is sent, for a picture that the document does not allow, and `UserMissing`.
        """
        call, _ = _about("user/updateFace", "userId", user_id)
        face = await asyncio.to_thread(fit_face, picture)
        await self._calls.uploaded(call, picture_body(user_id, picture, face.format))

    async def clear_face(self, user_id: str) -> None:
        """Take a user's face away (`user/clearFace`); of a user who is gone it is gone too."""
        await self._calls.gone(*_about("user/clearFace", "userId", user_id), UserMissing)

    async def remove_user(self, user_id: str) -> None:
        """Remove a user (`user/remove`); one who is gone already is done."""
        await self._calls.gone(*_about("user/remove", "userId", user_id), UserMissing)

    # Departments

    async def departments(self) -> tuple[PlatformDepartment, ...]:
        """Give every department (`dept/list`)."""
        return await self._calls.every("dept/list", {}, WireDepartment)

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Give one department, or nothing where there is none (`dept/get`)."""
        return await self._calls.one_if_there(
            *_about("dept/get", "deptId", department_id), WireDepartment, DepartmentMissing
        )

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department (`dept/add`); `fields` are name and parent, `""` is the root.

        The id of the answer is the one that counts. Raises `DepartmentMissing` where there is no such parent.
        """
        call, _ = _about("dept/add", "id", department_id)
        return await self._calls.one(call, arguments(department_id, fields), WireDepartment)

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change these fields of a department (`dept/update`).

        Raises `DepartmentMissing` where there is no such department or parent.
        """
        call, _ = _about("dept/update", "id", department_id)
        await self._calls.done(call, arguments(department_id, fields))

    async def remove_department(self, department_id: str) -> None:
        """Remove a department (`dept/remove`); one that is gone already is done."""
        await self._calls.gone(*_about("dept/remove", "deptId", department_id), DepartmentMissing)

    # Rooms

    async def rooms(self) -> tuple[PlatformRoom, ...]:
        """Give every room (`room/list`)."""
        return await self._calls.every("room/list", {}, WireRoom)

    async def room(self, room_id: str) -> PlatformRoom | None:
        """Give one room, or nothing where there is none (`room/get`)."""
        return await self._calls.one_if_there(*_about("room/get", "roomId", room_id), WireRoom, RoomMissing)

    async def add_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> PlatformRoom:
        """Make a room (`room/add`); `fields` are those of `Room`, `name` among them.

        Numbers travel as numbers; with `body = "form"` the list `user_ids` travels as its JSON text. Raises
        `DepartmentMissing`, `UserMissing`, `ArgumentLacking`, `ArgumentTypeMismatch`.
        """
        call, _ = _about("room/add", "id", room_id)
        return await self._calls.one(call, room_arguments(call, room_id, fields), WireRoom)

    async def update_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> None:
        """Change these fields of a room (`room/update`); without `scene_image`, or with `""`, the picture stays.

        Raises as `add_room` does, and `RoomMissing`.
        """
        call, _ = _about("room/update", "id", room_id)
        sent = room_arguments(call, room_id, fields)
        await self._calls.done(call, {name: value for name, value in sent.items() if (name, value) != NO_PICTURE})

    async def remove_room(self, room_id: str) -> None:
        """Remove a room (`room/remove`); one that is gone already is done."""
        await self._calls.gone(*_about("room/remove", "roomId", room_id), RoomMissing)

    # Meetings

    async def meetings(self, wanted: MeetingFilter = EVERY_MEETING) -> tuple[Meeting, ...]:
        """Give meetings (`meeting/list`): without a filter of times, the uncancelled ones of the next 30 days.

        With one, cancelled ones may be among them, and nothing tells them from the others.
        """
        return await self._calls.every("meeting/list", filter_arguments(wanted), WireMeeting)

    async def meeting(self, meeting_id: str) -> Meeting | None:
        """Give one meeting, or nothing where there is none (`meeting/get`)."""
        return await self._calls.one_if_there(
            *_about("meeting/get", "meetingId", meeting_id), WireMeeting, MeetingMissing
        )

    async def book_meeting(self, booking: Booking) -> Meeting:
        """Book a meeting (`meeting/book`); the id of the answer is the one that counts.

        With `body = "form"` the list of attendances travels as its JSON text. Raises `RoomMissing`, `UserMissing`,
        `AttendanceMissing`, `ArgumentLacking`.
        """
        call, _ = _about("meeting/book", "roomId", booking.room_id)
        _about(call, "createdId", booking.created_id)
        return await self._calls.one(call, booking_arguments(booking), WireMeeting)

    async def update_meeting(self, meeting_id: str, fields: Mapping[str, MeetingValue]) -> None:
        """Change these fields of a meeting (`meeting/update`): those of `Booking`, but who booked it.

        Attendances are sent whole. Raises as `book_meeting` does, and `MeetingMissing`.
        """
        call, _ = _about("meeting/update", "id", meeting_id)
        await self._calls.done(call, meeting_arguments(call, meeting_id, fields))

    async def cancel_meeting(self, meeting_id: str) -> None:
        """Cancel a meeting that has not begun (`meeting/cancel`); one that is gone already is done."""
        await self._calls.gone(*_about("meeting/cancel", "meetingId", meeting_id), MeetingMissing)

    async def finish_meeting(self, meeting_id: str) -> None:
        """End a meeting that is under way (`meeting/finish`). Raises `MeetingMissing`."""
        await self._calls.done(*_about("meeting/finish", "meetingId", meeting_id))


NO_PICTURE = ("sceneImage", "")


def _about(call: str, argument: str, object_id: str) -> tuple[str, Mapping[str, str]]:
    """Give a call with its one argument; an empty id is refused, for it might mean everything."""
    if not object_id:
        raise PlatformError(f"{call}: no call is made without the id of the object that it is about ({argument})")
    return call, {argument: object_id}
