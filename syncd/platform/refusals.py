"""An error class for every code of the document's table (Open API, error codes), and for what is no use to repeat."""

from collections.abc import Mapping

from syncd.errors import AnswerBroken, Refused
from syncd.wire.codes import Code


class AnswerUnusable(AnswerBroken):
    """An answer that asking again would not mend.

    HTTP 3xx or 4xx without an envelope, or a value that the document does not describe.
    """


class InvalidArguments(Refused):
    """71001: an argument is invalid."""


class TokenMissing(Refused):
    """71002: the call bears no access token."""


class TokenIllegal(Refused):
    """71003: the access token is unknown."""


class TokenExpired(Refused):
    """71004: the access token has expired."""


class ArgumentLacking(Refused):
    """71005: a required argument is missing."""


class AccountOccupied(Refused):
    """71006: another user has the account."""


class PhoneOccupied(Refused):
    """71007: another user has the phone."""


class ArgumentTypeMismatch(Refused):
    """71008: an argument has the wrong type."""


class UserMissing(Refused):
    """71009: there is no such user."""


class DepartmentMissing(Refused):
    """71010: there is no such department."""


class RoomMissing(Refused):
    """71011: there is no such room."""


class MeetingMissing(Refused):
    """71012: there is no such meeting."""


class AttendanceMissing(Refused):
    """71013: there is no such attendee."""


BY_CODE: Mapping[str, type[Refused]] = {
    str(int(code)): refusal
    for code, refusal in {
        Code.INVALID_ARGUMENTS: InvalidArguments,
        Code.TOKEN_MISSING: TokenMissing,
        Code.TOKEN_ILLEGAL: TokenIllegal,
        Code.TOKEN_EXPIRED: TokenExpired,
        Code.ARGUMENT_LACKING: ArgumentLacking,
        Code.ACCOUNT_OCCUPIED: AccountOccupied,
        Code.PHONE_OCCUPIED: PhoneOccupied,
        Code.ARGUMENT_TYPE: ArgumentTypeMismatch,
        Code.USER_MISSING: UserMissing,
        Code.DEPARTMENT_MISSING: DepartmentMissing,
        Code.ROOM_MISSING: RoomMissing,
        Code.MEETING_MISSING: MeetingMissing,
        Code.ATTENDANCE_MISSING: AttendanceMissing,
    }.items()
}
TOKEN_REFUSALS = (TokenMissing, TokenIllegal, TokenExpired)


def refusal(code: str, message: str) -> Refused:
    """Give the error of a code; one that the document does not list is a plain refusal with its message kept."""
    return BY_CODE.get(code, Refused)(code, message)
