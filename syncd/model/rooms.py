"""Meeting rooms, as the platform shows them (Open API, rooms), and as a mapping wants them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec


class Room(msgspec.Struct, frozen=True):
    """The fields of a room. `department` is a platform id, `""` the root; times are texts such as `07:00`.

    `size` is in square metres, `radius` is the check-in radius in metres. `status` is 0 (stopped) or 1 (in use),
    `permission` 0 (everybody) or 1 (the users in `user_ids`); `None` is unknown.
    """

    name: str
    department: str = ""
    address: str = ""
    memo: str = ""
    begin_time: str = ""
    end_time: str = ""
    capacity: int | None = None
    size: int | None = None
    longitude: float | None = None
    latitude: float | None = None
    radius: int | None = None
    status: int | None = None
    need_audit: int | None = None
    permission: int | None = None
    scene_image: str = ""
    user_ids: tuple[str, ...] = ()


class PlatformRoom(msgspec.Struct, frozen=True):
    """A room as the platform showed it."""

    id: str
    fields: Room


class ManagedRoom(msgspec.Struct, frozen=True, gc=False):
    """The fields of a room that a source may decide, each as text, so that they are compared as other fields are.

    `None` means that the value is not known or not ours; `""` means that there is no value. `department` is a platform
    id in a shadow and a department's key in what is desired. `users` has the ids of the users who may book, sorted,
    with commas between them. `scene_image` is the address of a picture: in what is desired the one that is sent, in a
    shadow what the platform makes of it, of which only tells that there is one.
    """

    name: str
    department: str | None = None
    address: str | None = None
    memo: str | None = None
    begin_time: str | None = None
    end_time: str | None = None
    capacity: str | None = None
    size: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    radius: str | None = None
    status: str | None = None
    need_audit: str | None = None
    permission: str | None = None
    users: str | None = None
    scene_image: str | None = None


RoomValue = str | int | float | Sequence[str]
USERS = "users"
SCENE_IMAGE = "scene_image"
WHOLE_NUMBERS = ("capacity", "size", "radius", "status", "need_audit", "permission")
DECIMALS = ("longitude", "latitude")


def managed(room: Room) -> ManagedRoom:
    """Give what a source may decide of a room that the platform showed."""
    numbers = {name: _number_text(getattr(room, name)) for name in (*WHOLE_NUMBERS, *DECIMALS)}
    return ManagedRoom(
        name=room.name,
        department=room.department,
        address=room.address,
        memo=room.memo,
        begin_time=room.begin_time,
        end_time=room.end_time,
        **numbers,
        users=joined(room.user_ids),
        scene_image=room.scene_image,
    )


def with_values(room: Room, values: Mapping[str, str]) -> Room:
    """Give a room once these fields, by the names of `ManagedRoom`, were written."""
    return msgspec.structs.replace(room, **platform_values(values))


def platform_values(values: Mapping[str, str]) -> dict[str, RoomValue]:
    """Give the fields of a `Room` and their values; a number without a value is left out, for nothing clears one."""
    found: dict[str, RoomValue] = {}
    for name, value in values.items():
        if name == USERS:
            found["user_ids"] = ids_in(value)
        elif name not in (*WHOLE_NUMBERS, *DECIMALS):
            found[name] = value
        elif value:
            found[name] = int(value) if name in WHOLE_NUMBERS else float(value)
    return found


def joined(user_ids: Iterable[str]) -> str:
    """Give ids of users as one text, whatever their order."""
    return ",".join(sorted(set(user_ids)))


def ids_in(users: str | None) -> tuple[str, ...]:
    """Give the ids that such a text has."""
    return tuple(users.split(",")) if users else ()


def number_text(number: float) -> str:
    """Give a number as it is compared: a whole one without a fraction."""
    return str(int(number)) if number == int(number) else repr(float(number))


def _number_text(number: float | None) -> str | None:
    return None if number is None else number_text(number)
