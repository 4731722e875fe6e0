"""Whole refreshes, and the changes that no event had told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.app.check import events_finding
from syncd.app.ingest import Ingest, ingest_pending
from syncd.app.records import Received
from syncd.app.refreshing import Missed, missed_of
from syncd.model.events import Topic
from syncd.model.rooms import PlatformRoom, Room
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.postbox import Postbox, posted, receive

ANNA = Person("anna", "安娜", "13800000001", "", "", "d")
COMPANY = Company({"d": Unit("财务部")}, {"a": ANNA})


class Scene:
    """An installation that has had an event, and a platform whose events may be lost."""

    def __init__(self, folder: Path) -> None:
        self.passes = Passes(folder)
        self.passes.sources[0].employ(COMPANY)
        self.runner = asyncio.Runner()
        self.runner.run(self.passes.approved())
        self.company = self.passes.platform.company
        self.box = Postbox(self.company, lambda: self.passes.now)
        self.anna = next(key for key, one in self.company.state.users.items() if one["account"] == "anna")

    def edit(self, **fields: str) -> list[Received]:
        """Let an administrator change Anna, ten seconds later; give the events."""
        self.passes.now += 10
        self.company.update_user({"id": self.anna, **fields})
        return self.box.taken()

    def tell(self, *events: Received) -> None:
        """Receive events and ingest them."""
        receive(self.passes.store, events)
        passes = self.passes
        self.runner.run(ingest_pending(Ingest(passes.platform, passes.store, lambda: passes.now, 3600.0)))

    def refresh(self, later: float = 10.0) -> Missed:
        """Refresh the shadow; give what was missed."""
        self.passes.now += later
        self.runner.run(self.passes.plan())
        return self.missed

    @property
    def missed(self) -> Missed:
        """Give what was missed."""
        with self.passes.store.reading() as work:
            return missed_of(work.facts.all())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Give an installation that has had one event."""
    found = Scene(tmp_path)
    found.tell(posted("room_remove", ["R"], found.passes.now))
    yield found
    found.passes.close()
    found.runner.close()


def test_where_there_never_was_an_event_nothing_is_missed(tmp_path: Path) -> None:
    """No callback has been set up yet, and no fact of it is stored (I10)."""
    scene = Scene(tmp_path)
    with scene.passes.store.reading() as work:
        before = work.facts.all()
    scene.edit(phone="139")
    assert scene.refresh() == Missed()
    assert events_finding(scene.passes.store, scene.passes.now) is None
    with scene.passes.store.reading() as work:
        assert work.facts.all() == before
    scene.passes.close()
    scene.runner.close()


def test_a_change_that_no_event_told_is_counted(scene: Scene) -> None:
    """Ever, and at the last refresh."""
    scene.edit(phone="139")
    scene.company.add_department({"id": "X", "name": "X"})
    missed = scene.refresh()
    assert (missed.total, missed.last) == (2, 2)
    assert missed.objects == ((Topic.DEPARTMENT, "X"), (Topic.USER, scene.anna))
    assert scene.refresh() == Missed(2, 0, scene.passes.now)


def test_a_change_that_an_event_told_is_not(scene: Scene) -> None:
    """Ingested or still pending."""
    scene.tell(*scene.edit(phone="139"))
    assert scene.refresh().total == 0
    receive(scene.passes.store, scene.edit(phone="137"))
    assert scene.refresh().total == 0


def test_an_event_may_come_a_moment_after_the_list(scene: Scene) -> None:
    """It was late and not missed; much later it is another one."""
    late = scene.edit(phone="139")
    assert scene.refresh().total == 1
    scene.tell(*late)
    assert (scene.missed.total, scene.missed.last) == (0, 0)
    late = scene.edit(phone="137")
    scene.refresh()
    scene.passes.now += 120
    scene.tell(*late)
    assert scene.missed.total == 1


def test_our_own_writes_are_not_missed(scene: Scene) -> None:
    """Nor what the platform made of them."""
    came = Person("cleo", " Cleo ", "3", "", "", "d")
    scene.passes.sources[0].employ(Company(COMPANY.units, {**COMPANY.people, "c": came}))
    scene.runner.run(scene.passes.approved())
    assert scene.refresh().total == 0


def test_check_tells_a_callback_that_does_not_work(scene: Scene) -> None:
    """By what was missed at the last refresh, and by events that nobody ingests; without events it says nothing."""

    def found() -> tuple[bool, str]:
        finding = events_finding(scene.passes.store, scene.passes.now)
        assert finding is not None
        return finding.ok, finding.message

    assert found() == (True, "1 in the inbox, 0 wait")
    scene.edit(phone="139")
    scene.refresh()
    is_ok, message = found()
    assert not is_ok
    assert "1 changes at the last refresh were told by none" in message
    scene.refresh()
    assert found()[0]
    receive(scene.passes.store, scene.edit(phone="137"))
    scene.passes.now += 600
    assert found() == (
        False,
        "2 in the inbox, 1 wait; the oldest waits for 600 s, so neither `syncd listen` nor `syncd serve` runs",
    )


def test_check_tells_clocks_that_differ(scene: Scene) -> None:
    """Every event is then stale, and costs a look."""
    stale = [posted("room_remove", [str(n)], scene.passes.now + 8 * 3600, scene.passes.now + n) for n in range(10)]
    scene.tell(*stale)
    finding = events_finding(scene.passes.store, scene.passes.now)
    assert finding is not None
    assert not finding.ok
    assert "the last 10 were stale, the latest by 28791 s: set the clocks right" in finding.message


def test_meetings_that_come_near_are_not_missed(scene: Scene) -> None:
    """The list of meetings changes by time alone; that of rooms does not."""
    scene.passes.platform.rooms_held = (PlatformRoom("R", Room("一")),)
    missed = scene.refresh()
    assert missed.objects == ((Topic.ROOM, "R"),)
