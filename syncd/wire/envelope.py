"""The envelope of every answer, and users and departments as they stand on the wire (Open API, users, departments).

The document leaves much open, so what is read here is generous: ids, codes and status as text or number, null or
missing fields, `admin` or `isAdmin`, and a root department that is `""`, `"0"`, null or missing.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from syncd.model.faces import ShownFace
from syncd.model.objects import Department, PlatformDepartment, PlatformUser, User
from syncd.wire.codes import Code
from syncd.wire.loose import Loose, Number, place, text, whole

NAMES = {"department": "departmentId", "parent": "parentId"}
YES = frozenset({"1", "true"})
NO = frozenset({"0", "false"})
SUCCESS = str(int(Code.SUCCESS))
Record = TypeVar("Record")


class Answer(msgspec.Struct):
    """What every answer says beside its value; `fieldErrors` and whatever else is in it are ignored."""

    code: Loose = None
    success: bool | Loose = None
    message: Loose = None

    @property
    def is_success(self) -> bool:
        """Tell whether the call was carried out: code 10000, and `success` not false."""
        return str(self.code) == SUCCESS and (self.success is True or str(self.success).lower() not in NO)


class Envelope(Answer):
    """An answer whose value is not looked at yet."""

    value: msgspec.Raw = msgspec.Raw(b"null")


class Listed(Answer, Generic[Record]):
    """An answer whose value is a list of records; `None` where there is none."""

    value: list[Record] | None = None


class Token(msgspec.Struct):
    """The value of `gettoken`; `expires_in` is in seconds. It shows no secret."""

    access_token: str
    company_id: Loose = None
    expires_in: int | float | str | None = None

    def __repr__(self) -> str:
        return f"Token(company_id={self.company_id!r})"


class WireUser(msgspec.Struct, gc=False):
    """A user in an answer."""

    id: str | int
    name: Loose = None
    account: Loose = None
    phone: Loose = None
    email: Loose = None
    position: Loose = None
    memo: Loose = None
    department: Loose = msgspec.field(default=None, name="departmentId")
    is_admin: bool | Loose = msgspec.field(default=None, name="isAdmin")
    admin: bool | Loose = None
    status: bool | Number = None

    def value(self) -> PlatformUser:
        """Give the user as the rest of the program knows it."""
        fields = User(
            account=text(self.account),
            name=text(self.name),
            phone=text(self.phone),
            email=text(self.email),
            position=text(self.position),
            memo=text(self.memo),
            department=place(self.department),
        )
        return PlatformUser(str(self.id), fields, _is_yes(self.admin) or _is_yes(self.is_admin), _switch(self.status))


class WireFace(msgspec.Struct, gc=False):
    """A user in an answer, as far as the face is concerned."""

    id: str | int
    address: Loose = msgspec.field(default=None, name="faceUrl")

    def value(self) -> ShownFace:
        """Give what the rest of the program wants to know."""
        return ShownFace(str(self.id), bool(text(self.address)))


class WireDepartment(msgspec.Struct, gc=False):
    """A department in an answer."""

    id: str | int
    name: Loose = None
    parent: Loose = msgspec.field(default=None, name="parentId")

    def value(self) -> PlatformDepartment:
        """Give the department as the rest of the program knows it."""
        return PlatformDepartment(str(self.id), Department(text(self.name), place(self.parent)))


def arguments(object_id: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Give the arguments of an `add` or `update`, under the names of the document; the root is sent as `""`."""
    return {"id": object_id, **{NAMES.get(field, field): value for field, value in fields.items()}}


def _switch(value: bool | Number) -> int | None:  # noqa: FBT001 - one of the forms of a switch
    """Give 0 or 1; any other number is unknown, as nothing is."""
    found = whole(value)
    return found if found in (0, 1) else None


def _is_yes(value: object) -> bool:
    return value is True or (bool(value) and str(value).lower() in YES)
