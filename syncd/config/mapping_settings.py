"""The keys of `[mapping]`: where the fields of users, departments and rooms come from."""

import difflib
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from syncd.config.addresses import clear_secret_host
from syncd.config.values import Required, Table, Texts
from syncd.errors import ConfigurationError
from syncd.mapping.specs import PATH, face_beginning

Rule = str | tuple[str, ...]


def _is_face(spec: str) -> str:
    try:
        beginning = face_beginning(spec)
    except ConfigurationError as error:
        raise ValueError(str(error).removeprefix("mapping.user.face: ")) from None
    if host := clear_secret_host(beginning):
        raise ValueError(f"the pictures would travel in clear from {host}; use https://")
    return spec


Face = Annotated[str, AfterValidator(_is_face)]


def _is_place(spec: Rule) -> Rule:
    if isinstance(spec, str) and spec.startswith(PATH):
        raise ValueError("no departments are made of the paths of rooms; name the attribute itself, without @path:")
    return spec


RoomPlace = Annotated[Rule, AfterValidator(_is_place)]


class UserMapping(Table):
    """Where the fields of a user come from."""

    account: Rule = Field("uid", description="an attribute, a list of fall-backs, or a template")
    name: Rule = Field(("displayName", "cn"), description="what people see")
    phone: Rule = Field("mobile", description="empty: not ours, never written (every field but account and name)")
    email: Rule = Field("mail", description="a mail address")
    position: Rule = Field("title", description="the position")
    memo: Rule = Field("", description="a note")
    department: Rule = Field(
        "@parent",
        description='"@parent": nearest in the tree; "@path:ATTR"; an attribute with key or DN',
    )
    path_separator: Required = Field("/", description="between the names of a path")
    when: str = Field("", description="a template; who does not fulfil it is out of scope")
    enabled: Required = Field("@auto", description='"@auto": as the server says; or a template')
    face: Face = Field("", description="an attribute with a picture, a path or a URL template")


class DepartmentMapping(Table):
    """Where the fields of a department come from."""

    name: Rule = Field("ou", description="an attribute, a list of fall-backs, or a template")
    parent: Rule = Field("@parent", description='"@parent", or an attribute with a key or DN')


class RoomMapping(Table):
    """Where the fields of a room come from; without it rooms are only mirrored."""

    name: Rule = Field(description="what people see")
    department: RoomPlace = Field(
        "", description='an attribute with key or DN of a department; "@parent": nearest in the tree'
    )
    address: Rule = Field("", description="where it is")
    memo: Rule = Field("", description="a note")
    begin_time: Rule = Field("", description="from when it can be booked, such as 07:00")
    end_time: Rule = Field("", description="until when")
    capacity: Rule = Field("", description="how many people")
    size: Rule = Field("", description="square metres")
    longitude: Rule = Field("", description="degrees")
    latitude: Rule = Field("", description="degrees")
    radius: Rule = Field("", description="of the check-in, metres")
    status: Rule = Field("", description="0: stopped, 1: in use")
    need_audit: Rule = Field("", description="1: bookings are audited")
    permission: Rule = Field("", description="0: everybody may book, 1: those in users")
    scene_image: Rule = Field("", description="the address of a picture, which the platform fetches")
    users: Rule = Field("", description="keys or accounts of those who may book")
    separator: Required = Field(";", description="between the users of one value")


class Mapping(Table):
    """Where the fields come from."""

    user: UserMapping = UserMapping()
    department: DepartmentMapping = DepartmentMapping()
    room: RoomMapping | None = None


class UserKeys(Table):
    """Single keys of `[mapping.user]` for one source."""

    account: Rule | None = None
    name: Rule | None = None
    phone: Rule | None = None
    email: Rule | None = None
    position: Rule | None = None
    memo: Rule | None = None
    department: Rule | None = None
    path_separator: Required | None = None
    when: str | None = None
    enabled: Required | None = None
    face: Face | None = None


class DepartmentKeys(Table):
    """Single keys of `[mapping.department]` for one source."""

    name: Rule | None = None
    parent: Rule | None = None


class RoomKeys(Table):
    """Single keys of `[mapping.room]` for one source."""

    name: Rule | None = None
    department: RoomPlace | None = None
    address: Rule | None = None
    memo: Rule | None = None
    begin_time: Rule | None = None
    end_time: Rule | None = None
    capacity: Rule | None = None
    size: Rule | None = None
    longitude: Rule | None = None
    latitude: Rule | None = None
    radius: Rule | None = None
    status: Rule | None = None
    need_audit: Rule | None = None
    permission: Rule | None = None
    scene_image: Rule | None = None
    users: Rule | None = None
    separator: Required | None = None


class SourceMapping(Table):
    """Where the fields of one source's people, departments and rooms come from, where it differs."""

    user: UserKeys = UserKeys()
    department: DepartmentKeys = DepartmentKeys()
    room: RoomKeys = RoomKeys()


_NO_VALUES = frozenset({"path_separator", "when", "enabled", "separator"})
_DEFAULT = "default"
FIELDS = tuple(
    field
    for field in dict.fromkeys((*UserMapping.model_fields, *DepartmentMapping.model_fields, *RoomMapping.model_fields))
    if field not in _NO_VALUES
)
"""The fields of users, departments and rooms, by the names of the mapping."""


def _known(written: Iterable[str], known: tuple[str, ...]) -> None:
    for field in written:
        if field not in known:
            near = difflib.get_close_matches(field, known, 1, 0.5)
            raise ValueError(
                f'{field} is no field; did you mean "{near[0]}"?'
                if near
                else f"{field} is no field: {', '.join(known)}"
            )


def _fields(names: tuple[str, ...]) -> tuple[str, ...]:
    _known(names, FIELDS)
    return names


def fields_or_default(chosen: str | dict[str, str]) -> str | dict[str, str]:
    """Give what is chosen, for all or by field, as it is; raises `ValueError` for what is no field, nor `default`."""
    if isinstance(chosen, dict):
        _known(chosen, (_DEFAULT, *FIELDS))
    return chosen


Fields = Annotated[Texts, AfterValidator(_fields)]
