"""What a form of the page says, as the arguments of a call, and a record as a form shows it."""

from collections.abc import Mapping
from datetime import datetime

from syncd.sandbox.arguments import Arguments, Record, Rejected, invalid
from syncd.sandbox.company import Company, Kind
from syncd.sandbox.meeting_list import CHINA, milliseconds
from syncd.sandbox.rooms import DEFAULTS
from syncd.sandbox.users import ADMINISTRATOR
from syncd.wire.codes import Code

KINDS = tuple(kind.value for kind in Kind)
CALLS = (
    *(f"{kind}/{verb}" for kind in ("user", "dept", "room") for verb in ("add", "update", "remove")),
    *(f"meeting/{verb}" for verb in ("book", "update", "cancel", "finish")),
)
NAMED = {"user": "userId", "dept": "deptId", "room": "roomId", "meeting": "meetingId"}
ALONE = ("remove", "cancel", "finish")
HOUR = 3_600_000
BLANK: dict[Kind, Record] = {
    Kind.USER: dict.fromkeys(("id", "name", "account", "phone", "email", "position", "memo", "departmentId"), ""),
    Kind.DEPARTMENT: dict.fromkeys(("id", "name", "parentId"), ""),
    Kind.ROOM: DEFAULTS,
    Kind.MEETING: dict.fromkeys(("id", "roomId", "subject", "address", "memo"), ""),
}


def arguments(company: Company, call: str, form: Mapping[str, str]) -> Arguments:
    """Give the arguments of a call; people are named by account or id, a line each. Raises `Rejected`."""
    kind, verb = call.split("/")
    if verb in ALONE:
        return {NAMED[kind]: form.get("id", "")}
    found: Record = {name: value for name, value in form.items() if value or verb == "update"}
    if kind == "room":
        found["userIds"] = [_user_id(company, one) for one in _lines(form.get("userIds", ""))]
    if kind == "meeting":
        found |= {name: _time(form.get(name, "")) for name in ("beginTime", "endTime")}
        found["createdId"] = ADMINISTRATOR
        found["attendances"] = [_attendance(company, one) for one in _lines(form.get("attendances", ""))]
    return found


def filled(company: Company, kind: Kind, record: Record | None) -> Record:
    """Give the values that a form begins with: those of an object, or of a new one."""
    values = {**BLANK[kind], **(record or {})}
    if kind is Kind.ROOM:
        values["userIds"] = "\n".join(_account(company, one) for one in values["userIds"])
    if kind is Kind.MEETING:
        begin = (company.registry.now() // HOUR + 1) * HOUR
        values.setdefault("speaker", "admin")
        values["beginTime"] = _text(values.get("beginTime", begin))
        values["endTime"] = _text(values.get("endTime", begin + HOUR))
        people = values.get("attendances", [])
        values["attendances"] = "\n".join(_account(company, one["userId"]) or one["name"] for one in people)
    return values


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.splitlines() if one.strip()]


def _found(company: Company, who: str) -> str | None:
    if who in company.state.users:
        return who
    return next(iter(company.registry.unique["account"].of(who.casefold())), None)


def _user_id(company: Company, who: str) -> str:
    found = _found(company, who)
    if found is None:
        raise Rejected(Code.USER_MISSING)
    return found


def _attendance(company: Company, who: str) -> Record:
    """Give somebody who attends; who is no user is a guest of that name."""
    found = _found(company, who)
    return {"userId": found} if found else {"userId": "", "name": who}


def _account(company: Company, user_id: str) -> str:
    user = company.state.users.get(user_id)
    return str(user["account"]) if user else user_id


def _time(text: str) -> int:
    try:
        return milliseconds(text)
    except ValueError:
        raise invalid("a time is such as 2021-04-23 07:00") from None


def _text(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, CHINA).strftime("%Y-%m-%dT%H:%M")
