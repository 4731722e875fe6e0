"""A typed client of the platform's whole Open API; docs/guides/client.md shows how it is used."""

from typing import TYPE_CHECKING

from syncd.model.meetings import Attendance, Booking, Meeting, MeetingFilter
from syncd.model.objects import Department, PlatformDepartment, PlatformUser, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.platform.faces import FaceCheck, FaceUnfit, check_face
from syncd.platform.refusals import (
    AccountOccupied,
    AnswerUnusable,
    ArgumentLacking,
    ArgumentTypeMismatch,
    AttendanceMissing,
    DepartmentMissing,
    InvalidArguments,
    MeetingMissing,
    PhoneOccupied,
    RoomMissing,
    TokenExpired,
    TokenIllegal,
    TokenMissing,
    UserMissing,
)
from syncd.platform.settings import ClientSettings

if TYPE_CHECKING:
    from syncd.platform.client import Client
else:

    def __getattr__(name: str) -> type:
        """Return the client, whose HTTP libraries are loaded once somebody asks for it."""
        if name == "Client":
            from syncd.platform.client import Client  # noqa: PLC0415 - as said

            return Client
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return the names that are there, whether loaded or not."""
        return sorted({*globals(), *__all__})


__all__ = [
    "AccountOccupied",
    "AnswerUnusable",
    "ArgumentLacking",
    "ArgumentTypeMismatch",
    "Attendance",
    "AttendanceMissing",
    "Booking",
    "Client",
    "ClientSettings",
    "Department",
    "DepartmentMissing",
    "FaceCheck",
    "FaceUnfit",
    "InvalidArguments",
    "Meeting",
    "MeetingFilter",
    "MeetingMissing",
    "PhoneOccupied",
    "PlatformDepartment",
    "PlatformRoom",
    "PlatformUser",
    "Room",
    "RoomMissing",
    "TokenExpired",
    "TokenIllegal",
    "TokenMissing",
    "User",
    "UserMissing",
    "check_face",
]
