"""Events of a sandbox's administrator, of every type, bring the shadow to what the real client's lists show."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncd.app.ingest import Ingest, Ingestion, ingest_pending
from syncd.app.records import EventState, Received
from syncd.app.refreshing import refresh
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Mirror
from syncd.platform import Client
from syncd.sandbox.api import Sandbox
from syncd.shadow.store import Store, open_store
from syncd.testing.postbox import Postbox, receive
from tests.kit.platforms import Platform

HOUR = 3_600_000
BEGIN = int(time.time() * 1000) + 24 * HOUR


class Scene:
    """A sandbox, a client of it, an empty store, and what the sandbox posts."""

    def __init__(self, sandbox: Sandbox, client: Client, store: Store) -> None:
        self.company, self.client, self.store = sandbox.company, client, store
        self.now = time.time()
        self.box = Postbox(self.company, self._later)

    def _later(self) -> float:
        """Return the time of a change, which is a second after the last one."""
        self.now += 1
        return self.now

    async def tell(self, *events: Received) -> Ingestion:
        """Receive events, ingest them, and return what became of them."""
        receive(self.store, events)
        return await ingest_pending(Ingest(self.client, self.store, lambda: self.now, 3600.0))

    async def shown(self) -> Mirror:
        """Return what the platform's lists show."""
        users, departments, rooms = await asyncio.gather(
            self.client.users(), self.client.departments(), self.client.rooms()
        )
        meetings = tuple(KnownMeeting.of(one) for one in await self.client.meetings())
        return Mirror(users, departments, rooms, meetings)

    async def is_equal(self) -> bool:
        """Whether the shadow is what the platform shows."""
        shown = await self.shown()
        with self.store.reading() as work:
            found = work.shadow.mirror()
        return all(
            sorted(getattr(shown, name), key=_id) == sorted(getattr(found, name), key=_id)
            for name in ("users", "departments", "rooms", "meetings")
        )

    def history(self) -> None:
        """Make, change and remove one of everything as an administrator would, and leave one of each."""
        company = self.company
        for one in ("A", "B"):
            company.add_department({"id": f"D{one}", "name": f"部门 {one}"})
            company.add_user({"id": f"U{one}", "name": "王芳", "account": one, "phone": one, "departmentId": "DA"})
            company.add_room({"id": f"R{one}", "name": one, "departmentId": "DA", "capacity": 12, "userIds": ["UA"]})
            company.book_meeting(_booking(f"M{one}", f"R{one}"))
        company.update_department({"id": "DB", "name": "B", "parentId": "DA"})
        company.update_user({"id": "UA", "phone": "", "departmentId": "DB"})
        company.update_room({"id": "RA", "name": "大会议室", "capacity": 20})
        company.update_meeting({"id": "MA", "beginTime": BEGIN + HOUR, "endTime": BEGIN + 2 * HOUR})
        company.cancel_meeting({"meetingId": "MB"})
        company.remove_room({"roomId": "RB"})
        company.remove_user({"userId": "UB"})


def _id(one: object) -> str:
    return str(getattr(one, "id", ""))


def _booking(meeting: str, room: str) -> dict[str, object]:
    people = [{"userId": "UA"}, {"userId": "", "name": "客人"}]
    usual = {"speaker": "张三", "subject": "周会", "createdId": "UA", "attendances": people}
    return {**usual, "id": meeting, "roomId": room, "beginTime": BEGIN, "endTime": BEGIN + HOUR}


@pytest.fixture
async def scene(platform: Platform, tmp_path: Path) -> AsyncIterator[Scene]:
    """Yield a scene in which one event was ingested, and the lists were read."""
    sandbox = Sandbox()
    async with platform.client(sandbox) as client:
        store = open_store(f"sqlite:///{tmp_path / 'syncd.db'}")
        scene = Scene(sandbox, client, store)
        refresh(store, await scene.shown(), scene.now, ())
        scene.company.add_user({"id": "U0", "name": "first", "account": "first"})
        await scene.tell(*scene.box.taken())
        yield scene
        store.close()


async def test_every_type_arrives_one_by_one(scene: Scene) -> None:
    """After events of every type, one by one, the shadow is what the lists show and no event was postponed."""
    scene.history()
    events = scene.box.taken()
    for event in events:
        assert (await scene.tell(event)).postponed == 0
    assert {one.type for one in events} == {
        *(f"{kind}_{what}" for kind in ("user", "dept", "room") for what in ("add", "update", "remove")),
        *(f"book_{what}" for what in ("success", "update", "cancel")),
    } - {"dept_remove"}
    assert await scene.is_equal()


async def test_all_at_once_is_the_same(scene: Scene) -> None:
    """After all events at once each of them is done, and the shadow is what the lists show."""
    scene.history()
    done = await scene.tell(*scene.box.taken())
    assert set(done.states) == {EventState.DONE}
    assert await scene.is_equal()


@pytest.mark.parametrize("seed", range(5))
async def test_in_any_order_one_by_one_is_the_same(scene: Scene, seed: int) -> None:
    """After events in any order, one by one, the shadow is what the lists show and no event was postponed."""
    scene.history()
    events = scene.box.taken()
    random.Random(seed).shuffle(events)  # noqa: S311 - the same order for the same seed
    for event in events:
        assert (await scene.tell(event)).postponed == 0
    assert await scene.is_equal()
