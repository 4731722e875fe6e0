"""Several ingest from one store, beside a run that writes, and do not disturb each other, on both databases."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from syncd.app.ingest import Ingest, Ingestion, ingest_pending
from syncd.app.records import EventState, Ingested
from syncd.model.events import Topic
from syncd.model.objects import PlatformUser, User
from syncd.plan.ingesting import Known
from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store
from syncd.testing.platform import FakePlatform
from syncd.testing.postbox import posted, receive

PEOPLE = [f"U{number}" for number in range(20)]


@pytest.fixture
def stores(store_url: str) -> Iterator[list[Store]]:
    """Yield one store, opened three times as by three processes."""
    upgrade(store_url)
    opened = [open_store(store_url) for _ in range(3)]
    yield opened
    for one in opened:
        one.close()


def ports(store: Store, platform: FakePlatform, now: float = 2000.0) -> Ingest:
    """Return what ingest works with."""
    return Ingest(platform, store, lambda: now, 3600.0)


def user(platform_id: str, name: str) -> dict[str, str]:
    """Return a user as an event has it."""
    return {"id": platform_id, "name": name, "account": platform_id}


def shown(name: str, platform_id: str = "U1") -> PlatformUser:
    """Return a user as the platform shows it."""
    return PlatformUser(platform_id, User(platform_id, name, "", "", "", "", ""))


def prepare(store: Store) -> None:
    """Store and ingest an event, so that whatever comes next is taken at its word."""
    receive(store, [posted("check_url", None, 1000.0)])
    asyncio.run(ingest_pending(ports(store, FakePlatform(), 1000.0)))


def names(store: Store) -> set[str]:
    """Return the names in the shadow."""
    with store.reading() as work:
        return {one.fields.name for one in work.shadow.mirror().users}


def test_two_that_ingest_settle_each_event_once(stores: list[Store]) -> None:
    """Two that ingest at once settle each event once."""
    first, second, reader = stores
    prepare(reader)
    platform = FakePlatform()

    async def both() -> list[Ingestion]:
        rounds = [ingest_pending(ports(store, platform), 7) for _ in range(5) for store in (first, second)]
        return await asyncio.gather(*rounds)

    for turn in range(3):
        start = 1100.0 + 300 * turn
        receive(
            reader,
            [posted("user_add", [user(f"{one}.{turn}", "n")], start + place) for place, one in enumerate(PEOPLE)],
        )
        done = asyncio.run(both())
        assert sum(sum(one.states.values()) for one in done) == len(PEOPLE)
    with reader.reading() as work:
        assert work.inbox.counts() == {EventState.DONE: 3 * len(PEOPLE) + 1}
        assert len(work.shadow.mirror().users) == 3 * len(PEOPLE)


def test_ingest_and_a_run_write_the_same_rows_in_peace(stores: list[Store]) -> None:
    """Ingest and a run write the same rows at the same time, and neither makes the other fail."""
    ingesting, running, reader = stores
    prepare(reader)
    faults: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(40):
                people = [Known(shown(f"written {number}", one), 1500.0, "write") for one in reversed(PEOPLE)]
                with running.unit_of_work() as work:
                    work.shadow.put(people)
                    work.shadow.put(people[::-1])
                    work.commit()
        except BaseException as fault:
            faults.append(fault)
            raise

    thread = threading.Thread(target=write)
    thread.start()
    for number in range(20):
        everybody = [user(one, f"told {number}") for one in PEOPLE]
        receive(reader, [posted("user_add", everybody, 1600.0 + number)])
        done = asyncio.run(ingest_pending(ports(ingesting, FakePlatform())))
        assert done.postponed == 0
    thread.join()
    assert faults == []


def test_an_event_of_thousands_is_one_transaction(stores: list[Store]) -> None:
    """An event of five thousand users is ingested whole."""
    store = stores[0]
    prepare(store)
    everybody = [user(f"V{number}", f"Name {number}") for number in range(5000)]
    receive(store, [posted("user_add", everybody, 1600.0)])
    assert asyncio.run(ingest_pending(ports(store, FakePlatform()))).states == {EventState.DONE: 1}
    assert len(names(store)) == 5000


def test_what_another_has_settled_meanwhile_is_left(stores: list[Store]) -> None:
    """An event that another has settled meanwhile has no second effect."""
    first, second, reader = stores
    prepare(reader)
    receive(reader, [posted("user_update", [user("U1", "old")], 1600.0)])

    class Slow(FakePlatform):
        """A platform that takes so long to answer that another one ingests meanwhile."""

        async def user(self, user_id: str) -> PlatformUser | None:
            with second.unit_of_work() as work:
                pending = work.inbox.pending(9)
                work.shadow.learn(Topic.USER, {user_id: Known(shown("new"), 1700.0, "event")})
                work.commit()
            with second.unit_of_work() as work:
                work.inbox.settle([Ingested(one.id, EventState.DONE) for one in pending])
                work.commit()
            return shown("old")

    done = asyncio.run(ingest_pending(ports(first, Slow())))
    assert (done.states, done.postponed) == ({}, 0)
    assert names(reader) == {"new"}
