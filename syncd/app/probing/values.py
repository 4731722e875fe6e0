"""What the probe hears and finds."""

from collections.abc import Mapping
from typing import Any

import msgspec

from syncd.errors import Refused
from syncd.wire.codes import Code

Record = Mapping[str, Any]
ID_ARGUMENT = {"user": "userId", "dept": "deptId", "room": "roomId", "meeting": "meetingId"}
MISSING = {
    "user": Code.USER_MISSING,
    "dept": Code.DEPARTMENT_MISSING,
    "room": Code.ROOM_MISSING,
    "meeting": Code.MEETING_MISSING,
}


def shown(value: object) -> str:
    """Give a value as it stood in an answer."""
    return msgspec.json.encode(value).decode()


class Said(msgspec.Struct, frozen=True):
    """One answer as it stands: its HTTP status and its envelope."""

    status: int
    envelope: Record

    @property
    def code(self) -> str:
        """Give the code, number or text, as text."""
        return str(self.envelope.get("code", ""))

    @property
    def is_success(self) -> bool:
        """Tell whether the code is that of success."""
        return self.code == str(int(Code.SUCCESS))

    @property
    def value(self) -> Any:  # noqa: ANN401 - JSON
        """Give the value, `None` where there is none."""
        return self.envelope.get("value")

    @property
    def record(self) -> Record:
        """Give the object of an answer; raises `Refused` where there is a code or no object instead."""
        if not self.is_success or not isinstance(self.value, dict):
            raise Refused(self.code, str(self.envelope.get("message") or "an answer without an object"))
        return self.value

    @property
    def outcome(self) -> str:
        """Say in a few words how the call ended."""
        message = str(self.envelope.get("message") or "").strip()
        return "taken" if self.is_success else f"refused with {self.code}" + (f" ({message})" if message else "")


class Observation(msgspec.Struct, frozen=True):
    """One thing that the document leaves open: what this installation does, what that means for syncd, and a setting.

    `setting` is a line for the configuration, `""` where there is nothing to set.
    """

    name: str
    observed: str
    meaning: str
    setting: str = ""


class Probed(msgspec.Struct, frozen=True):
    """How a probe ended: what was seen, what could not be removed, and why it ended early, if it did."""

    observations: tuple[Observation, ...]
    left: tuple[str, ...] = ()
    ended: str = ""
