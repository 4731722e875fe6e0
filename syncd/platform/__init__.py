"""A typed client of the platform's whole Open API; docs/guides/client.md shows how it is used."""

from syncd.model.meetings import Attendance, Booking, Meeting, MeetingFilter
from syncd.model.objects import Department, PlatformDepartment, PlatformUser, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.platform.client import Client
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
