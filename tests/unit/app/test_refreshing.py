"""A refresh finds the changes that no event had told, and `check` tells of events that do not arrive."""

import asyncio

import pytest

from syncd.app.check import events_finding
from syncd.app.ingest import ingest_pending
from syncd.app.records import Received
from syncd.app.refreshing import Missed, missed_of
from syncd.model.events import Topic
from syncd.model.meetings import Meeting
from syncd.model.rooms import PlatformRoom, Room
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.postbox import Postbox, posted, receive
from tests.kit.passing import ingest_of, user_ids

ANNA = Person("anna", "安娜", "13800000001", "", "", "d")
COMPANY = Company({"d": Unit("财务部")}, {"a": ANNA})


class Scene:
    """An installation, and a platform whose events may be lost."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self.runner = passes, runner
        self.passes.sources[0].employ(COMPANY)
        self.runner.run(self.passes.approved())
        self.company = self.passes.platform.company
        self.box = Postbox(self.company, lambda: self.passes.now)
        self.anna = user_ids(passes)["anna"]

    def edit(self, **fields: str) -> list[Received]:
        """Change Anna as an administrator does, ten seconds later, and return the events."""
        self.passes.now += 10
        self.company.update_user({"id": self.anna, **fields})
        return self.box.taken()

    def tell(self, *events: Received) -> None:
        """Receive events and ingest them."""
        receive(self.passes.store, events)
        self.runner.run(ingest_pending(ingest_of(self.passes)))

    def refresh(self, later: float = 10.0) -> Missed:
        """Refresh the shadow, and return what was missed."""
        self.passes.now += later
        self.runner.run(self.passes.plan())
        return self.missed

    @property
    def missed(self) -> Missed:
        """Return what was missed."""
        with self.passes.store.reading() as work:
            return missed_of(work.facts.all())


@pytest.fixture
def silent(passes: Passes, runner: asyncio.Runner) -> Scene:
    """Return an installation that has never had an event."""
    return Scene(passes, runner)


@pytest.fixture
def scene(silent: Scene) -> Scene:
    """Return an installation that has had one event."""
    silent.tell(posted("room_remove", ["R"], silent.passes.now))
    return silent


def test_where_there_never_was_an_event_nothing_is_missed(silent: Scene) -> None:
    """Where there never was an event no change counts as missed, and no fact is stored (I10)."""
    with silent.passes.store.reading() as work:
        before = work.facts.all()
    silent.edit(phone="139")
    assert silent.refresh() == Missed()
    assert events_finding(silent.passes.store, silent.passes.now) is None
    with silent.passes.store.reading() as work:
        assert work.facts.all() == before


def test_a_change_that_no_event_told_is_counted(scene: Scene) -> None:
    """A change that no event told is counted with its object, in all and for the last refresh."""
    scene.edit(phone="139")
    scene.company.add_department({"id": "X", "name": "X"})
    missed = scene.refresh()
    assert (missed.total, missed.last) == (2, 2)
    assert missed.objects == ((Topic.DEPARTMENT, "X"), (Topic.USER, scene.anna))
    assert scene.refresh() == Missed(2, 0, scene.passes.now)


def test_a_change_that_an_event_told_is_not(scene: Scene) -> None:
    """A change that an event told is not missed, whether the event is ingested or pending."""
    scene.tell(*scene.edit(phone="139"))
    assert scene.refresh().total == 0
    receive(scene.passes.store, scene.edit(phone="137"))
    assert scene.refresh().total == 0


def test_an_event_may_come_a_moment_after_the_list(scene: Scene) -> None:
    """An event that comes a moment after the list was only late, and much later its change stays missed."""
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
    """What syncd wrote itself is not missed, in whatever form the platform keeps it."""
    came = Person("cleo", " Cleo ", "3", "", "", "d")
    scene.passes.sources[0].employ(Company(COMPANY.units, {**COMPANY.people, "c": came}))
    scene.runner.run(scene.passes.approved())
    assert scene.refresh().total == 0


def test_check_tells_a_callback_that_does_not_work(scene: Scene) -> None:
    """`check` finds a callback that missed a change at the last refresh, or whose events nobody ingests."""

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
    """`check` finds by the stale events that the clocks differ, and says by how much."""
    stale = [posted("room_remove", [str(n)], scene.passes.now + 8 * 3600, scene.passes.now + n) for n in range(10)]
    scene.tell(*stale)
    finding = events_finding(scene.passes.store, scene.passes.now)
    assert finding is not None
    assert not finding.ok
    assert "the last 10 were stale, the latest by 28791 s: set the clocks right" in finding.message


def test_meetings_that_come_near_are_not_missed(scene: Scene) -> None:
    """A room that no event told counts as missed, and a meeting that came near does not."""
    soon = int(scene.passes.now * 1000) + 60_000
    scene.passes.platform.rooms_held = (PlatformRoom("R", Room("一")),)
    scene.passes.platform.meetings_held = (Meeting("M", "R", "", "周会", soon, soon + 60_000),)
    missed = scene.refresh()
    assert missed.objects == ((Topic.ROOM, "R"),)
