"""Meeting rooms, as the platform shows them (Open API, rooms)."""

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
