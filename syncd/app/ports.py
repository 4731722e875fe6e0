"""What the use cases need of the world; each port has one adapter that does it and one fake that tests it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from syncd.model.faces import Picture, ShownFace, Sought
from syncd.model.links import Link
from syncd.model.meetings import EVERY_MEETING, Meeting, MeetingFilter
from syncd.model.objects import Fields, Kind, PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom, RoomValue
from syncd.model.source import Snapshot
from syncd.plan.values import Operation


class Source(Protocol):
    """A directory or file that is read whole and never written."""

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""

    def read(self) -> Snapshot:
        """Read it whole.

        Raises `SourceUnreachable` where nothing answers, `SourceBroken` where the read ends before it is whole.
        """


@runtime_checkable
class AskedByKey(Protocol):
    """A source that can be asked for some entries by their keys, besides being read whole."""

    @property
    def name(self) -> str:
        """Return the source's name in the configuration."""

    def still_has(self, keys: Mapping[Kind, frozenset[str]]) -> Mapping[Kind, frozenset[str]]:
        """Return which of these keys stand for entries that a whole read would show now, many asked for in one search.

        Raises `SourceUnreachable` where nothing answers, `SourceBroken` where the answer is not whole.
        """


class Pictures(Protocol):
    """The pictures of the people of one authority, wherever they are; they never travel with its ordinary read."""

    def marks(self, sought: Sequence[Sought]) -> Mapping[str, str]:
        """Look who has a picture, whole, without reading any: a mark for each of those, by the person's key.

        Raises `SourceUnreachable` where nothing answers, `SourceBroken` where the look ends before it is whole.
        """

    def picture(self, sought: Sought, mark: str) -> Picture:
        """Read the picture of one person, unless `mark`, which an earlier read gave, shows that it is the same.

        Raises `PictureUnreadable` where this one cannot be read, another `SourceError` where none can.
        """

    def close(self) -> None:
        """Let go of the connections that reading pictures has opened."""


class Lease(Protocol):
    """That nobody else does what one process at a time may do, for as long as it is held."""

    def is_held(self) -> bool:
        """Tell whether surely nobody else has it; it costs nothing, and is asked before each call that writes."""


class Platform(Protocol):
    """The meeting platform (Open API). Every call raises `PlatformError`."""

    def under(self, lease: Lease) -> "Platform":
        """Give the same platform, on which each writing request is made only while the lease is held.

        Else it raises `LeaseLost`, whose request was not sent; one before it may have been carried out.
        """

    async def company_id(self) -> str:
        """Give the id of the company that the credentials belong to."""

    async def users(self) -> tuple[PlatformUser, ...]:
        """Give every user."""

    async def departments(self) -> tuple[PlatformDepartment, ...]:
        """Give every department."""

    async def user(self, user_id: str) -> PlatformUser | None:
        """Give one user, or nothing where there is none."""

    async def department(self, department_id: str) -> PlatformDepartment | None:
        """Give one department, or nothing where there is none."""

    async def add_user(self, user_id: str, fields: Mapping[str, str], password: str) -> PlatformUser:
        """Make a user; the id of the answer is the one that counts."""

    async def update_user(self, user_id: str, fields: Mapping[str, str], password: str | None = None) -> None:
        """Change these fields of a user, and the password if there is one."""

    async def remove_user(self, user_id: str) -> None:
        """Remove a user; one who is gone already is done."""

    async def faces(self) -> tuple[ShownFace, ...]:
        """Tell of every user whether there is a face."""

    async def update_face(self, user_id: str, picture: bytes) -> None:
        """Give a user a face: the content of a jpg or png file that the document allows."""

    async def clear_face(self, user_id: str) -> None:
        """Take a user's face away; of a user who is gone it is gone too."""

    async def add_department(self, department_id: str, fields: Mapping[str, str]) -> PlatformDepartment:
        """Make a department; the id of the answer is the one that counts."""

    async def update_department(self, department_id: str, fields: Mapping[str, str]) -> None:
        """Change these fields of a department."""

    async def remove_department(self, department_id: str) -> None:
        """Remove a department; one that is gone already is done."""

    async def rooms(self) -> tuple[PlatformRoom, ...]:
        """Give every room."""

    async def room(self, room_id: str) -> PlatformRoom | None:
        """Give one room, or nothing where there is none."""

    async def add_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> PlatformRoom:
        """Make a room; the id of the answer is the one that counts."""

    async def update_room(self, room_id: str, fields: Mapping[str, RoomValue]) -> None:
        """Change these fields of a room, by the names of `Room`."""

    async def remove_room(self, room_id: str) -> None:
        """Remove a room; one that is gone already is done."""

    async def meetings(self, wanted: MeetingFilter = EVERY_MEETING) -> tuple[Meeting, ...]:
        """Give meetings: without a filter of times, the uncancelled ones of the next 30 days."""


class Settled(msgspec.Struct, frozen=True):
    """An operation with its outcome.

    `platform_id` is the one that the platform answered, `at` is in seconds since the epoch. `refused` has the values,
    by field, that the platform does not take: what is done was done without them.
    """

    operation: Operation
    outcome: str
    code: str = ""
    message: str = ""
    platform_id: str = ""
    at: float = 0.0
    refused: Mapping[str, str] = {}


class Effect(msgspec.Struct, frozen=True):
    """What one confirmed operation leaves behind in shadow and links; `None` is gone."""

    kind: Kind
    identity: tuple[str, str]
    platform_id: str
    fields: Fields | None
    link: Link | None


class Journal(Protocol):
    """Where outcomes become durable."""

    def record(self, settled: Sequence[Settled]) -> None:
        """Make outcomes durable, together with what the confirmed ones leave behind in shadow and links (I7).

        Raises `StoreError`; nothing of the batch is then recorded.
        """


class Passwords(Protocol):
    """Where passwords come from, and who is told of them (DESIGN 6, passwords)."""

    def initial(self, account: str, name: str, wanted: str) -> str:
        """Give the initial password of a user: what is wanted, else a random one.

        Where a handover file is kept its line is on disk afterwards.
        """

    def withdrawn(self, account: str, name: str) -> None:
        """Note that the platform refused, so that the password just given is nobody's."""

    def fresh(self) -> str:
        """Give a password that nobody knows."""
