"""How often old events may make the platform be asked: whoever holds recorded callbacks must not decide that."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

import msgspec

from syncd.app.looking_up import Subject, cost
from syncd.app.store_ports import Store
from syncd.model.events import Topic

FACT = "events.looks"
MOST = 1000
"""Calls in an hour, a list counted as the calls that it saves: more than any platform's wrong clock makes necessary."""
HOUR = 3600.0


class Old(StrEnum):
    """Why an event that somebody may only have recorded is old; each kind has a budget of its own.

    Only the platform can seal a known message with a new time stamp. Whoever sends recorded ones, which are stale, so
    keeps nobody from a change that is made a second time.
    """

    STALE = "stale"
    REPEATED = "repeated"


Subjects = Mapping[Old, Collection[Subject]]


class _Spent(msgspec.Struct, frozen=True):
    """What one kind of events has cost since `since`, in seconds since the epoch, and what was passed over for it."""

    since: float = 0.0
    calls: int = 0
    passed_over: int = 0


def chosen(store: Store, wanted: Mapping[Old, Iterable[Subject]], now: float) -> dict[Old, frozenset[Subject]]:
    """Return which of these objects may be looked at now."""
    before = _spent(store, now)
    return {why: _affordable(subjects, MOST - before[why].calls) for why, subjects in wanted.items()}


def _affordable(wanted: Iterable[Subject], left: int) -> frozenset[Subject]:
    """Return all objects of a topic, or as many as calls are left; a part of a list costs as much as the list."""
    by_topic: dict[Topic, list[Subject]] = {}
    for subject in sorted(wanted):
        by_topic.setdefault(subject[0], []).append(subject)
    found: set[Subject] = set()
    for topic, subjects in by_topic.items():
        taken = subjects if cost(topic, len(subjects)) <= left else subjects[:left]
        if taken and cost(topic, len(taken)) <= left:
            found.update(taken)
            left -= cost(topic, len(taken))
    return frozenset(found)


def spend(store: Store, looked: Subjects, passed_over: Subjects, now: float) -> bool:
    """Note what was looked at and what was not; tell whether there is a first of its kind in an hour that was not."""
    before = _spent(store, now)
    after = {
        why: _Spent(
            spent.since, spent.calls + _price(looked.get(why, ())), spent.passed_over + len(passed_over.get(why, ()))
        )
        for why, spent in before.items()
    }
    if after != before:
        with store.unit_of_work() as work:
            work.facts.put({FACT: msgspec.json.encode(after).decode()})
            work.commit()
    return any(after[why].passed_over and not before[why].passed_over for why in Old)


def _price(looked: Iterable[Subject]) -> int:
    counts = Counter(topic for topic, _ in looked)
    return sum(cost(topic, count) for topic, count in counts.items())


def _spent(store: Store, now: float) -> dict[Old, _Spent]:
    """Return what was spent in this hour; a clock that was set back begins another one."""
    with store.reading() as work:
        facts = work.facts.all()
    found = msgspec.json.decode(facts.get(FACT, "{}"), type=dict[Old, _Spent])
    return {why: found[why] if why in found and 0 <= now - found[why].since < HOUR else _Spent(now) for why in Old}
