"""What a change is told as: the type and value of an event (Open API, event subscription)."""

import msgspec

from syncd.sandbox.answers import Answers
from syncd.sandbox.company import Action, Kind, Record

CHECK_URL = "check_url"
OF_MEETINGS = {
    Action.ADD: "book_success",
    Action.UPDATE: "book_update",
    Action.FINISH: "book_update",
    Action.CANCEL: "book_cancel",
}
WITHDRAWN = (Action.REMOVE, Action.CANCEL)


class Event(msgspec.Struct, frozen=True):
    """Changes of one type in their order; `at` is the time of the last, in seconds since the epoch."""

    type: str
    value: list[object]
    ids: list[str]
    at: float

    def message(self) -> bytes:
        """Give the plain text that is encrypted."""
        return msgspec.json.encode({"event_type": self.type, "value": self.value})

    def with_next(self, later: "Event") -> "Event":
        """Give one event that tells both."""
        return Event(self.type, [*self.value, *later.value], [*self.ids, *later.ids], later.at)


def event_of(answers: Answers, kind: Kind, action: Action, record: Record, at: float) -> Event:
    """Return the event of a change: the object as it is now, or the id of what is gone."""
    name = OF_MEETINGS[action] if kind is Kind.MEETING else f"{kind}_{action}"
    shown = answers.id(record["id"]) if action in WITHDRAWN else answers.told(kind, action, record)
    return Event(name, [shown], [record["id"]], at)
