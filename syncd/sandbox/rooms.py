"""The rules for rooms (Open API, rooms)."""

import hashlib
import re

from syncd.sandbox.arguments import (
    Arguments,
    Record,
    Rejected,
    decimal,
    invalid,
    number,
    optional,
    place,
    required,
    text,
    texts,
)
from syncd.sandbox.forms import kept
from syncd.sandbox.registry import Action, Kind, Registry
from syncd.wire.codes import Code

TEXTS = ("name", "address", "memo", "beginTime", "endTime", "sceneImage")
NUMBERS = ("capacity", "size", "radius", "status", "needAudit", "permission")
DECIMALS = ("longitude", "latitude")
SWITCHES = ("status", "needAudit", "permission")
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
PICTURE = re.compile(r"https?://[^\s/]+(/\S*)?")
HOSTED = "http://localhost:80/meeting/api/opt/resources/1000/{}.jpg"
DEFAULTS: Record = {
    "id": "",
    "departmentId": "",
    "name": "",
    "address": "",
    "memo": "",
    "beginTime": "07:00",
    "endTime": "23:00",
    "capacity": 0,
    "size": 0,
    "longitude": 0.0,
    "latitude": 0.0,
    "radius": 0,
    "status": 1,
    "needAudit": 0,
    "permission": 0,
    "sceneImage": "",
    "createdTime": 0,
    "userIds": [],
}


class Rooms:
    """Their department and the users in `userIds` must exist."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def list_all(self) -> list[Record]:
        """Answer `room/list`."""
        return list(self._registry.state.rooms.values())

    def get(self, arguments: Arguments) -> Record:
        """Answer `room/get`."""
        return self.known(required(arguments, "roomId"))

    def add(self, arguments: Arguments) -> Record:
        """Answer `room/add`."""
        required(arguments, "name")
        fields = self._fields(arguments)
        if (there := self._registry.existing(Kind.ROOM, arguments)) is not None:
            return there
        room = {**DEFAULTS, **fields, "createdTime": self._registry.now()}
        self._check(room)
        return self._registry.write(Kind.ROOM, Action.ADD, {**room, "id": self._registry.new_id(Kind.ROOM, arguments)})

    def update(self, arguments: Arguments) -> Record:
        """Answer `room/update`; what is absent or null stays, and so does the picture where `sceneImage` is empty."""
        room = self.known(required(arguments, "id"))
        changed = {**room, **self._fields(arguments, "sceneImage", *self._registry.quirks.empty_ignored)}
        self._check(changed)
        return self._registry.write(Kind.ROOM, Action.UPDATE, changed)

    def remove(self, arguments: Arguments) -> None:
        """Answer `room/remove`; meetings in it stay as they are.

        The id is optional in the document, and without it nothing happens.
        """
        if not (room_id := optional(arguments, "roomId")):
            return
        room = self.known(room_id)
        now = self._registry.now()
        meetings = (self._registry.state.meetings[one] for one in self._registry.meetings_in.of(room["id"]))
        is_used = any(one["endTime"] > now and not one["cancelled"] for one in meetings)
        if is_used and self._registry.quirks.used_objects == "refused":
            raise invalid("the room has a meeting to come")
        self._registry.remove(Kind.ROOM, room)

    def known(self, room_id: str) -> Record:
        """Give a room; raises `Rejected` where there is none."""
        room = self._registry.found(Kind.ROOM, room_id)
        if room is None:
            raise Rejected(Code.ROOM_MISSING)
        return room

    def _fields(self, arguments: Arguments, *ignoring: str) -> Record:
        """Give the fields of a call as they are kept, without the empty texts of the fields named."""
        given = {field: value for field in TEXTS if (value := text(arguments, field)) is not None}
        given = {field: value for field, value in given.items() if value or field not in ignoring}
        found: Record = dict(kept(self._registry.quirks, given))
        if found.get("sceneImage"):
            found["sceneImage"] = self._shown(found["sceneImage"])
        found |= {field: whole for field in NUMBERS if (whole := number(arguments, field)) is not None}
        found |= {field: part for field in DECIMALS if (part := decimal(arguments, field)) is not None}
        if (department := place(arguments, "departmentId")) is not None:
            found["departmentId"] = department
        if (users := texts(arguments, "userIds")) is not None:
            found["userIds"] = list(dict.fromkeys(users))
        return found

    def _shown(self, address: str) -> str:
        """Give the address under which a picture is shown; raises `Rejected` where it is none, or refused."""
        if not PICTURE.fullmatch(address) or self._registry.quirks.scene_images == "refused":
            raise invalid("sceneImage is the address of a picture, which must be there")
        if self._registry.quirks.scene_images == "kept":
            return address
        return HOSTED.format(hashlib.sha256(address.encode()).hexdigest()[:32].upper())

    def _check(self, room: Record) -> None:
        if not room["name"].strip():
            raise invalid("name is empty")
        times = (room["beginTime"], room["endTime"])
        if not all(TIME_OF_DAY.fullmatch(one) for one in times) or times[0] >= times[1]:
            raise invalid("beginTime and endTime are times such as 07:00, one before the other")
        if any(room[field] not in (0, 1) for field in SWITCHES):
            raise invalid(f"{', '.join(SWITCHES)} are 0 or 1")
        if min(room["capacity"], room["size"], room["radius"]) < 0:
            raise invalid("capacity, size and radius are not negative")
        if room["departmentId"] and room["departmentId"] not in self._registry.state.departments:
            raise Rejected(Code.DEPARTMENT_MISSING)
        if any(one not in self._registry.state.users for one in room["userIds"]):
            raise Rejected(Code.USER_MISSING)
