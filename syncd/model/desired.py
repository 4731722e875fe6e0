"""What the platform should hold: users, departments and rooms made from entries by the mapping."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from syncd.model.objects import Department, Kind, User
from syncd.model.rooms import ManagedRoom


class Presence(StrEnum):
    """What a source says of a person whose entry it holds."""

    ACTIVE = "active"
    DISABLED = "disabled"
    OUT_OF_SCOPE = "out_of_scope"


class DesiredUser(msgspec.Struct, frozen=True):
    """A user to be. `fields.department` is the key of a desired department, or `""` for the root department."""

    key: str
    source: str
    locator: str
    fields: User
    presence: Presence = Presence.ACTIVE


class DesiredDepartment(msgspec.Struct, frozen=True):
    """A department to be. `fields.parent` is the key of a desired department, or `""` for the root department."""

    key: str
    source: str
    locator: str
    fields: Department


class DesiredRoom(msgspec.Struct, frozen=True):
    """A room to be. `fields.department` is the key of a desired department, or `""` for the root department.

    `allowed` has the users who may book, as the entry names them, by key or account; `None`: the source does not say.
    """

    key: str
    source: str
    locator: str
    fields: ManagedRoom
    allowed: tuple[str, ...] | None = None


DesiredObject = DesiredUser | DesiredDepartment | DesiredRoom


class Skip(msgspec.Struct, frozen=True):
    """An entry that cannot be mapped. It is present all the same, so its linked object stays as it is (I12)."""

    kind: Kind
    key: str
    locator: str
    reason: str
    message: str
    field: str = ""


class Desired(msgspec.Struct, frozen=True):
    """The whole desired state.

    `present_users` and `present_departments` have (source, key) of every entry read, mapped or not (I12). `above`
    gives, for each (source, key) of a department that is present but not desired, the key of the department above it.
    `rings` has the keys of departments that stand above themselves, ring by ring.
    `room_sources` has the sources that were asked for rooms; only their rooms can be gone.
    """

    users: tuple[DesiredUser, ...] = ()
    departments: tuple[DesiredDepartment, ...] = ()
    skipped: tuple[Skip, ...] = ()
    present_users: frozenset[tuple[str, str]] = frozenset()
    present_departments: frozenset[tuple[str, str]] = frozenset()
    above: Mapping[tuple[str, str], str] = {}
    rings: tuple[tuple[str, ...], ...] = ()
    rooms: tuple[DesiredRoom, ...] = ()
    present_rooms: frozenset[tuple[str, str]] = frozenset()
    room_sources: frozenset[str] = frozenset()

    def of(self, kind: Kind) -> Sequence[DesiredObject]:
        """Give what is desired of a kind."""
        if kind is Kind.ROOM:
            return self.rooms
        return self.users if kind is Kind.USER else self.departments

    def present(self, kind: Kind) -> frozenset[tuple[str, str]]:
        """Give (source, key) of every entry of a kind, mapped or not."""
        if kind is Kind.ROOM:
            return self.present_rooms
        return self.present_users if kind is Kind.USER else self.present_departments


def without_rooms(desired: Desired) -> Desired:
    """Give the same desired state in which nobody says anything of rooms, so that they stay as they are."""
    return msgspec.structs.replace(desired, rooms=(), present_rooms=frozenset(), room_sources=frozenset())
