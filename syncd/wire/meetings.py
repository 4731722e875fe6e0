"""Meetings, filters and bookings as they stand on the wire (Open API, meetings)."""

from collections.abc import Mapping, Sequence

import msgspec

from syncd.model.meetings import Attendance, Booking, Meeting, MeetingFilter
from syncd.wire.arguments import Argument, argument_name
from syncd.wire.loose import Loose, Number, text, whole

MeetingValue = str | int | Sequence[Attendance]
CHECKED = (1, 2)
MEETING_NAMES: Mapping[str, str] = {
    "room_id": "roomId",
    "speaker": "speaker",
    "subject": "subject",
    "begin_time": "beginTime",
    "end_time": "endTime",
    "address": "address",
    "checked_state": "checkedState",
    "memo": "memo",
    "attendances": "attendances",
}
FILTER_NAMES: Mapping[str, str] = {
    "room_id": "roomId",
    "speaker": "speaker",
    "speaker_like": "speakerLike",
    "checked_state": "checkedState",
    "min_time": "minTime",
    "max_time": "maxTime",
    "reverse_date": "reverseDate",
    "created_begin_time": "createdBeginTime",
    "created_end_time": "createdEndTime",
    "order_by": "order_by_expression",
    "direction": "direction",
}
ATTENDANCE_NAMES: Mapping[str, str] = {
    "id": "id",
    "name": "name",
    "phone": "phone",
    "email": "email",
    "face_url": "faceUrl",
}


class WireAttendance(msgspec.Struct, rename="camel"):
    """Somebody who attends, in an answer."""

    id: Loose = None
    user_id: Loose = None
    name: Loose = None
    phone: Loose = None
    email: Loose = None
    face_url: Loose = None
    is_signed: bool | Number = None
    sign_type: Number = None
    sign_img_url: Loose = None
    sign_time: Number = None

    def value(self) -> Attendance:
        """Give the attendance; of who has not signed, what is said of the signature means nothing and is left out."""
        is_signed = whole(self.is_signed) == 1
        return Attendance(
            user_id=text(self.user_id),
            name=text(self.name),
            phone=text(self.phone),
            email=text(self.email),
            face_url=text(self.face_url),
            id=text(self.id),
            is_signed=is_signed,
            sign_type=whole(self.sign_type) if is_signed else None,
            sign_image_url=text(self.sign_img_url),
            sign_time=whole(self.sign_time) if is_signed else None,
        )


class WireMeeting(msgspec.Struct, rename="camel"):
    """A meeting in an answer."""

    id: str | int
    room_id: Loose = None
    speaker: Loose = None
    subject: Loose = None
    begin_time: Number = None
    end_time: Number = None
    address: Loose = None
    created_time: Number = None
    last_update_time: Number = None
    checked_state: Number = None
    checked_time: Number = None
    memo: Loose = None
    attendances: list[WireAttendance | None] | None = None

    def value(self) -> Meeting:
        """Give the meeting; the time of a check that has not been made means nothing and is left out."""
        checked_state = whole(self.checked_state)
        return Meeting(
            id=str(self.id),
            room_id=text(self.room_id),
            speaker=text(self.speaker),
            subject=text(self.subject),
            begin_time=whole(self.begin_time),
            end_time=whole(self.end_time),
            address=text(self.address),
            created_time=whole(self.created_time),
            last_update_time=whole(self.last_update_time),
            checked_state=checked_state,
            checked_time=whole(self.checked_time) if checked_state in CHECKED else None,
            memo=text(self.memo),
            attendances=tuple(one.value() for one in self.attendances or () if one),
        )


def filter_arguments(wanted: MeetingFilter) -> dict[str, Argument]:
    """Give the arguments of `meeting/list`: what is not given is not sent."""
    given = {name: getattr(wanted, field) for field, name in FILTER_NAMES.items()}
    return {name: value for name, value in given.items() if value}


def booking_arguments(booking: Booking) -> dict[str, Argument]:
    """Give the arguments of `meeting/book`; what is optional is sent only if it is given."""
    required: dict[str, Argument] = {
        "roomId": booking.room_id,
        "speaker": booking.speaker,
        "subject": booking.subject,
        "beginTime": booking.begin_time,
        "endTime": booking.end_time,
        "createdId": booking.created_id,
        "attendances": attendance_arguments(booking.attendances),
    }
    optional = {"id": booking.id, "address": booking.address, "memo": booking.memo}
    required.update((name, value) for name, value in optional.items() if value)
    if booking.checked_state is not None:
        required["checkedState"] = booking.checked_state
    return required


def meeting_arguments(call: str, meeting_id: str, fields: Mapping[str, MeetingValue]) -> dict[str, Argument]:
    """Give the arguments of `meeting/update`; a field that cannot be changed raises `PlatformError`."""
    sent: dict[str, Argument] = {"id": meeting_id}
    for field, value in fields.items():
        name = argument_name(call, field, MEETING_NAMES)
        sent[name] = value if isinstance(value, str | int) else attendance_arguments(value)
    return sent


def attendance_arguments(attendances: Sequence[Attendance]) -> list[dict[str, str]]:
    """Give the argument `attendances`: `userId` always, `""` for a guest, and what else is known."""
    return [
        {"userId": one.user_id}
        | {name: value for field, name in ATTENDANCE_NAMES.items() if (value := getattr(one, field))}
        for one in attendances
    ]
