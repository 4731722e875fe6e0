"""The codes of the Open API's envelope (`open-api.zh.txt`, table of error codes)."""

from enum import IntEnum


class Code(IntEnum):
    """Every code that the document lists."""

    SUCCESS = 10000
    INVALID_ARGUMENTS = 71001
    TOKEN_MISSING = 71002
    TOKEN_ILLEGAL = 71003
    TOKEN_EXPIRED = 71004
    ARGUMENT_LACKING = 71005
    ACCOUNT_OCCUPIED = 71006
    PHONE_OCCUPIED = 71007
    ARGUMENT_TYPE = 71008
    USER_MISSING = 71009
    DEPARTMENT_MISSING = 71010
    ROOM_MISSING = 71011
    MEETING_MISSING = 71012
    ATTENDANCE_MISSING = 71013


MESSAGES = {
    Code.SUCCESS: "",
    Code.INVALID_ARGUMENTS: "Invalid arguments",
    Code.TOKEN_MISSING: "Lack access token",
    Code.TOKEN_ILLEGAL: "Illegal access token",
    Code.TOKEN_EXPIRED: "Expire access token",
    Code.ARGUMENT_LACKING: "Lack %s arguments",
    Code.ACCOUNT_OCCUPIED: "Account is already occupied",
    Code.PHONE_OCCUPIED: "Phone is already occupied",
    Code.ARGUMENT_TYPE: "Arguments type mismatch",
    Code.USER_MISSING: "User is not exist",
    Code.DEPARTMENT_MISSING: "Dept is not exist",
    Code.ROOM_MISSING: "Room is not exist",
    Code.MEETING_MISSING: "Meeting is not exist",
    Code.ATTENDANCE_MISSING: "Attendance is not exist",
}
