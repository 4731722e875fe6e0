"""Events as they stand on the wire (Open API, event subscription): `event_type` and `value`.

What is read is generous, as in answers: types in any of the loose forms, unknown fields, a value that is null or
missing, one object in place of a list.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from syncd.errors import SyncdError
from syncd.model.events import Deed, Shown, Told, Topic
from syncd.model.meetings import KnownMeeting
from syncd.wire.envelope import WireDepartment, WireUser
from syncd.wire.loose import text
from syncd.wire.meetings import WireMeeting
from syncd.wire.rooms import WireRoom

TYPES: Mapping[str, tuple[Topic, Deed]] = {
    "user_add": (Topic.USER, Deed.ADD),
    "user_update": (Topic.USER, Deed.UPDATE),
    "user_remove": (Topic.USER, Deed.REMOVE),
    "dept_add": (Topic.DEPARTMENT, Deed.ADD),
    "dept_update": (Topic.DEPARTMENT, Deed.UPDATE),
    "dept_remove": (Topic.DEPARTMENT, Deed.REMOVE),
    "room_add": (Topic.ROOM, Deed.ADD),
    "room_update": (Topic.ROOM, Deed.UPDATE),
    "room_remove": (Topic.ROOM, Deed.REMOVE),
    "book_success": (Topic.MEETING, Deed.ADD),
    "book_update": (Topic.MEETING, Deed.UPDATE),
    "book_cancel": (Topic.MEETING, Deed.REMOVE),
}
LONGEST_ID = 255
NUL = b"\\u0000"


class EventBroken(SyncdError):
    """An event is genuine and makes no sense; the message says what of it."""


class _Message(msgspec.Struct):
    event_type: str | int | None = None
    value: msgspec.Raw = msgspec.Raw(b"null")


class _Named(msgspec.Struct):
    """An object of which only the id is read."""

    id: str | int


class _Wire(Protocol):
    def value(self) -> Any: ...  # noqa: ANN401 - each of its own kind


_Ids = str | int | _Named | None | list[str | int | _Named]
_OBJECTS: Mapping[Topic, Any] = {
    Topic.USER: WireUser | None | list[WireUser],
    Topic.DEPARTMENT: WireDepartment | None | list[WireDepartment],
    Topic.ROOM: WireRoom | None | list[WireRoom],
    Topic.MEETING: WireMeeting | None | list[WireMeeting],
}


def read_event(body: bytes) -> Told:
    """Read a decrypted message; raises `EventBroken`, whatever is wrong with it."""
    try:
        return _read(body)
    except EventBroken:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventBroken(f"it is not what the document describes: {error}") from None
    except Exception as error:
        # Nobody foresaw it: this event makes no sense to us, and the ones behind it must not wait for that (I11).
        raise EventBroken(f"it cannot be read ({type(error).__name__})") from error


def _read(body: bytes) -> Told:
    message = msgspec.json.decode(body, type=_Message)
    name = text(message.event_type)
    if not name:
        raise EventBroken("it has no event_type")
    if name not in TYPES:
        return Told(name)
    topic, deed = TYPES[name]
    objects = _gone(message.value) if deed is Deed.REMOVE else _there(topic, message.value)
    _check(body, objects)
    return Told(name, topic, deed, objects)


def _gone(value: msgspec.Raw) -> tuple[tuple[str, None], ...]:
    """Give the ids of a removal; objects that have an id are taken for it."""
    found = msgspec.json.decode(value, type=_Ids)
    return tuple((str(one.id if isinstance(one, _Named) else one), None) for one in _listed(found))


def _there(topic: Topic, value: msgspec.Raw) -> tuple[tuple[str, Shown], ...]:
    found: list[_Wire] = _listed(msgspec.json.decode(value, type=_OBJECTS[topic]))
    shown = (one.value() for one in found)
    kept: list[Shown] = [KnownMeeting.of(one) if topic is Topic.MEETING else one for one in shown]
    return tuple((one.id, one) for one in kept)


def _listed(found: Any) -> list[Any]:  # noqa: ANN401 - one, many or nothing
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _check(body: bytes, objects: tuple[tuple[str, Shown | None], ...]) -> None:
    """Refuse what no store can keep: one event must not hold up those after it."""
    if any(not 0 < len(one) <= LONGEST_ID for one, _ in objects):
        raise EventBroken(f"it has an object whose id is empty or longer than {LONGEST_ID} characters")
    if NUL in body:
        raise EventBroken("it has a NUL character, which no database keeps in a text")
