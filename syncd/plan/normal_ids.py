"""The normal form of the platform's ids: those that we derive are in upper case, whatever case the platform shows.

Some platforms answer `add` with an id in one letter case and list it in another (Open API: an id is a string). Ids that
somebody else gave are what they are: two that differ in nothing but letter case may be two.
"""

import string
from collections.abc import Callable
from typing import TypeVar

import msgspec

from syncd.model.events import Told
from syncd.model.faces import ShownFace
from syncd.model.meetings import KnownMeeting, Meeting
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom
from syncd.plan.ids import owner_prefix

DIGITS = frozenset(string.hexdigits)
LENGTH = 32
Seen = TypeVar("Seen")
IdForm = Callable[[str], str]


def normal_form(owner: str) -> IdForm:
    """Return what gives the normal form of an id, for the ids that this owner derives."""
    prefix = owner_prefix(owner)

    def form(text: str) -> str:
        is_ours = len(text) == LENGTH and text[: len(prefix)].upper() == prefix and DIGITS.issuperset(text)
        return text.upper() if is_ours else text

    return form


def with_normal_ids(seen: Seen, form: IdForm) -> Seen:
    """Return an object with its ids, and those that it names, in normal form; the same one where they are."""
    changed = {name: value for name, value in _ids(seen, form).items() if value != getattr(seen, name)}
    return msgspec.structs.replace(seen, **changed) if changed else seen  # type: ignore[type-var]


def told_with_normal_ids(told: Told, form: IdForm) -> Told:
    """Return an event with its ids in normal form."""
    objects = tuple((form(object_id), with_normal_ids(shown, form)) for object_id, shown in told.objects)
    return msgspec.structs.replace(told, objects=objects) if objects != told.objects else told


def _ids(seen: object, form: IdForm) -> dict[str, object]:
    """Return the fields of an object that hold ids, in normal form."""
    if isinstance(seen, PlatformUser):
        return {"id": form(seen.id), "fields": _placed(seen.fields, "department", form)}
    if isinstance(seen, PlatformDepartment):
        return {"id": form(seen.id), "fields": _placed(seen.fields, "parent", form)}
    if isinstance(seen, PlatformRoom):
        users = tuple(form(each) for each in seen.fields.user_ids)
        room = _placed(seen.fields, "department", form)
        return {"id": form(seen.id), "fields": room if users == room.user_ids else _replaced(room, user_ids=users)}
    if isinstance(seen, KnownMeeting):
        return {"room_id": form(seen.room_id), "user_ids": tuple(sorted(form(each) for each in seen.user_ids))}
    if isinstance(seen, Meeting):
        attendances = tuple(_replaced(each, user_id=form(each.user_id)) for each in seen.attendances)
        return {"room_id": form(seen.room_id), "attendances": attendances}
    return {"id": form(seen.id)} if isinstance(seen, ShownFace) else {}


def _placed(fields: Seen, name: str, form: IdForm) -> Seen:
    value = getattr(fields, name)
    normal = form(value) if value else value
    return fields if normal == value else _replaced(fields, **{name: normal})


def _replaced(struct: Seen, **values: object) -> Seen:
    return msgspec.structs.replace(struct, **values)  # type: ignore[type-var]
