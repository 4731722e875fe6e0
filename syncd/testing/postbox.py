"""What a platform posts of the changes of a company, as the listener would put it into the inbox."""

import hashlib
import json
from collections.abc import Callable, Iterable

from syncd.app.records import Received
from syncd.app.store_ports import Store
from syncd.sandbox.company import Action, Company, Kind, Record

MEETINGS = {Action.ADD: "success", Action.CANCEL: "cancel"}
GONE = frozenset({Action.REMOVE, Action.CANCEL})


def posted(name: str, value: object, time_stamp: float, received_at: float | None = None) -> Received:
    """Give an event as it is in the inbox; times are seconds since the epoch, received at once unless said."""
    body = json.dumps({"event_type": name, "value": value}, ensure_ascii=False).encode()
    at = time_stamp if received_at is None else received_at
    return Received(at, time_stamp, name, hashlib.sha256(body).hexdigest(), body)


def receive(store: Store, events: Iterable[Received]) -> None:
    """Put events into an inbox."""
    with store.unit_of_work() as work:
        work.inbox.add(events)
        work.commit()


class Postbox:
    """Collects an event for every change of a company; `clock` gives seconds since the epoch."""

    def __init__(self, company: Company, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._events: list[Received] = []
        company.observe(self._note)

    def taken(self) -> list[Received]:
        """Give what was posted since, in order."""
        events, self._events = self._events, []
        return events

    def _note(self, kind: Kind, action: Action, record: Record) -> None:
        value = record["id"] if action in GONE else json.loads(json.dumps(record))
        name = f"book_{MEETINGS.get(action, 'update')}" if kind is Kind.MEETING else f"{kind}_{action}"
        self._events.append(posted(name, [value], self._clock()))
