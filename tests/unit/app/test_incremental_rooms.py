"""Changed rooms are on the platform a look later, and nothing follows from the absence of a room."""

import asyncio

import pytest

from syncd.app.incremental import Followed, Incremental
from syncd.errors import Refused
from syncd.mapping.rules import RoomRules
from syncd.model.source import Changes, Entry
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import MemoryFeed, Passes
from tests.kit.failing_calls import each
from tests.kit.passing import map_rooms, put_rooms
from tests.kit.rows import row

RULES = RoomRules(name="title", department="dept", capacity="seats", users="allowed")
PEOPLE = {
    "p1": Person("zhang", "张", "", "", "", "d1"),
    "p2": Person("li", "李", "", "", "", "d1"),
    "p3": Person("wang", "王", "", "", "", "d1"),
}


def room(key: str = "r1", **values: str) -> Entry:
    """Return a room of the source."""
    return row(key, **{"title": "Peak", "dept": "d1", "seats": "12", "allowed": "p1;li"} | values)


class Scene:
    """An installation with two people and a room in place, whose directory tells of changes."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self.runner = passes, runner
        map_rooms(passes, RULES)
        self.feed = MemoryFeed()
        self.incremental = Incremental(self.passes.world(), (self.feed,))
        self.hold(("p1", "p2"), room())
        self.runner.run(self.passes.run())

    def hold(self, people: tuple[str, ...], *rooms: Entry) -> None:
        """Put these people and rooms into the source."""
        source = self.passes.sources[0]
        source.employ(Company({"d1": Unit("Sales", "")}, {key: PEOPLE[key] for key in people}))
        put_rooms(source, *rooms)

    def tell(self, *rooms: Entry, people: tuple[str, ...] = (), is_due: bool = False) -> Followed:
        """Report these rooms and people as changed, and look for changes a moment later."""
        users = tuple(one for one in self.passes.sources[0].snapshot.users if one.key in people)
        self.feed.next = Changes("ldap", users, (), is_due, rooms)
        self.passes.now += 10
        return self.runner.run(self.incremental.look(self.passes.stop, lambda _: None))

    def shown(self) -> dict[str, list[str]]:
        """Return the accounts that each room of the platform names."""
        accounts = {one["id"]: one["account"] for one in self.passes.platform.company.list_users()}
        return {
            one["name"]: sorted(accounts[each] for each in one["userIds"])
            for one in self.passes.platform.company.list_rooms()
        }


@pytest.fixture
def scene(passes: Passes, runner: asyncio.Runner) -> Scene:
    """Return the installation with two people and a room in place."""
    return Scene(passes, runner)


def test_changed_and_new_rooms_arrive_between_two_passes(scene: Scene) -> None:
    """Changed and new rooms are written by a small plan, and a room that is told of unchanged costs none."""
    done = scene.tell(room(title="大会议室"), room("r2", title="Board", allowed=""))
    assert (done.changed, done.whole_pass_due, done.report is not None) == (2, False, True)
    assert scene.shown() == {"大会议室": ["li", "zhang"], "Board": []}
    assert scene.tell(room(title="大会议室")) == Followed()


def test_room_that_is_gone_is_left_to_a_whole_pass(scene: Scene) -> None:
    """A room that is gone from the source stays until the whole pass, which is due (DESIGN 6, guards)."""
    scene.hold(("p1", "p2"))
    assert scene.tell(is_due=True) == Followed(whole_pass_due=True)
    assert set(scene.shown()) == {"Peak"}


def test_room_names_a_user_who_is_told_of_later(scene: Scene) -> None:
    """A room gets a user whom it names once that user is told of, though the room is not told of again."""
    scene.tell(room(allowed="p1;li;WANG"))
    assert scene.shown()["Peak"] == ["li", "zhang"]
    scene.hold(("p1", "p2", "p3"), room(allowed="p1;li;WANG"))
    scene.tell(people=("p3",))
    assert scene.shown()["Peak"] == ["li", "wang", "zhang"]


def test_room_that_names_who_is_to_be_removed_waits_for_the_whole_pass(scene: Scene) -> None:
    """A room that names somebody who is to be removed is changed by the whole pass and by no small plan."""
    scene.hold(("p1",), room())
    scene.runner.run(scene.passes.plan())
    scene.tell(room(title="Other"))
    assert scene.shown() == {"Peak": ["li", "zhang"]}
    scene.hold(("p1",), room(title="Other"))
    scene.runner.run(scene.passes.run())
    assert scene.shown() == {"Other": ["zhang"]}


def test_platform_that_shows_no_room_keeps_no_person_waiting(scene: Scene) -> None:
    """A platform that refuses all calls about rooms keeps nobody from being made."""
    refused = ("room/list", "room/get", "room/add", "room/update", "room/remove")
    scene.passes.platform.before = each(lambda: Refused("70001", "no such rights"), *refused)
    scene.hold(("p1", "p2", "p3"), room())
    scene.tell(room(title="Other"), people=("p3",))
    assert set(scene.shown()) == {"Peak"}
    assert len(scene.passes.platform.company.list_users()) == 1 + 3
