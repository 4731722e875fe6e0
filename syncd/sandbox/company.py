"""The platform's state and its rules, as strict as its document allows (Open API, users and departments)."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from syncd.wire.codes import MESSAGES, Code

ADMINISTRATOR = "1"
PUBLIC_DEFAULT_PASSWORD = "hf@123456"  # noqa: S105 - printed in the platform's public document
UNLISTED_MAIL_CODE = 71099
USER_TEXTS = ("name", "account", "phone", "position", "email", "memo", "departmentId")
UNIQUE = {
    "account": (Code.ACCOUNT_OCCUPIED, MESSAGES[Code.ACCOUNT_OCCUPIED]),
    "phone": (Code.PHONE_OCCUPIED, MESSAGES[Code.PHONE_OCCUPIED]),
    "email": (UNLISTED_MAIL_CODE, "Email is already occupied"),
}
Arguments = Mapping[str, object]
Record = dict[str, Any]


class Rejected(Exception):
    """A call that the platform answers with an error code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or MESSAGES[Code(code)])
        self.code = code


class State(msgspec.Struct):
    """What a company holds, as its state file keeps it; `passwords` says of each user whether it is the default."""

    users: dict[str, Record] = {}
    departments: dict[str, Record] = {}
    passwords: dict[str, str] = {}
    removed: list[str] = []


class Company:
    """Users and departments of one company; `clock` gives seconds since the epoch.

    With `refuses_removed_ids` the id of a removed object can never be used again. Every rule is checked by an index,
    so that a call costs the same in a company of any size.
    """

    def __init__(self, clock: Callable[[], float], state: State | None = None) -> None:
        self._clock = clock
        self.refuses_removed_ids = False
        self.state = state or State()
        self._values: dict[str, dict[str, str]] = {field: {} for field in UNIQUE}
        self._contents: dict[str, int] = {}
        self._made = len(self.state.users) + len(self.state.departments)
        if ADMINISTRATOR not in self.state.users:
            self.state.users[ADMINISTRATOR] = self._new_user(ADMINISTRATOR, {"name": "admin", "account": "admin"})
            self.state.users[ADMINISTRATOR]["admin"] = True
        for user in self.state.users.values():
            self._index(user)
        for department in self.state.departments.values():
            self._count(department["parentId"], 1)

    def list_users(self) -> list[Record]:
        """Answer `user/list`."""
        return list(self.state.users.values())

    def list_departments(self) -> list[Record]:
        """Answer `dept/list`."""
        return list(self.state.departments.values())

    def get_user(self, arguments: Arguments) -> Record:
        """Answer `user/get`."""
        return self._user(_required(arguments, "userId"))

    def get_department(self, arguments: Arguments) -> Record:
        """Answer `dept/get`."""
        return self._department(_required(arguments, "deptId"))

    def add_user(self, arguments: Arguments) -> Record:
        """Answer `user/add`."""
        texts = {field: _text(arguments, field) or "" for field in USER_TEXTS}
        for field in ("name", "account"):
            texts[field] = _required(arguments, field)
        user_id = self._new_id(_text(arguments, "id"), self.state.users)
        password = _text(arguments, "password") or PUBLIC_DEFAULT_PASSWORD
        self._check_user(user_id, texts)
        user = self.state.users[user_id] = self._new_user(user_id, texts)
        self.state.passwords[user_id] = "default" if password == PUBLIC_DEFAULT_PASSWORD else "given"
        self._index(user)
        return user

    def update_user(self, arguments: Arguments) -> Record:
        """Answer `user/update`; what is absent or null stays."""
        user = self._user(_required(arguments, "id"))
        texts = {field: text for field in USER_TEXTS if (text := _text(arguments, field)) is not None}
        if "" in (texts.get("name"), texts.get("account")):
            raise Rejected(Code.INVALID_ARGUMENTS)
        self._check_user(user["id"], texts)
        if _text(arguments, "password"):
            self.state.passwords[user["id"]] = "changed"
        self._unindex(user)
        user.update(texts)
        self._index(user)
        return user

    def remove_user(self, arguments: Arguments) -> None:
        """Answer `user/remove`; the built-in administrator cannot be removed."""
        user = self._user(_required(arguments, "userId"))
        if user["id"] == ADMINISTRATOR:
            raise Rejected(Code.INVALID_ARGUMENTS)
        self._unindex(user)
        del self.state.users[user["id"]]
        self.state.removed.append(user["id"])

    def add_department(self, arguments: Arguments) -> Record:
        """Answer `dept/add`."""
        name, parent = _required(arguments, "name"), _parent(arguments) or ""
        department_id = self._new_id(_text(arguments, "id"), self.state.departments)
        self._check_parent(department_id, parent)
        department = {"id": department_id, "name": name, "parentId": parent, "createdTime": self._now()}
        self.state.departments[department_id] = department
        self._count(parent, 1)
        return department

    def update_department(self, arguments: Arguments) -> Record:
        """Answer `dept/update`; what is absent or null stays."""
        department = self._department(_required(arguments, "id"))
        name, parent = _text(arguments, "name"), _parent(arguments)
        if name == "":
            raise Rejected(Code.INVALID_ARGUMENTS)
        if parent is not None:
            self._check_parent(department["id"], parent)
            self._count(department["parentId"], -1)
            self._count(parent, 1)
            department["parentId"] = parent
        department["name"] = department["name"] if name is None else name
        return department

    def remove_department(self, arguments: Arguments) -> None:
        """Answer `dept/remove`; one that holds users or departments cannot be removed."""
        department = self._department(_required(arguments, "deptId"))
        if self._contents.get(department["id"]):
            raise Rejected(Code.INVALID_ARGUMENTS, "Dept is not empty")
        self._count(department["parentId"], -1)
        del self.state.departments[department["id"]]
        self.state.removed.append(department["id"])

    def _user(self, user_id: str) -> Record:
        if user_id not in self.state.users:
            raise Rejected(Code.USER_MISSING)
        return self.state.users[user_id]

    def _department(self, department_id: str) -> Record:
        if department_id not in self.state.departments:
            raise Rejected(Code.DEPARTMENT_MISSING)
        return self.state.departments[department_id]

    def _new_id(self, wanted: str | None, there: Mapping[str, Record]) -> str:
        if not wanted:
            self._made += 1
            return f"{self._made:032X}"
        if wanted in there or (self.refuses_removed_ids and wanted in self.state.removed):
            raise Rejected(Code.INVALID_ARGUMENTS, "Id is already occupied")
        return wanted

    def _new_user(self, user_id: str, texts: Mapping[str, str]) -> Record:
        bare = dict.fromkeys(USER_TEXTS, "")
        own = {"id": user_id, "faceUrl": "", "status": 1, "createdTime": self._now(), "admin": False}
        return {**bare, **texts, **own}

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _check_user(self, user_id: str, texts: Mapping[str, str]) -> None:
        for field, (code, message) in UNIQUE.items():
            holder = self._values[field].get(same(texts.get(field, "")))
            if holder not in (None, user_id):
                raise Rejected(code, message)
        if texts.get("departmentId"):
            self._department(texts["departmentId"])

    def _check_parent(self, department_id: str, parent: str) -> None:
        above = parent
        while above:
            if above == department_id:
                raise Rejected(Code.INVALID_ARGUMENTS, "Dept cannot stand below itself")
            above = self._department(above)["parentId"]

    def _index(self, user: Record) -> None:
        for field, holders in self._values.items():
            if value := same(user[field]):
                holders[value] = user["id"]
        self._count(user["departmentId"], 1)

    def _unindex(self, user: Record) -> None:
        for field, holders in self._values.items():
            holders.pop(same(user[field]), None)
        self._count(user["departmentId"], -1)

    def _count(self, department_id: str, change: int) -> None:
        if department_id:
            self._contents[department_id] = self._contents.get(department_id, 0) + change


def same(value: str) -> str:
    """Give the form in which two accounts, phones or mails are one."""
    return value.strip().casefold()


def _text(arguments: Arguments, name: str) -> str | None:
    """Give an argument as text; numbers are taken as their digits."""
    value = arguments.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected(Code.ARGUMENT_TYPE)
    return str(value)


def _required(arguments: Arguments, name: str) -> str:
    value = _text(arguments, name)
    if not value or not value.strip():
        raise Rejected(Code.ARGUMENT_LACKING, MESSAGES[Code.ARGUMENT_LACKING] % name)
    return value


def _parent(arguments: Arguments) -> str | None:
    """Give the parent's id, `""` for the root, which the document also calls 0."""
    value = _text(arguments, "parentId")
    return "" if value == "0" else value
