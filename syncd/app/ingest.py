"""What the inbox holds becomes what the shadow holds, object by object in the order of time (DESIGN 6, events)."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack

import msgspec

from syncd.app import look_budget
from syncd.app.look_budget import Old
from syncd.app.looking_up import Looks, look_up
from syncd.app.ports import Platform
from syncd.app.records import EventState, InboxEvent, Ingested
from syncd.app.refreshing import NEWEST, REFRESHED_AT, Subject, mark_of, missed_fact, missed_of
from syncd.app.store_ports import Store, UnitOfWork
from syncd.errors import PlatformError, SyncdError
from syncd.model.events import Told, Topic
from syncd.model.links import Link
from syncd.plan.confining import Concerned
from syncd.plan.drift import differs
from syncd.plan.ingesting import Judgement, Known, Said, Verdict, judge
from syncd.plan.normal_ids import told_with_normal_ids
from syncd.wire.events import EventBroken, read_event

BATCH = 500
MOST_BYTES = 1024 * 1024  # of messages in one transaction: on SQLite the listener waits for its end
LONGEST_NAME = 64
NOTHING_SEEN = Looks({}, {})
CHANGES = frozenset({Verdict.CHANGE, Verdict.REMOVE})


class Ingest(msgspec.Struct, frozen=True):
    """What ingest works with; an event whose time stamp is further than `window` seconds from its receipt is stale."""

    platform: Platform
    store: Store
    clock: Callable[[], float]
    window: float


class Ingestion(msgspec.Struct, frozen=True):
    """What became of events: how many of each state, how many wait for the platform, and why.

    `drifted` has the linked objects that now differ from what was last written, `unknown` how many events there were of
    types that nobody knows. `passed_over` is how many objects were not looked at, for what old events may ask is used
    up; `is_first_over` says that none was before in that hour.
    """

    states: Mapping[EventState, int] = {}
    postponed: int = 0
    drifted: Concerned = frozenset()
    unknown: Mapping[str, int] = {}
    fault: PlatformError | None = None
    passed_over: int = 0
    is_first_over: bool = False

    def __add__(self, other: "Ingestion") -> "Ingestion":
        """Give both together."""
        return Ingestion(
            Counter(self.states) + Counter(other.states),
            self.postponed + other.postponed,
            self.drifted | other.drifted,
            Counter(self.unknown) + Counter(other.unknown),
            self.fault or other.fault,
            self.passed_over + other.passed_over,
            self.is_first_over or other.is_first_over,
        )


class Read(msgspec.Struct, frozen=True):
    """An event as it was read: what it tells, or why it makes no sense."""

    event: InboxEvent
    told: Told | None
    fault: str
    is_stale: bool
    is_repeated: bool

    def said(self) -> Iterator[tuple[Subject, Said]]:
        """Give what it says of each of its objects."""
        told, event = self.told, self.event
        if told is None or told.topic is None or told.deed is None:
            return
        for object_id, shown in told.objects:
            yield (
                (told.topic, object_id),
                Said(event.id, event.time_stamp, event.received_at, told.deed, shown, self.is_stale, self.is_repeated),
            )


async def ingest_pending(ports: Ingest, limit: int = BATCH) -> Ingestion:
    """Ingest all that is pending, so many events in a transaction; nothing where somebody else is at it.

    What needs a look at a platform that does not answer stays pending, and holds up nothing else. Raises `StoreError`.
    """
    if not await asyncio.to_thread(_is_any, ports.store):
        return Ingestion()
    done = Ingestion()
    with ExitStack() as stack:
        if not await asyncio.to_thread(stack.enter_context, ports.store.ingesting()):
            return done
        after = 0
        while batch := await asyncio.to_thread(_read, ports, after, limit):
            after = batch[-1].event.id
            clear, doubtful = await asyncio.to_thread(_settle_each, ports, batch, NOTHING_SEEN)
            done += clear
            if doubtful:
                looks, is_first = await _looked(ports, doubtful)
                looked, waiting = await asyncio.to_thread(_settle_each, ports, doubtful, looks)
                over = len(looks.passed_over)
                done += looked + Ingestion(
                    postponed=len(waiting), fault=looks.fault, passed_over=over, is_first_over=is_first
                )
    return done


async def _looked(ports: Ingest, doubtful: tuple[Read, ...]) -> tuple[Looks, bool]:
    """Look at what events are about; what only old ones want is looked at while it may be.

    Tells too whether it is the first of an hour that may not.
    """
    fresh = _subjects(one for one in doubtful if not one.is_stale and not one.is_repeated)
    repeated = _subjects(one for one in doubtful if not one.is_stale) - fresh
    wanted = {Old.REPEATED: repeated, Old.STALE: _subjects(doubtful) - fresh - repeated}
    if not any(wanted.values()):
        return await look_up(ports.platform, fresh, ports.clock), False
    chosen = await asyncio.to_thread(look_budget.chosen, ports.store, wanted, ports.clock())
    looks = await look_up(ports.platform, fresh.union(*chosen.values()), ports.clock)
    answered = looks.seen.keys() | looks.refused.keys()
    paid = {why: subjects & answered for why, subjects in chosen.items()}
    over = {why: wanted[why] - subjects for why, subjects in chosen.items()}
    is_first = await asyncio.to_thread(look_budget.spend, ports.store, paid, over, ports.clock())
    return msgspec.structs.replace(looks, passed_over=frozenset[Subject]().union(*over.values())), is_first


def _is_any(store: Store) -> bool:
    with store.reading() as work:
        return bool(work.inbox.oldest_pending())


def _read(ports: Ingest, after: int, limit: int) -> tuple[Read, ...]:
    with ports.store.reading() as work:
        events = work.inbox.pending(limit, after, MOST_BYTES)
        first = work.inbox.first_seen(one.digest for one in events)
    return tuple(_read_one(one, ports, is_repeated=first.get(one.digest, one.id) < one.id) for one in events)


def _read_one(event: InboxEvent, ports: Ingest, *, is_repeated: bool) -> Read:
    told, fault = None, ""
    try:
        told = told_with_normal_ids(read_event(event.body))
    except EventBroken as error:
        fault = str(error)
    return Read(event, told, fault, abs(event.received_at - event.time_stamp) > ports.window, is_repeated)


class _Standing(msgspec.Struct, frozen=True):
    """What the store holds of the objects of a batch."""

    known: Mapping[Subject, Known]
    links: Mapping[Subject, Link]
    facts: Mapping[str, str]


def _subjects(batch: Iterable[Read]) -> set[Subject]:
    return {subject for read in batch for subject, _ in read.said()}


def _settle_each(ports: Ingest, batch: tuple[Read, ...], looks: Looks) -> tuple[Ingestion, tuple[Read, ...]]:
    """Settle a batch; what nobody foresaw makes the one event dead that causes it, and the others are settled.

    Which one that is, is found by halves.
    """
    try:
        return _settle(ports, batch, looks)
    except SyncdError:
        raise
    except Exception as error:  # noqa: BLE001 - one event must not hold up those behind it, nor end a daemon (I11)
        if len(batch) == 1:
            unusable = msgspec.structs.replace(
                batch[0], told=None, fault=f"it cannot be taken in ({type(error).__name__})"
            )
            return _settle(ports, (unusable,), NOTHING_SEEN)
    half = len(batch) // 2
    first, waiting = _settle_each(ports, batch[:half], looks)
    second, waiting_too = _settle_each(ports, batch[half:], looks)
    return first + second, waiting + waiting_too


def _settle(ports: Ingest, batch: tuple[Read, ...], looks: Looks) -> tuple[Ingestion, tuple[Read, ...]]:
    """Write what events have changed, and what became of them, in one transaction; give those that want a look.

    What was looked at is judged anew, for a write of ours may have come between.
    """
    with ports.store.unit_of_work() as work:
        work.shadow.alone()
        if not work.inbox.are_pending(one.event.id for one in batch):
            return Ingestion(), ()
        standing = _standing(work, batch)
        found = _judged(batch, standing, looks)
        changed = {one: each.known for one, each in found.items() if each.known != standing.known.get(one)}
        for topic in Topic:
            work.shadow.learn(topic, {one[1]: known for one, known in changed.items() if one[0] is topic})
        outcomes = [(read, _outcome(read, found, looks)) for read in batch]
        ingested = [one for _, one in outcomes if one is not None]
        work.inbox.settle(ingested)
        work.facts.put(_facts(ports, batch, standing))
        work.commit()
    states = Counter(one.state for one in ingested)
    unknown = Counter(_name(read.told) for read in batch if read.told is not None and read.told.topic is None)
    waiting = tuple(read for read, one in outcomes if one is None)
    return Ingestion(states, drifted=_drifted(changed, standing.links), unknown=unknown), waiting


def _standing(work: UnitOfWork, batch: Iterable[Read]) -> _Standing:
    ids: dict[Topic, set[str]] = {}
    for topic, object_id in (subject for read in batch for subject, _ in read.said()):
        ids.setdefault(topic, set()).add(object_id)
    known: dict[Subject, Known] = {}
    links: dict[Subject, Link] = {}
    for topic, wanted in ids.items():
        known |= {(topic, one): row for one, row in work.shadow.known(topic, wanted).items()}
        if topic.kind is not None:
            links |= {(topic, one): link for one, link in work.links.of(topic.kind, wanted).items()}
    return _Standing(known, links, work.facts.all())


def _judged(batch: Iterable[Read], standing: _Standing, looks: Looks) -> dict[Subject, Judgement]:
    mark = mark_of(standing.facts)
    said: dict[Subject, list[Said]] = {}
    for subject, one in (pair for read in batch for pair in read.said()):
        said.setdefault(subject, []).append(one)
    return {
        subject: judge(
            all_said, standing.known.get(subject), looks.seen.get(subject), mark, is_linked=subject in standing.links
        )
        if subject not in looks.passed_over
        else Judgement({one.event: Verdict.NOTHING for one in all_said}, standing.known.get(subject))
        for subject, all_said in said.items()
    }


def _outcome(read: Read, judged: Mapping[Subject, Judgement], looks: Looks) -> Ingested | None:
    """Give what became of an event; nothing where it has to wait."""
    if read.told is None:
        return Ingested(read.event.id, EventState.DEAD, (), read.fault)
    subjects = list(dict.fromkeys(subject for subject, _ in read.said()))
    ids = tuple(one for _, one in subjects)
    refused = [looks.refused[one] for one in subjects if one in looks.refused]
    if refused:
        return Ingested(
            read.event.id, EventState.DEAD, ids, f"the platform does not show what it is about: {refused[0]}"
        )
    verdicts = [judged[one].verdicts[read.event.id] for one in subjects]
    if Verdict.LOOK in verdicts:
        return None
    changed = sum(one in CHANGES for one in verdicts)
    looked = sum(one in looks.seen for one in subjects)
    message = _message(read.told, len(ids), changed, looked)
    if over := sum(one in looks.passed_over for one in subjects):
        message += (
            f"; {over} {'was' if over == 1 else 'were'} not asked about, for {_state(read, [], 0)} events have cost "
            f"{look_budget.MOST} calls in this hour: the next refresh shows what they are about"
        )
    return Ingested(read.event.id, _state(read, verdicts, changed), ids, message)


def _state(read: Read, verdicts: list[Verdict], changed: int) -> EventState:
    if read.is_stale:
        return EventState.STALE
    if read.is_repeated and not changed:
        return EventState.REPEATED
    is_echo = bool(verdicts) and all(one is Verdict.ECHO for one in verdicts)
    return EventState.ECHO if is_echo else EventState.DONE


def _message(told: Told, count: int, changed: int, looked: int) -> str:
    if told.topic is None:
        return f"{_name(told)} is no type that syncd knows, so it changed nothing"
    if not count:
        return "it names no object"
    asked = f"; the platform was asked about {looked}" if looked else ""
    return f"{changed} of {count} changed the shadow{asked}"


def _name(told: Told) -> str:
    """Give an event's type as it may be shown: nobody bounds its length."""
    return told.type[:LONGEST_NAME]


def _facts(ports: Ingest, batch: Iterable[Read], standing: _Standing) -> dict[str, str]:
    """Give how far the shadow has come, and what was thought to be missed and was only late."""
    mark, now = mark_of(standing.facts), ports.clock()
    stamps = [one.event.time_stamp for one in batch if not one.is_stale]
    facts = {NEWEST: repr(max([*stamps, mark.newest or 0.0]))}
    if mark.refreshed_at is None:
        facts[REFRESHED_AT] = repr(now)
    before = missed_of(standing.facts)
    after = before.without((subject for read in batch for subject, _ in read.said()), now)
    return facts if after is before else facts | missed_fact(after)


def _drifted(changed: Mapping[Subject, Known | None], links: Mapping[Subject, Link]) -> Concerned:
    return frozenset(
        (link.kind, link.source, link.key)
        for subject, known in changed.items()
        if (link := links.get(subject)) is not None and differs(link, known.shown if known else None)
    )
