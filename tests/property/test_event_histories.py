"""The shadow is never older than the events that came, in any order, and right after one refresh."""

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.app.ingest import Ingest, ingest_pending
from syncd.app.records import EventState, Received
from syncd.app.refreshing import Subject
from syncd.app.store_ports import Store
from syncd.model.events import Shown
from syncd.sandbox.company import Company, Rejected
from syncd.testing.passes import Passes
from syncd.testing.postbox import Postbox, receive
from syncd.wire.events import read_event
from tests.kit.empty_stores import put_empty_store

WINDOW = 50
Edit = Callable[[random.Random, Company], object]


def _add_user(chance: random.Random, company: Company) -> object:
    number = chance.randrange(12)
    return company.add_user({"id": f"U{number}", "name": "n", "account": f"a{number}", "phone": chance.choice("12345")})


def _update_user(chance: random.Random, company: Company) -> object:
    fields = {"name": chance.choice("xyz"), "phone": chance.choice(["", "1", "2", "3"])}
    return company.update_user({"id": f"U{chance.randrange(12)}", **fields})


def _remove_user(chance: random.Random, company: Company) -> object:
    return company.remove_user({"userId": f"U{chance.randrange(12)}"})


def _add_department(chance: random.Random, company: Company) -> object:
    return company.add_department({"id": f"D{chance.randrange(6)}", "name": chance.choice("xyz")})


def _move_department(chance: random.Random, company: Company) -> object:
    one, other = chance.sample(range(6), 2)
    return company.update_department({"id": f"D{one}", "parentId": chance.choice(["", f"D{other}"])})


def _remove_department(chance: random.Random, company: Company) -> object:
    return company.remove_department({"deptId": f"D{chance.randrange(6)}"})


EDITS: tuple[Edit, ...] = (
    _add_user,
    _add_user,
    _update_user,
    _update_user,
    _remove_user,
    _add_department,
    _move_department,
    _remove_department,
)


class History:
    """A platform that lives through edits, and posts badly."""

    def __init__(self, folder: Path, seed: int) -> None:
        put_empty_store(folder)
        self.passes = Passes(folder)
        self.chance = random.Random(seed)  # noqa: S311 - the same history for the same seed
        self.company = self.passes.platform.company
        self.box = Postbox(self.company, lambda: self.passes.now)
        self.states: dict[Subject, list[tuple[float, Shown | None]]] = {}

    def live(self, edits: int) -> None:
        """Let so many edits happen, some at the same moment."""
        for _ in range(edits):
            self.passes.now += self.chance.choice([0.0, 0.001, 1.0])
            try:
                self.chance.choice(EDITS)(self.chance, self.company)
            except Rejected:
                continue

    def delivered(self, lost: float) -> list[Received]:
        """Give what arrives: shuffled within windows, some twice, some lost."""
        posted = self.box.taken()
        for event in posted:
            for subject, shown in told(event):
                self.states.setdefault(subject, []).append((event.time_stamp, shown))
        sent = [one for one in posted if self.chance.random() >= lost]
        sent += [one for one in sent if self.chance.random() < 0.05]
        sent.sort(key=lambda one: one.time_stamp)
        places = {place: place + self.chance.randrange(WINDOW) for place in range(len(sent))}
        return [sent[place] for place in sorted(places, key=places.__getitem__)]

    async def ingest(self, events: list[Received]) -> None:
        """Ingest events as they come, few or many at a time."""
        passes = self.passes
        ports = Ingest(passes.platform, passes.store, lambda: passes.now, 3600.0)
        while events:
            size = self.chance.choice([1, 3, 20])
            part, events = events[:size], events[size:]
            receive(passes.store, part)
            await ingest_pending(ports, self.chance.choice([2, 500]))


def told(event: Received) -> Iterator[tuple[Subject, Shown | None]]:
    """Give what an event says of each object."""
    found = read_event(event.body)
    assert found.topic is not None
    for object_id, shown in found.objects:
        yield (found.topic, object_id), shown


def assert_not_older(history: History, events: list[Received]) -> None:
    """Let the shadow hold of each object what the last event in time says, or what it became afterwards."""
    last = {
        subject: max(event.time_stamp for event in events if subject in dict(told(event)))
        for subject in subjects(events)
    }
    with history.passes.store.reading() as work:
        for (topic, object_id), stamp in last.items():
            known = work.shadow.known(topic, [object_id]).get(object_id)
            later = [shown for at, shown in history.states[topic, object_id] if at >= stamp]
            assert (known.shown if known else None) in later


def subjects(events: list[Received]) -> set[Subject]:
    """Give all that events are about."""
    return {subject for event in events for subject, _ in told(event)}


def shadow(store: Store) -> tuple[dict[str, object], dict[str, object]]:
    """Give what the shadow holds."""
    with store.reading() as work:
        mirror = work.shadow.mirror()
    return {one.id: one for one in mirror.users}, {one.id: one for one in mirror.departments}


async def held(passes: Passes) -> tuple[dict[str, object], dict[str, object]]:
    """Give what the platform holds."""
    users, departments = await passes.platform.users(), await passes.platform.departments()
    return {one.id: one for one in users}, {one.id: one for one in departments}


async def lived(folder: Path, seed: int, lost: float) -> None:
    """Live a while, and compare."""
    history = History(folder, seed)
    passes = history.passes
    try:
        await passes.plan()
        for _ in range(2):
            history.live(60)
            events = history.delivered(lost)
            await history.ingest(events)
            assert_not_older(history, events)
            if not lost:
                assert shadow(passes.store) == await held(passes)
            if history.chance.random() < 0.5:
                passes.now += 1
                await passes.plan()
        passes.now += 1
        await passes.plan()
        assert shadow(passes.store) == await held(passes)
        with passes.store.reading() as work:
            assert set(work.inbox.counts()) <= {EventState.DONE, EventState.REPEATED}
    finally:
        passes.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), lost=st.sampled_from([0.0, 0.02, 0.3]))
def test_whatever_becomes_of_events_the_shadow_is_right_after_one_refresh(seed: int, lost: float) -> None:
    """However events are mixed, repeated or lost, the shadow is right after a refresh, and before if none is lost."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(lived(Path(folder), seed, lost))
