"""What an event of the platform says, once it is read (Open API, event subscription)."""

from enum import StrEnum

import msgspec

from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Kind, PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom

Shown = PlatformUser | PlatformDepartment | PlatformRoom | KnownMeeting


class Topic(StrEnum):
    """What an event is about."""

    USER = "user"
    DEPARTMENT = "department"
    ROOM = "room"
    MEETING = "meeting"

    @property
    def kind(self) -> Kind | None:
        """Give the kind of object that can be linked; meetings cannot."""
        return None if self is Topic.MEETING else Kind(self.value)


class Deed(StrEnum):
    """What became of the objects."""

    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"


class Told(msgspec.Struct, frozen=True):
    """One event: its type as sent, and each object by its id as it is now; `None` is gone.

    A type that nobody knows, and `check_url`, have neither topic nor deed nor objects.
    """

    type: str
    topic: Topic | None = None
    deed: Deed | None = None
    objects: tuple[tuple[str, Shown | None], ...] = ()
