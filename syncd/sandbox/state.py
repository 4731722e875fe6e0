"""What a company holds, as its state file keeps it."""

import os
from pathlib import Path
from typing import TypedDict

import msgspec

from syncd.errors import SyncdError
from syncd.sandbox.arguments import Record


class CallbackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where events go, and what they are signed and encrypted with; all empty where none are sent."""

    url: str = ""
    token: str = ""
    aes_key: str = ""

    def __repr__(self) -> str:
        return f"CallbackSettings(url={self.url!r})"


class State(msgspec.Struct):
    """Every object by its id; `passwords` says `default`, `given` or `changed` of each user there ever was.

    `faces` has the SHA-256 of each user's picture, `removed` the ids that were used (`user/ID`) with the time of
    removal in ms, `made` the number of ids given so far,
    `callback` the settings of events, its secrets among them.
    """

    users: dict[str, Record] = {}
    departments: dict[str, Record] = {}
    rooms: dict[str, Record] = {}
    meetings: dict[str, Record] = {}
    passwords: dict[str, str] = {}
    faces: dict[str, str] = {}
    removed: dict[str, int] = {}
    made: int = 0
    callback: CallbackSettings = CallbackSettings()


class UserShape(TypedDict):
    """A user as it is kept; `admin` is what the quirks show as `admin` or `isAdmin`."""

    id: str
    name: str
    account: str
    phone: str
    faceUrl: str
    position: str
    email: str
    status: int
    memo: str
    createdTime: int
    departmentId: str
    admin: bool


class DepartmentShape(TypedDict):
    """A department as it is kept."""

    id: str
    name: str
    parentId: str
    createdTime: int


class RoomShape(TypedDict):
    """A room as it is kept."""

    id: str
    departmentId: str
    name: str
    address: str
    memo: str
    beginTime: str
    endTime: str
    capacity: int
    size: int
    longitude: float
    latitude: float
    radius: int
    status: int
    needAudit: int
    permission: int
    sceneImage: str
    createdTime: int
    userIds: list[str]


class AttendanceShape(TypedDict):
    """Somebody who attends a meeting, as it is kept."""

    id: str
    userId: str
    name: str
    phone: str
    email: str
    faceUrl: str
    isSigned: int
    signType: int
    signImgUrl: str
    signTime: int


class MeetingShape(TypedDict):
    """A meeting as it is kept; no answer shows `createdId` and `cancelled`."""

    id: str
    roomId: str
    speaker: str
    subject: str
    beginTime: int
    endTime: int
    address: str
    createdTime: int
    lastUpdateTime: int
    checkedState: int
    checkedTime: int
    memo: str
    attendances: list[AttendanceShape]
    createdId: str
    cancelled: bool


class _Shape(msgspec.Struct, forbid_unknown_fields=True):
    users: dict[str, UserShape]
    departments: dict[str, DepartmentShape]
    rooms: dict[str, RoomShape] = {}
    meetings: dict[str, MeetingShape] = {}
    passwords: dict[str, str] = {}
    faces: dict[str, str] = {}
    removed: dict[str, int] = {}
    made: int = 0
    callback: CallbackSettings = CallbackSettings()


def load(path: Path) -> State:
    """Read a state file; raises `SyncdError` where it cannot be read or is none."""
    try:
        data = path.read_bytes()
        msgspec.json.decode(data, type=_Shape)
        return msgspec.json.decode(data, type=State)
    except OSError as error:
        raise SyncdError(f"the state file {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SyncdError(f"{path} is no state file of a sandbox: {error}; move it away, or name another") from error


def copied(state: State) -> State:
    """Give the state as it is now, for another thread: records are never changed in place, so tables are enough."""
    made = State()
    for name in State.__struct_fields__:
        value = getattr(state, name)
        setattr(made, name, dict(value) if isinstance(value, dict) else value)
    return made


def save(state: State, path: Path) -> None:
    """Write a state file whole or not at all, for its owner's eyes only; raises `OSError`."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state), indent=1))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
