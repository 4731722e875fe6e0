"""Rooms as they stand on the wire (Open API, rooms)."""

from collections.abc import Mapping

import msgspec

from syncd.model.rooms import PlatformRoom, Room, RoomValue
from syncd.wire.arguments import Argument, argument_name
from syncd.wire.loose import Loose, Number, decimal, place, text, whole

__all__ = ["ROOM_NAMES", "RoomValue", "WireRoom", "room_arguments"]

ROOM_NAMES: Mapping[str, str] = {
    "name": "name",
    "department": "departmentId",
    "address": "address",
    "memo": "memo",
    "begin_time": "beginTime",
    "end_time": "endTime",
    "capacity": "capacity",
    "size": "size",
    "longitude": "longitude",
    "latitude": "latitude",
    "radius": "radius",
    "status": "status",
    "need_audit": "needAudit",
    "permission": "permission",
    "scene_image": "sceneImage",
    "user_ids": "userIds",
}


class WireRoom(msgspec.Struct, rename="camel"):
    """A room in an answer; `createdTime` is not read, for nothing may hang on it."""

    id: str | int
    name: Loose = None
    department: Loose = msgspec.field(default=None, name="departmentId")
    address: Loose = None
    memo: Loose = None
    begin_time: Loose = None
    end_time: Loose = None
    capacity: Number = None
    size: Number = None
    longitude: Number = None
    latitude: Number = None
    radius: Number = None
    status: Number = None
    need_audit: bool | Number = None
    permission: Number = None
    scene_image: Loose = None
    user_ids: list[Loose] | str | None = None

    def value(self) -> PlatformRoom:
        """Give the room as the rest of the program knows it."""
        fields = Room(
            name=text(self.name),
            department=place(self.department),
            address=text(self.address),
            memo=text(self.memo),
            begin_time=text(self.begin_time),
            end_time=text(self.end_time),
            capacity=whole(self.capacity),
            size=whole(self.size),
            longitude=decimal(self.longitude),
            latitude=decimal(self.latitude),
            radius=whole(self.radius),
            status=whole(self.status),
            need_audit=whole(self.need_audit),
            permission=whole(self.permission),
            scene_image=text(self.scene_image),
            user_ids=tuple(found for one in _listed(self.user_ids) if (found := text(one))),
        )
        return PlatformRoom(str(self.id), fields)


def _listed(value: list[Loose] | str | None) -> list[Loose]:
    """Give a list; in its place may stand nothing, or one text with commas as forms have it."""
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else value or []


def room_arguments(call: str, room_id: str, fields: Mapping[str, RoomValue]) -> dict[str, Argument]:
    """Give the arguments of `room/add` or `room/update`; a field that no room has raises `PlatformError`."""
    return {"id": room_id} | {argument_name(call, field, ROOM_NAMES): _sent(value) for field, value in fields.items()}


def _sent(value: RoomValue) -> Argument:
    """Give a value as the document wants it: its switches are 0 and 1."""
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, str | int | float) else list(value)
