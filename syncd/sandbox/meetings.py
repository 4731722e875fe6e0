"""The rules for meetings (Open API, meetings)."""

from collections.abc import Mapping, Sequence

from syncd.sandbox.arguments import (
    Arguments,
    Record,
    Rejected,
    invalid,
    lacking,
    number,
    objects,
    optional,
    required,
    text,
)
from syncd.sandbox.forms import kept
from syncd.sandbox.meeting_list import chosen
from syncd.sandbox.registry import Action, Kind, Registry
from syncd.sandbox.rooms import Rooms
from syncd.sandbox.users import Users
from syncd.wire.codes import Code

REQUIRED = ("roomId", "speaker", "subject")
TEXTS = ("speaker", "subject", "address", "memo")
FROM_USER = ("name", "phone", "email", "faceUrl")
STATES = (0, 1, 2)
UNSIGNED: Record = {"isSigned": 0, "signType": 0, "signImgUrl": "", "signTime": 0}


class Meetings:
    """Only a meeting that has not begun is cancelled, and only one under way is finished."""

    def __init__(self, registry: Registry, users: Users, rooms: Rooms) -> None:
        self._registry, self._users, self._rooms = registry, users, rooms

    def list_chosen(self, arguments: Arguments) -> list[Record]:
        """Answer `meeting/list`; without a time filter, the uncancelled meetings of the next 30 days."""
        registry = self._registry
        table = registry.state.meetings
        room_id = text(arguments, "roomId")
        if not room_id:
            return chosen(table.values(), arguments, registry.now())
        self._rooms.known(room_id)
        return chosen([table[one] for one in registry.meetings_in.of(room_id)], arguments, registry.now())

    def get(self, arguments: Arguments) -> Record:
        """Answer `meeting/get`."""
        return self.known(required(arguments, "meetingId"))

    def book(self, arguments: Arguments) -> Record:
        """Answer `meeting/book`; a room that wants audit makes a meeting that is not audited."""
        texts = {field: required(arguments, field) for field in REQUIRED}
        creator = required(arguments, "createdId")
        for field in ("beginTime", "endTime"):
            if number(arguments, field) is None:
                raise lacking(field)
        if arguments.get("attendances") is None:
            raise lacking("attendances")
        room = self._rooms.known(texts["roomId"])
        self._check_booking(room, self._users.known(creator)["id"])
        fields = self._fields(arguments)
        if (there := self._registry.existing(Kind.MEETING, arguments)) is not None:
            return there
        now = self._registry.now()
        meeting = {
            "id": self._registry.new_id(Kind.MEETING, arguments),
            "roomId": room["id"],
            **dict.fromkeys(("speaker", "subject"), ""),
            **dict.fromkeys(("beginTime", "endTime"), 0),
            "address": "",
            **dict.fromkeys(("createdTime", "lastUpdateTime"), now),
            "checkedState": 0 if room["needAudit"] else 1,
            "checkedTime": 0,
            "memo": "",
            "attendances": [],
            **fields,
            "createdId": creator,
            "cancelled": False,
        }
        self._check(meeting)
        return self._registry.write(Kind.MEETING, Action.ADD, meeting)

    def update(self, arguments: Arguments) -> Record:
        """Answer `meeting/update`; what is absent or null stays."""
        meeting = self._open(required(arguments, "id"))
        ignored = self._registry.quirks.empty_ignored
        fields = self._fields(arguments, *ignored, attending=meeting["attendances"])
        if room_id := text(arguments, "roomId"):
            fields["roomId"] = self._rooms.known(room_id)["id"]
        changed = {**meeting, **fields, "lastUpdateTime": self._registry.now()}
        self._check(changed)
        return self._registry.write(Kind.MEETING, Action.UPDATE, changed)

    def cancel(self, arguments: Arguments) -> None:
        """Answer `meeting/cancel`."""
        meeting, now = self._open(required(arguments, "meetingId")), self._registry.now()
        if meeting["beginTime"] <= now:
            raise invalid("only a meeting that has not begun can be cancelled")
        self._registry.write(Kind.MEETING, Action.CANCEL, {**meeting, "cancelled": True, "lastUpdateTime": now})

    def finish(self, arguments: Arguments) -> None:
        """Answer `meeting/finish`; the meeting ends now."""
        meeting, now = self._open(required(arguments, "meetingId")), self._registry.now()
        if not meeting["beginTime"] <= now < meeting["endTime"]:
            raise invalid("only a meeting under way can be finished")
        self._registry.write(Kind.MEETING, Action.FINISH, {**meeting, "endTime": now, "lastUpdateTime": now})

    def known(self, meeting_id: str) -> Record:
        """Give a meeting, cancelled ones too; raises `Rejected` where there is none."""
        meeting = self._registry.found(Kind.MEETING, meeting_id)
        if meeting is None:
            raise Rejected(Code.MEETING_MISSING)
        return meeting

    def _open(self, meeting_id: str) -> Record:
        meeting = self.known(meeting_id)
        if meeting["cancelled"]:
            raise invalid("the meeting is cancelled")
        return meeting

    def _fields(self, arguments: Arguments, *ignoring: str, attending: Sequence[Record] = ()) -> Record:
        """Return the fields of a call as they are kept, without the empty texts of the fields named.

        `attending` are those who attend the meeting so far; a new meeting has none.
        """
        given = {field: value for field in TEXTS if (value := text(arguments, field)) is not None}
        given = {field: value for field, value in given.items() if value or field not in ignoring}
        found: Record = dict(kept(self._registry.quirks, given))
        for field in ("beginTime", "endTime", "checkedState"):
            if (whole := number(arguments, field)) is not None:
                found[field] = whole
        if "checkedState" in found:
            found["checkedTime"] = self._registry.now() if found["checkedState"] else 0
        if (people := objects(arguments, "attendances")) is not None:
            so_far = {one["id"]: one for one in attending}
            found["attendances"] = [self._attendance(one, so_far) for one in people]
        return found

    def _attendance(self, given: Arguments, so_far: Mapping[str, Record]) -> Record:
        """Return somebody who attends; a guest has the user id `""`, a user lends what is not given.

        An id names somebody who attends already, and whose sign-in stays; raises `Rejected` where nobody has it.
        """
        attendance_id = optional(given, "id")
        if attendance_id and attendance_id not in so_far:
            raise Rejected(Code.ATTENDANCE_MISSING)
        user_id = text(given, "userId")
        if user_id is None:
            raise lacking("attendances.userId")
        user = self._users.known(user_id, Code.ATTENDANCE_MISSING) if user_id else {}
        fields = {field: text(given, field) or user.get(field, "") for field in FROM_USER}
        known = so_far.get(attendance_id, UNSIGNED)
        own = {field: known[field] for field in UNSIGNED}
        return {"id": attendance_id or self._registry.made_id(), "userId": user_id, **fields, **own}

    def _check_booking(self, room: Record, creator: str) -> None:
        if not room["status"]:
            raise invalid("the room is stopped")
        if room["permission"] and creator not in room["userIds"]:
            raise invalid("the user may not book this room")

    def _check(self, meeting: Record) -> None:
        if not meeting["speaker"].strip() or not meeting["subject"].strip():
            raise invalid("speaker and subject cannot be empty")
        if not 0 <= meeting["beginTime"] < meeting["endTime"]:
            raise invalid("a meeting begins before it ends")
        if meeting["checkedState"] not in STATES:
            raise invalid("checkedState is 0, 1 or 2")
