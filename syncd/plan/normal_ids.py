"""The normal form of the platform's ids: numbers in hexadecimal digits are in upper case, however they are shown.

Some platforms answer `add` with an id in one letter case and list it in another (Open API: an id is a string). The ids
that we derive are such numbers of 32 digits, and so are those that the platform gives itself, or UUIDs (RFC 9562, 4).
Letter case tells no two of them apart. Any other id is what it is: two that differ in letter case alone may be two.
"""

import re
from typing import TypeVar

import msgspec

from syncd.model.events import Told
from syncd.model.faces import ShownFace
from syncd.model.meetings import KnownMeeting, Meeting
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom

NUMBER = re.compile("[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
Seen = TypeVar("Seen")


def normal_id(text: str) -> str:
    """Return the normal form of an id."""
    return text.upper() if NUMBER.fullmatch(text) else text


def with_normal_ids(seen: Seen) -> Seen:
    """Return an object with its ids, and those that it names, in normal form; the same one where they are."""
    changed = {name: value for name, value in _ids(seen).items() if value != getattr(seen, name)}
    return msgspec.structs.replace(seen, **changed) if changed else seen  # type: ignore[type-var]


def told_with_normal_ids(told: Told) -> Told:
    """Return an event with its ids in normal form."""
    objects = tuple((normal_id(object_id), with_normal_ids(shown)) for object_id, shown in told.objects)
    return msgspec.structs.replace(told, objects=objects) if objects != told.objects else told


def _ids(seen: object) -> dict[str, object]:
    """Return the fields of an object that hold ids, in normal form."""
    if isinstance(seen, PlatformUser):
        return {"id": normal_id(seen.id), "fields": _placed(seen.fields, "department")}
    if isinstance(seen, PlatformDepartment):
        return {"id": normal_id(seen.id), "fields": _placed(seen.fields, "parent")}
    if isinstance(seen, PlatformRoom):
        users = tuple(normal_id(each) for each in seen.fields.user_ids)
        room = _placed(seen.fields, "department")
        return {"id": normal_id(seen.id), "fields": room if users == room.user_ids else _replaced(room, user_ids=users)}
    if isinstance(seen, KnownMeeting):
        return {
            "room_id": normal_id(seen.room_id),
            "user_ids": tuple(sorted(normal_id(each) for each in seen.user_ids)),
        }
    if isinstance(seen, Meeting):
        attendances = tuple(_replaced(each, user_id=normal_id(each.user_id)) for each in seen.attendances)
        return {"room_id": normal_id(seen.room_id), "attendances": attendances}
    return {"id": normal_id(seen.id)} if isinstance(seen, ShownFace) else {}


def _placed(fields: Seen, name: str) -> Seen:
    value = getattr(fields, name)
    normal = normal_id(value) if value else value
    return fields if normal == value else _replaced(fields, **{name: normal})


def _replaced(struct: Seen, **values: object) -> Seen:
    return msgspec.structs.replace(struct, **values)  # type: ignore[type-var]
