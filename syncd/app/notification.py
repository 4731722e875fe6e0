"""Who is told of a run, or of a pass of faces: once when something begins, daily while it lasts, once when it is over.

DESIGN 4, notify. A run and a pass of faces last and recover each by themselves. Of leavers people are told when a grace
begins, and again within the last day before it ends (DESIGN 6, leavers).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from syncd.app.auditing import Outlet
from syncd.app.records import AUDIT_NOTIFIED, FacesRecord, RunRecord
from syncd.app.store_ports import Store
from syncd.errors import SyncdError
from syncd.model.audit import AuditRecord
from syncd.plan.grace import moment
from syncd.plan.values import Leaver, Plan

DAY = 86400.0
NOTIFIED = "notified"
NOTIFIED_OF_FACES = "notified.faces"
NOTIFIED_OF_LEAVERS = "notified.leavers"
FAILED = frozenset({"failed", "partial"})
DID = frozenset({"done", "sent", "cleared"})


class Event(StrEnum):
    """What people can be told of (`notify.on`)."""

    HELD = "held"
    FAILED = "failed"
    RECOVERED = "recovered"
    DONE = "done"
    LEAVING = "leaving"
    AUDIT = "audit"


class NotDelivered(SyncdError):
    """Nobody could be told of a run; the next run tries again."""


Results = Sequence[Mapping[str, str]]
"""The outcomes of a run as its JSON form has them: id, outcome, code, message."""


class News(msgspec.Struct, frozen=True):
    """What people may be told: a run with its results, and the names of the guards that hold any of it.

    `leaving` has all whose grace has begun; when leavers are told of it has those whose grace began since, and `ending`
    those whose grace ends within a day. `faces` is the pass of faces that it is about instead of a run; `lasts` says
    whether a failure may be there the next time too. `plan` is what was carried out or is held. `audit` has what people
    decided, in news that are of nothing else.
    """

    run: RunRecord
    results: Results = ()
    guards: frozenset[str] = frozenset()
    faces: FacesRecord | None = None
    lasts: bool = True
    plan: Plan | None = None
    leaving: tuple[Leaver, ...] = ()
    ending: tuple[Leaver, ...] = ()
    audit: tuple[AuditRecord, ...] = ()

    @property
    def has_done(self) -> bool:
        """Tell whether anything was done."""
        return any(self.run.counts.get(one) for one in DID)


class Notifier(Protocol):
    """How people are told."""

    def tell(self, event: Event, news: News) -> None:
        """Hand it over; raises `NotDelivered`."""


class Told(msgspec.Struct, frozen=True):
    """What lasts (`held`, `failed` or nothing), by which guards, and when people were last told, in epoch seconds."""

    lasting: str = ""
    guards: tuple[str, ...] = ()
    at: float = 0.0


def due(before: Told, news: News, now: float) -> tuple[Event | None, Told]:
    """Give what is to be told, if anything, and what is known once it is told.

    An interrupted run tells nothing: the next one goes on. A hold by other guards than before is news, and so is each
    failure that does not last, of whose end there is nothing to tell.
    """
    outcome = news.run.outcome
    if outcome == "done":
        return (Event.RECOVERED if before.lasting else Event.DONE if news.has_done else None), Told()
    lasting = Event.HELD if outcome in ("held", "unproven") else Event.FAILED if outcome in FAILED else None
    if lasting is None:
        return None, before
    if not news.lasts:
        return lasting, Told()
    known = Told(lasting, tuple(sorted(news.guards or {outcome})) if lasting is Event.HELD else (), now)
    is_news = (before.lasting, before.guards) != (known.lasting, known.guards)
    return (lasting, known) if is_news or now - before.at >= DAY else (None, before)


class ToldLeavers(msgspec.Struct, frozen=True):
    """The platform ids of those in grace of whom people were told: that it began, and that it ends soon."""

    begun: tuple[str, ...] = ()
    ending: tuple[str, ...] = ()


def due_leavers(before: ToldLeavers, leaving: Sequence[Leaver], now: float) -> tuple[News, ToldLeavers]:
    """Return whom people are to be told of, in an otherwise empty piece of news, and what is known once they are.

    Who is in grace no more is forgotten, so that another grace is told of again.
    """
    soon = moment(now + DAY)
    ending = tuple(leaver for leaver in leaving if leaver.next is not None and leaver.next.at <= soon)
    known = ToldLeavers(_ids(leaving), _ids(ending))
    told_begun, told_ending = frozenset(before.begun), frozenset(before.ending)
    news = News(
        RunRecord("", now),
        leaving=tuple(leaver for leaver in leaving if leaver.platform_id not in told_begun),
        ending=tuple(leaver for leaver in ending if leaver.platform_id not in told_ending),
    )
    return news, known


def _ids(leavers: Iterable[Leaver]) -> tuple[str, ...]:
    return tuple(sorted(leaver.platform_id for leaver in leavers))


class Notification:
    """Tells people of the runs and the passes of faces of one store."""

    def __init__(self, store: Store, notifier: Notifier, events: Collection[str], clock: Callable[[], float]) -> None:
        self._store, self._notifier, self._events, self._clock = store, notifier, frozenset(events), clock
        self._decisions = Outlet(store, AUDIT_NOTIFIED, self._tell_of_decisions)

    def without_run(self, message: str) -> None:
        """Tell that no run came about, and why; the same run form says so, without a name. Raises as `after` does."""
        now = self._clock()
        nothing = RunRecord("", now, finished_at=now, outcome="failed", exit=1)
        self.after(News(nothing, ({"id": "", "outcome": "failed", "code": "", "message": message},)))

    def of_decisions(self) -> None:
        """Tell of what people decided since the last time, if that is wanted.

        Raises `NotDelivered`, after which the next time tells of it, and `StoreError`.
        """
        if Event.AUDIT in self._events:
            self._decisions.flow()

    def _tell_of_decisions(self, records: tuple[AuditRecord, ...]) -> None:
        self._notifier.tell(Event.AUDIT, News(RunRecord("", self._clock()), audit=records))

    def after(self, news: News) -> None:
        """Tell of it if it is due.

        Raises `NotDelivered`, after which the next run tells of it, and `StoreError`.
        """
        fact = NOTIFIED_OF_FACES if news.faces else NOTIFIED
        with self._store.reading() as work:
            before = msgspec.json.decode(work.facts.all().get(fact, "{}"), type=Told)
        event, known = due(before, news, self._clock())
        if event is not None and event in self._events:
            self._notifier.tell(event, msgspec.structs.replace(news, leaving=()))
        if known != before:
            self._remember(fact, known)
        if news.faces is None and news.run.run and Event.LEAVING in self._events:
            self._tell_of_leavers(news)

    def _tell_of_leavers(self, news: News) -> None:
        with self._store.reading() as work:
            before = msgspec.json.decode(work.facts.all().get(NOTIFIED_OF_LEAVERS, "{}"), type=ToldLeavers)
        due_news, known = due_leavers(before, news.leaving, self._clock())
        if due_news.leaving or due_news.ending:
            told = msgspec.structs.replace(news, leaving=due_news.leaving, ending=due_news.ending)
            self._notifier.tell(Event.LEAVING, told)
        if known != before:
            self._remember(NOTIFIED_OF_LEAVERS, known)

    def _remember(self, fact: str, known: Told | ToldLeavers) -> None:
        with self._store.unit_of_work() as work:
            work.facts.put({fact: msgspec.json.encode(known).decode()})
            work.commit()
