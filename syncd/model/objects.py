"""Users, departments and rooms, as the platform keeps them and as the mapping wants them."""

from enum import StrEnum

import msgspec

from syncd.model.meetings import KnownMeeting
from syncd.model.rooms import ManagedRoom, PlatformRoom, managed


class Kind(StrEnum):
    """What an object of the platform is."""

    DEPARTMENT = "department"
    USER = "user"
    ROOM = "room"


class User(msgspec.Struct, frozen=True, gc=False):
    """The fields of a user, under the names of `[mapping.user]`.

    `None` means that the value is not known or not ours; `""` means that there is no value.
    `department` is a platform id in a shadow and a department's key in what is desired.
    """

    account: str
    name: str
    phone: str | None = None
    email: str | None = None
    position: str | None = None
    memo: str | None = None
    department: str | None = None


class Department(msgspec.Struct, frozen=True, gc=False):
    """The fields of a department; `parent` is a platform id in a shadow, a key in what is desired, `""` the root."""

    name: str
    parent: str | None = ""


class PlatformUser(msgspec.Struct, frozen=True, gc=False):
    """A user as the platform showed it. `status` is `None` where the answer has none: unknown, not disabled."""

    id: str
    fields: User
    is_admin: bool = False
    status: int | None = None


class PlatformDepartment(msgspec.Struct, frozen=True, gc=False):
    """A department as the platform showed it."""

    id: str
    fields: Department


class Mirror(msgspec.Struct, frozen=True):
    """What the platform holds, or was last known to hold; meetings are those to come.

    `rooms_are_read` says that rooms are as they are now, and not only as they were last known.
    """

    users: tuple[PlatformUser, ...] = ()
    departments: tuple[PlatformDepartment, ...] = ()
    rooms: tuple[PlatformRoom, ...] = ()
    meetings: tuple[KnownMeeting, ...] = ()
    rooms_are_read: bool = True


Fields = User | Department | ManagedRoom
Object = PlatformUser | PlatformDepartment | PlatformRoom


def fields_of(one: Object) -> Fields:
    """Give the fields of an object of the platform under the names of the mapping."""
    return managed(one.fields) if isinstance(one, PlatformRoom) else one.fields
