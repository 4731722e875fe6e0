"""What an answer shows of what is kept: the document's fields, as the quirks would have them."""

from collections.abc import Callable, Mapping

import msgspec

from syncd.sandbox.arguments import Arguments, Record, Rejected
from syncd.sandbox.company import Action, Answer, Company, Kind
from syncd.sandbox.quirks import Quirks
from syncd.sandbox.users import ADMINISTRATOR
from syncd.wire.codes import Code

WRITTEN = ("add", "update", "book")
TIMES = ("createdTime", "lastUpdateTime")
ROUNDED: Mapping[str, tuple[str, ...]] = {
    "list": TIMES,
    "get": TIMES,
    "update": ("createdTime",),
    "updateFace": ("createdTime",),
}
HIDDEN = ("createdId", "cancelled")
PLACES = ("departmentId", "parentId")
IDS = ("id", "departmentId", "parentId", "roomId", "userId")
ALWAYS = frozenset({"id", "name", "account", "speaker", "subject", *PLACES})
EXTRA: Record = {"tenantCode": "1000", "extension": {"tags": ["a", None], "level": 1.5}}
FIELD_ERRORS: dict[str, object] = {"{}": {}, "[]": [], "objects": [{"field": "", "message": ""}]}
Step = Callable[[Record], None]


class Answers:
    """The answers of one company; the steps from kept to shown are compiled anew when its quirks change."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._compile()

    def value(self, call: str, answer: Answer, sent: Arguments) -> object:
        """Give the `value` of an answer; `call` is such as `user/add`."""
        if self._quirks is not self._company.quirks:
            self._compile()
        kind, verb = call.split("/")
        if answer is None:
            return None
        if isinstance(answer, list):
            return [self._shown(Kind(kind), record, verb, self._user_steps) for record in answer]
        shown = self._shown(Kind(kind), answer, verb, self._user_steps)
        if self._quirks.echo and verb in WRITTEN:
            shown = {**shown, **_echo(answer, sent)}
        return shown

    def told(self, kind: Kind, action: Action, record: Record) -> Record:
        """Return an object as events show it: as `add` or `update` answer it, but for who is an administrator."""
        if self._quirks is not self._company.quirks:
            self._compile()
        return self._shown(kind, record, "add" if action is Action.ADD else "update", self._told_user_steps)

    def id(self, object_id: str) -> object:
        """Give an id as answers show it."""
        return _numbered(object_id) if self._company.quirks.numeric_ids else object_id

    def success(self, value: object) -> bytes:
        """Give the envelope of a call that was carried out; removals have no `value`."""
        envelope: Record = {"success": True, "message": ""}
        if value is not None:
            envelope["value"] = value
        return self._encoded(envelope, Code.SUCCESS)

    def refusal(self, rejected: Rejected) -> bytes:
        """Give the envelope of a call that was refused."""
        message = str(rejected) if self._company.quirks.reasons else rejected.message
        return self._encoded({"success": False, "message": message}, rejected.code)

    def _encoded(self, envelope: Record, code: int) -> bytes:
        quirks = self._company.quirks
        envelope["code"] = str(int(code)) if quirks.codes_as_text else int(code)
        if quirks.field_errors in FIELD_ERRORS:
            envelope["fieldErrors"] = FIELD_ERRORS[quirks.field_errors]
        return msgspec.json.encode(envelope)

    def _compile(self) -> None:
        self._quirks = quirks = self._company.quirks
        self._steps = _steps(quirks)
        self._user_steps = [*_administrators(quirks, quirks.admin_field), *self._steps]
        self._told_user_steps = [*_administrators(quirks, quirks.event_admin_field), *self._steps]

    def _shown(self, kind: Kind, record: Record, verb: str, user_steps: list[Step]) -> Record:
        """Return an object as a call shows it; what that call did not set has lost its milliseconds."""
        if kind is Kind.MEETING:
            shown = self._shown_meeting(record)
        else:
            shown = _taken(user_steps if kind is Kind.USER else self._steps, record)
        if self._quirks.list_seconds:
            for name in ROUNDED.get(verb, ()):
                if name in shown:
                    shown[name] = shown[name] // 1000 * 1000
        if kind is Kind.DEPARTMENT and verb == "update" and self._quirks.volatile_times:
            shown["createdTime"] = self._company.registry.now()
        return shown

    def _shown_meeting(self, record: Record) -> Record:
        now = self._company.registry.now() if self._quirks.volatile_times else 0
        shown = {name: value for name, value in record.items() if name not in HIDDEN}
        shown["checkedTime"] = record["checkedTime"] or now
        people = ({**one, "signTime": one["signTime"] or now} for one in record["attendances"])
        shown["attendances"] = [_taken(self._steps, one) for one in people]
        return _taken(self._steps, shown)


def _taken(steps: list[Step], record: Record) -> Record:
    shown = dict(record)
    for step in steps:
        step(shown)
    return shown


def _echo(kept: Record, sent: Arguments) -> Record:
    """Give what was sent for the object's own fields; its id is the one that counts."""
    return {name: one for name, one in sent.items() if name in kept and name != "id" and isinstance(one, str | int)}


def _steps(quirks: Quirks) -> list[Step]:
    steps: list[Step] = []
    if quirks.numeric_ids:
        steps.append(_number_ids)
    if quirks.empty_fields != "shown":
        steps.append(lambda shown: _show_empty(shown, quirks.empty_fields))
    if quirks.root:
        steps.append(lambda shown: _show_root(shown, quirks.root))
    if quirks.extra_fields:
        steps.append(lambda shown: shown.update(EXTRA))
    return steps


def _administrators(quirks: Quirks, field: str) -> list[Step]:
    if field == "admin" and quirks.first_is_admin:
        return []
    names = ("admin", "isAdmin") if field == "both" else (field,)

    def step(shown: Record) -> None:
        is_admin = shown.pop("admin") and (quirks.first_is_admin or shown["id"] != ADMINISTRATOR)
        shown.update({name: is_admin for name in names if name != "none"})

    return [step]


def _number_ids(shown: Record) -> None:
    for name in IDS:
        if name in shown:
            shown[name] = _numbered(shown[name])
    if "userIds" in shown:
        shown["userIds"] = [_numbered(one) for one in shown["userIds"]]


def _numbered(object_id: str) -> object:
    """Give an id as a number where that loses nothing."""
    return int(object_id) if object_id.isdecimal() and str(int(object_id)) == object_id else object_id


def _show_empty(shown: Record, how: str) -> None:
    for name in [name for name, value in shown.items() if value in ("", []) and name not in ALWAYS]:
        if how == "missing":
            del shown[name]
        else:
            shown[name] = None


def _show_root(shown: Record, how: str) -> None:
    for name in PLACES:
        if shown.get(name) == "":
            if how == "missing":
                del shown[name]
            else:
                shown[name] = None if how == "null" else how
