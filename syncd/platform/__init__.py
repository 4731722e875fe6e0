"""A typed client of the platform's Open API."""

from syncd.platform.client import Client
from syncd.platform.refusals import (
    AccountOccupied,
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
    "ArgumentLacking",
    "ArgumentTypeMismatch",
    "AttendanceMissing",
    "Client",
    "ClientSettings",
    "DepartmentMissing",
    "InvalidArguments",
    "MeetingMissing",
    "PhoneOccupied",
    "RoomMissing",
    "TokenExpired",
    "TokenIllegal",
    "TokenMissing",
    "UserMissing",
]
