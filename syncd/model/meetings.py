"""Meetings and who attends them, as the platform shows them (Open API, meetings). Times are ms since the epoch.

Two meetings are equal if all but their moments is: lists drop the milliseconds of `createdTime`, and the others are the
moment of answering as long as nothing was checked or signed.
"""

import msgspec

MOMENTS = frozenset({"created_time", "last_update_time", "checked_time", "sign_time"})


class Attendance(msgspec.Struct, frozen=True, eq=False):
    """Somebody who attends. `user_id` is `""` for a guest from outside.

    `sign_type` is 1 (face), 2 (code), 3 (photo) or 4 (SMS); it and `sign_time` are `None` unless `is_signed`.
    """

    user_id: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    face_url: str = ""
    id: str = ""
    is_signed: bool = False
    sign_type: int | None = None
    sign_image_url: str = ""
    sign_time: int | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Attendance) and _lasting(self) == _lasting(other)

    def __hash__(self) -> int:
        return hash(_lasting(self))


class Meeting(msgspec.Struct, frozen=True, eq=False):
    """A meeting. `checked_state` is 0 (not audited), 1 (passed) or 2 (rejected); `memo` is HTML; `None` is unknown.

    No answer says who booked it, and none says that it is cancelled.
    """

    id: str
    room_id: str = ""
    speaker: str = ""
    subject: str = ""
    begin_time: int | None = None
    end_time: int | None = None
    address: str = ""
    created_time: int | None = None
    last_update_time: int | None = None
    checked_state: int | None = None
    checked_time: int | None = None
    memo: str = ""
    attendances: tuple[Attendance, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meeting) and _lasting(self) == _lasting(other)

    def __hash__(self) -> int:
        return hash(_lasting(self))


class KnownMeeting(msgspec.Struct, frozen=True):
    """What the shadow keeps of a meeting: when and where it is, and which users attend."""

    id: str
    room_id: str
    subject: str
    begin_time: int | None
    end_time: int | None
    user_ids: tuple[str, ...]

    @classmethod
    def of(cls, meeting: Meeting) -> "KnownMeeting":
        """Keep what matters of a meeting; guests from outside have no user id."""
        users = tuple(sorted({one.user_id for one in meeting.attendances if one.user_id}))
        return cls(meeting.id, meeting.room_id, meeting.subject, meeting.begin_time, meeting.end_time, users)


class MeetingFilter(msgspec.Struct, frozen=True):
    """What `meeting/list` is confined to; nothing given means the uncancelled meetings of the next 30 days.

    Times are texts such as `2021-04-23 07:00:00`, dates such as `2021-04-23`: `min_time` is compared with a meeting's
    end, `max_time` with its beginning. `order_by` takes a time field's name, `direction` is `asc` or `desc`.
    """

    room_id: str = ""
    speaker: str = ""
    speaker_like: str = ""
    checked_state: str = ""
    min_time: str = ""
    max_time: str = ""
    reverse_date: str = ""
    created_begin_time: str = ""
    created_end_time: str = ""
    order_by: str = ""
    direction: str = ""


EVERY_MEETING = MeetingFilter()


class Booking(msgspec.Struct, frozen=True):
    """A meeting to be booked; `created_id` is the id of the user who books it.

    `id` is the id that the meeting is to have; with one of your own you can look whether a booking was made whose
    answer was lost. `""` leaves the choice to the platform.
    """

    room_id: str
    speaker: str
    subject: str
    begin_time: int
    end_time: int
    created_id: str
    attendances: tuple[Attendance, ...]
    address: str = ""
    checked_state: int | None = None
    memo: str = ""
    id: str = ""


def _lasting(value: msgspec.Struct) -> tuple[object, ...]:
    return tuple(getattr(value, name) for name in value.__struct_fields__ if name not in MOMENTS)
