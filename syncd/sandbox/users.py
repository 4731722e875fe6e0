"""The rules for users (Open API, users)."""

import hashlib

from syncd.sandbox.arguments import Arguments, Record, Rejected, invalid, lacking, optional, place, required, text
from syncd.sandbox.forms import kept
from syncd.sandbox.pictures import face_ending
from syncd.sandbox.registry import Action, Kind, Registry, same
from syncd.wire.codes import MESSAGES, Code

ADMINISTRATOR = "1"
PUBLIC_DEFAULT_PASSWORD = "hf@123456"  # noqa: S105 - printed in the platform's public document
TEXTS = ("name", "account", "phone", "position", "email", "memo")
MAIL_OCCUPIED = "Email is already occupied"
FACE_URL = "http://localhost:80/meeting/api/opt/resources/1000/{}.{}"


def new_user(user_id: str, texts: dict[str, str], now: int) -> Record:
    """Give a user with these fields and no others."""
    return {
        "id": user_id,
        **dict.fromkeys(("name", "account", "phone"), ""),
        "faceUrl": "",
        **dict.fromkeys(("position", "email"), ""),
        "status": 1,
        "memo": "",
        "createdTime": now,
        "departmentId": "",
        "admin": user_id == ADMINISTRATOR,
        **texts,
    }


class Users:
    """Accounts, phones and mails are unique; departments must exist."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def list_all(self) -> list[Record]:
        """Answer `user/list`."""
        return list(self._registry.state.users.values())

    def get(self, arguments: Arguments) -> Record:
        """Answer `user/get`."""
        return self.known(required(arguments, "userId"))

    def add(self, arguments: Arguments) -> Record:
        """Answer `user/add`; without a password the user has the public one."""
        for field in ("name", "account"):
            required(arguments, field)
        texts = self._texts(arguments)
        password = text(arguments, "password") or PUBLIC_DEFAULT_PASSWORD
        if (there := self._registry.existing(Kind.USER, arguments)) is not None:
            return there
        user_id = self._registry.new_id(Kind.USER, arguments)
        self._check(user_id, texts)
        self._registry.state.passwords[user_id] = "default" if password == PUBLIC_DEFAULT_PASSWORD else "given"
        return self._registry.write(Kind.USER, Action.ADD, new_user(user_id, texts, self._registry.now()))

    def update(self, arguments: Arguments) -> Record:
        """Answer `user/update`; what is absent or null stays."""
        user = self.known(required(arguments, "id"))
        texts = self._texts(arguments, *self._registry.quirks.empty_ignored)
        password = text(arguments, "password")
        self._check(user["id"], texts)
        if password:
            self._registry.state.passwords[user["id"]] = "changed"
        return self._registry.write(Kind.USER, Action.UPDATE, {**user, **texts})

    def update_face(self, arguments: Arguments) -> Record:
        """Answer `user/updateFace`; of the picture only its SHA-256 is kept."""
        user = self.known(required(arguments, "userId"))
        picture = arguments.get("file")
        if picture is None:
            raise lacking("file")
        if not isinstance(picture, bytes):
            raise Rejected(Code.ARGUMENT_TYPE)
        ending = face_ending(picture)
        digest = hashlib.sha256(picture).hexdigest()
        if self._registry.quirks.faces == "tenth_refused" and int(digest, 16) % 10 == 0:
            raise invalid("no face was found in the picture")
        self._registry.state.faces[user["id"]] = digest
        url = FACE_URL.format(digest[:32].upper(), ending)
        return self._registry.write(Kind.USER, Action.UPDATE, {**user, "faceUrl": url})

    def clear_face(self, arguments: Arguments) -> None:
        """Answer `user/clearFace`; the id is optional in the document, and without it nothing happens."""
        if not (user_id := optional(arguments, "userId")):
            return
        user = self.known(user_id)
        self._registry.state.faces.pop(user["id"], None)
        self._registry.write(Kind.USER, Action.UPDATE, {**user, "faceUrl": ""})

    def remove(self, arguments: Arguments) -> None:
        """Answer `user/remove`; rooms lose the id, meetings keep it.

        The id is optional in the document, and without it nothing happens.
        """
        if not (user_id := optional(arguments, "userId")):
            return
        user = self.known(user_id)
        if self._registry.quirks.used_objects == "refused" and self._is_used(user["id"]):
            raise invalid("the user has a meeting to come or may book a room")
        for room_id in list(self._registry.rooms_of.of(user["id"])):
            room = self._registry.state.rooms[room_id]
            others = [one for one in room["userIds"] if one != user["id"]]
            self._registry.write(Kind.ROOM, Action.UPDATE, {**room, "userIds": others})
        self._registry.state.faces.pop(user["id"], None)
        self._registry.remove(Kind.USER, user)

    def known(self, user_id: str, code: Code = Code.USER_MISSING) -> Record:
        """Give a user; raises `Rejected` with the code where there is none."""
        user = self._registry.found(Kind.USER, user_id)
        if user is None:
            raise Rejected(code)
        return user

    def _texts(self, arguments: Arguments, *ignoring: str) -> dict[str, str]:
        """Give the texts of a call in the form in which they are kept, without the empty ones of the fields named."""
        quirks = self._registry.quirks
        given = {field: value for field in TEXTS if (value := text(arguments, field)) is not None}
        texts = kept(quirks, {field: value for field, value in given.items() if value or field not in ignoring})
        if any(not texts.get(field, "kept").strip() for field in ("name", "account")):
            raise invalid("name and account cannot be empty")
        if (department := place(arguments, "departmentId")) is not None:
            texts["departmentId"] = department
        return texts

    def _check(self, user_id: str, texts: dict[str, str]) -> None:
        mail = self._registry.quirks.mail_code
        for field, code in (("account", Code.ACCOUNT_OCCUPIED), ("phone", Code.PHONE_OCCUPIED)):
            if self._is_taken(field, texts.get(field, ""), user_id):
                raise Rejected(code, MESSAGES[code])
        if mail is not None and self._is_taken("email", texts.get("email", ""), user_id):
            raise invalid("the email is taken") if mail == Code.INVALID_ARGUMENTS else Rejected(mail, MAIL_OCCUPIED)
        if texts.get("departmentId") and texts["departmentId"] not in self._registry.state.departments:
            raise Rejected(Code.DEPARTMENT_MISSING)

    def _is_taken(self, field: str, value: str, user_id: str) -> bool:
        others = [one for one in self._registry.unique[field].of(same(value)) if one != user_id]
        if not self._registry.quirks.case_matters:
            return bool(others)
        return any(self._registry.state.users[one][field].strip() == value.strip() for one in others)

    def _is_used(self, user_id: str) -> bool:
        now = self._registry.now()
        meetings = (self._registry.state.meetings[one] for one in self._registry.meetings_of.of(user_id))
        to_come = any(one["endTime"] > now and not one["cancelled"] for one in meetings)
        return to_come or bool(self._registry.rooms_of.of(user_id))
