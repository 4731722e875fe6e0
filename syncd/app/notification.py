"""Who is told of a run: once when something begins, daily while it lasts, once when it is over (DESIGN 4, notify)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from syncd.app.records import RunRecord
from syncd.app.store_ports import Store
from syncd.errors import SyncdError

DAY = 86400.0
NOTIFIED = "notified"
FAILED = frozenset({"failed", "partial"})


class Event(StrEnum):
    """What people can be told of (`notify.on`)."""

    HELD = "held"
    FAILED = "failed"
    RECOVERED = "recovered"
    DONE = "done"


class NotDelivered(SyncdError):
    """Nobody could be told of a run; the next run tries again."""


Results = Sequence[Mapping[str, str]]
"""The outcomes of a run as its JSON form has them: id, outcome, code, message."""


class Notifier(Protocol):
    """How people are told."""

    def tell(self, event: Event, run: RunRecord, results: Results) -> None:
        """Hand a run over; raises `NotDelivered`."""


class Told(msgspec.Struct, frozen=True):
    """What lasts (`held`, `failed` or nothing), by which guards, and when people were last told, in epoch seconds."""

    lasting: str = ""
    guards: tuple[str, ...] = ()
    at: float = 0.0


def due(before: Told, run: RunRecord, guards: Collection[str], now: float) -> tuple[Event | None, Told]:
    """Give what is to be told of a run, if anything, and what is known once it is told.

    An interrupted run tells nothing: the next one goes on. A hold by other guards than before is news.
    """
    if run.outcome == "done":
        made = bool(run.counts.get("done"))
        return (Event.RECOVERED if before.lasting else Event.DONE if made else None), Told()
    lasting = Event.HELD if run.outcome == "held" else Event.FAILED if run.outcome in FAILED else None
    if lasting is None:
        return None, before
    known = Told(lasting, tuple(sorted(guards)) if lasting is Event.HELD else (), now)
    is_news = (before.lasting, before.guards) != (known.lasting, known.guards)
    return (lasting, known) if is_news or now - before.at >= DAY else (None, before)


class Notification:
    """Tells people of the runs of one store."""

    def __init__(self, store: Store, notifier: Notifier, events: Collection[str], clock: Callable[[], float]) -> None:
        self._store, self._notifier, self._events, self._clock = store, notifier, frozenset(events), clock

    def without_run(self, message: str) -> None:
        """Tell that no run came about, and why; the same run form says so, without a name. Raises as `after` does."""
        now = self._clock()
        nothing = RunRecord("", now, finished_at=now, outcome="failed", exit=1)
        self.after(nothing, ({"id": "", "outcome": "failed", "code": "", "message": message},))

    def after(self, run: RunRecord, results: Results, guards: Collection[str] = ()) -> None:
        """Tell of a run if it is due.

        Raises `NotDelivered`, after which the next run tells of it, and `StoreError`.
        """
        with self._store.reading() as work:
            before = msgspec.json.decode(work.facts.all().get(NOTIFIED, "{}"), type=Told)
        event, known = due(before, run, guards, self._clock())
        if event is not None and event in self._events:
            self._notifier.tell(event, run, results)
        if known != before:
            with self._store.unit_of_work() as work:
                work.facts.put({NOTIFIED: msgspec.json.encode(known).decode()})
                work.commit()
