"""A whole refresh of the shadow, and the changes that it shows and that no event had told."""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.app.records import EventState, Refreshed
from syncd.app.store_ports import Store
from syncd.model.events import Topic
from syncd.model.links import Link
from syncd.model.objects import Mirror
from syncd.plan.ingesting import Mark
from syncd.plan.normal_ids import normal_id
from syncd.wire.events import EventBroken, read_event

NEWEST = "events.newest"
REFRESHED_AT = "events.refreshed_at"
MISSED = "events.missed"
MOST_PENDING = 1000
MOST_REMEMBERED = 1000
GRACE = 60.0  # seconds in which an event may still come that tells what a refresh has just shown
Subject = tuple[Topic, str]


class Missed(msgspec.Struct, frozen=True):
    """Changes that no event told: ever, and at the last refresh that showed any difference of this sort or none.

    `at` is when its lists were asked for, in seconds since the epoch; `objects` has the first of them.
    """

    total: int = 0
    last: int = 0
    at: float = 0.0
    objects: tuple[Subject, ...] = ()

    def without(self, told: Iterable[Subject], now: float) -> "Missed":
        """Give the count without what an event has told after all, a moment later."""
        late = set(self.objects).intersection(told) if now - self.at <= GRACE else ()
        left = tuple(one for one in self.objects if one not in late)
        return Missed(self.total - len(late), self.last - len(late), self.at, left) if late else self


def mark_of(facts: Mapping[str, str]) -> Mark:
    """Give how far the shadow has come."""
    newest, refreshed_at = facts.get(NEWEST), facts.get(REFRESHED_AT)
    return Mark(float(newest) if newest else None, float(refreshed_at) if refreshed_at else None)


def missed_of(facts: Mapping[str, str]) -> Missed:
    """Give what events did not tell."""
    return msgspec.json.decode(facts.get(MISSED, "{}"), type=Missed)


def missed_fact(missed: Missed) -> dict[str, str]:
    """Give that as a fact."""
    return {MISSED: msgspec.json.encode(missed).decode()}


def refresh(store: Store, mirror: Mirror, as_of: float, links: Iterable[Link]) -> Mirror:
    """Let the shadow hold what lists show that were asked for at `as_of`; give what it holds then.

    Once there has been an event, what changed and none has told is counted (DESIGN 6, events). Raises `StoreError`.
    """
    # Most refreshes change nothing, and to compare a large company takes longer than events should wait to be stored.
    with store.reading() as work:
        same, facts = work.shadow.same(mirror, as_of), work.facts.all()
    changed: frozenset[Subject] = frozenset()
    if same is None or _is_later(facts, as_of):
        with store.unit_of_work() as work:
            refreshed = work.shadow.replace(mirror, as_of) if same is None else Refreshed(same, changed)
            same, changed, facts = refreshed.mirror, refreshed.changed, work.facts.all()
            if _is_later(facts, as_of):
                work.facts.put({REFRESHED_AT: repr(as_of)})
            work.commit()
    if NEWEST in facts:
        _count(store, missed_of(facts), as_of, changed - _own(links))
    return same


def _is_later(facts: Mapping[str, str], as_of: float) -> bool:
    """Tell whether this is the latest refresh since there have been events."""
    return NEWEST in facts and as_of > (mark_of(facts).refreshed_at or 0.0)


def _count(store: Store, before: Missed, as_of: float, changed: Iterable[Subject]) -> None:
    """Count what no event has told, not even one that is not ingested yet."""
    unexpected = sorted(one for one in changed if one[0] is not Topic.MEETING)
    told = _pending(store) if unexpected else frozenset()
    untold = [] if told is None else [one for one in unexpected if one not in told]
    if not untold and not before.last:
        return
    after = Missed(before.total + len(untold), len(untold), as_of, tuple(untold[:MOST_REMEMBERED]))
    with store.unit_of_work() as work:
        work.facts.put(missed_fact(after))
        work.commit()


def _pending(store: Store) -> frozenset[Subject] | None:
    """Give what events tell of that are not ingested yet; nothing is known where those are too many."""
    with store.reading() as work:
        if work.inbox.counts().get(EventState.PENDING, 0) > MOST_PENDING:
            return None
        events = work.inbox.pending(MOST_PENDING)
    found: set[Subject] = set()
    for one in events:
        try:
            told = read_event(one.body)
        except EventBroken:
            continue
        found |= {(told.topic, normal_id(object_id)) for object_id, _ in told.objects if told.topic is not None}
    return frozenset(found)


def _own(links: Iterable[Link]) -> frozenset[Subject]:
    """Give the objects that we wrote to and no read has shown since: the platform may have its own forms of it."""
    return frozenset((Topic(link.kind), link.platform_id) for link in links if link.unseen)
