"""The envelope of every answer, and users and departments as they stand on the wire (Open API, users, departments).

The document leaves much open, so what is read here is generous: ids, codes and status as text or number, null or
missing fields, `admin` or `isAdmin`, and a root department that is `""`, `"0"`, null or missing.
"""

from collections.abc import Mapping

import msgspec

from syncd.model.objects import Department, PlatformDepartment, PlatformUser, User
from syncd.wire.codes import Code

Loose = str | int | None
NAMES = {"department": "departmentId", "parent": "parentId"}
ROOTS = frozenset({"", "0"})
YES = frozenset({"1", "true"})


class Envelope(msgspec.Struct):
    """`{"success", "message", "value", "code", …}`; what else is in it is ignored."""

    code: Loose = None
    success: bool | Loose = None
    message: str | None = None
    value: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def is_success(self) -> bool:
        """Tell whether the call was carried out: code 10000, and `success` not false."""
        return str(self.code) == str(int(Code.SUCCESS)) and str(self.success).lower() not in ("false", "0")


class Token(msgspec.Struct):
    """The value of `gettoken`; `expires_in` is in seconds."""

    access_token: str
    company_id: Loose = None
    expires_in: int | float | str = 7200


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
    status: Loose = None

    def value(self) -> PlatformUser:
        """Give the user as the rest of the program knows it."""
        fields = User(
            account=_text(self.account),
            name=_text(self.name),
            phone=_text(self.phone),
            email=_text(self.email),
            position=_text(self.position),
            memo=_text(self.memo),
            department=_place(self.department),
        )
        is_admin = any(str(one).lower() in YES for one in (self.admin, self.is_admin))
        status = str(self.status)
        return PlatformUser(str(self.id), fields, is_admin, int(status) if status.isdecimal() else None)


class WireDepartment(msgspec.Struct, gc=False):
    """A department in an answer."""

    id: str | int
    name: Loose = None
    parent: Loose = msgspec.field(default=None, name="parentId")

    def value(self) -> PlatformDepartment:
        """Give the department as the rest of the program knows it."""
        return PlatformDepartment(str(self.id), Department(_text(self.name), _place(self.parent)))


def arguments(object_id: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Give the arguments of an `add` or `update`, under the names of the document; the root is sent as `""`."""
    return {"id": object_id, **{NAMES.get(field, field): value for field, value in fields.items()}}


def _text(value: Loose) -> str:
    return "" if value is None else str(value)


def _place(value: Loose) -> str:
    text = _text(value)
    return "" if text in ROOTS else text
