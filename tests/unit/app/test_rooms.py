"""Rooms of a source are made, changed and removed, and name the users they should (DESIGN 6, rooms)."""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.app.linking import link
from syncd.app.small_plan import heal
from syncd.errors import AnswerLost, PlatformUnreachable
from syncd.mapping.rules import Compiled, RoomRules, SourceRules
from syncd.model.actors import NOBODY
from syncd.model.meetings import Meeting
from syncd.model.objects import Kind
from syncd.model.source import Entry
from syncd.plan.rules import Heed, Limit, Limits, Policy
from syncd.plan.values import Action, ConflictKind, Operation, Plan, Reason
from syncd.sandbox.company import Company as Emulated
from syncd.sandbox.quirks import Quirks
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from syncd.testing.platform import FakePlatform
from tests.kit.failing_calls import each, first
from tests.kit.passing import map_rooms, platform_ids, put_rooms
from tests.kit.rows import row

RULES = RoomRules(
    name="title", department="dept", address="place", capacity="seats", users="allowed", permission="closed"
)


def room(key: str = "r1", **values: str) -> Entry:
    """Return a room of the source."""
    return row(key, **{"title": "Peak", "dept": "d1", "seats": "12", "allowed": "p1;li", "closed": "yes"} | values)


def staff(*keys: str) -> Company:
    """Return a company of one department and these people; the account of p1 is zhang, of p2 li."""
    accounts = {"p1": "zhang", "p2": "li", "p3": "wang"}
    people = {key: Person(accounts[key], accounts[key].title(), "", "", "", "d1") for key in keys}
    return Company(units={"d1": Unit("Sales", "")}, people=people)


class Site:
    """One installation whose source has rooms."""

    def __init__(self, passes: Passes) -> None:
        self.passes = passes
        map_rooms(passes, RULES)

    def give(self, people: tuple[str, ...], *rooms: Entry) -> None:
        """Put these people and rooms into the source."""
        source = self.passes.sources[0]
        source.employ(staff(*people))
        put_rooms(source, *rooms)

    async def run(self) -> Mapping[str, Any]:
        """Make one pass that has to succeed, and return the only room there is by field, or nothing."""
        report = await self.passes.run()
        assert {one.outcome for one in report.results} <= {"done"}, report.results
        return self.shown()

    def shown(self) -> Mapping[str, Any]:
        """Return the only room there is, as the platform keeps it, or nothing."""
        rooms = self.passes.platform.company.list_rooms()
        return rooms[0] if rooms else {}

    def id_of(self, key: str) -> str:
        """Return the platform id that a key is linked to."""
        return platform_ids(self.passes)[key]


@pytest.fixture
def site(passes: Passes) -> Site:
    """Return the installation whose source has rooms."""
    return Site(passes)


def of_rooms(plan: Plan) -> list[Operation]:
    """Return the operations on rooms."""
    return [one for one in plan.operations if one.kind is Kind.ROOM]


async def test_room_is_made_with_its_people(site: Site) -> None:
    """A room is made in one run with the department and the users that it names, and the second run plans nothing."""
    site.give(("p1", "p2"), room())
    shown = await site.run()
    assert (shown["name"], shown["capacity"], shown["permission"]) == ("Peak", 12, 1)
    assert shown["departmentId"] == site.id_of("d1")
    assert sorted(shown["userIds"]) == sorted([site.id_of("p1"), site.id_of("p2")])
    assert (await site.passes.plan()).operations == ()


async def test_changes_are_written_field_by_field(site: Site) -> None:
    """What changes in the source is written and nothing else, and what somebody changed on the platform is restored."""
    site.give(("p1", "p2"), room())
    await site.run()
    site.give(("p1", "p2"), room(title="Summit", seats="8.0", allowed="p2"))
    plan = await site.passes.plan()
    assert [(one.action, sorted(one.changes)) for one in plan.operations] == [
        (Action.UPDATE, ["capacity", "name", "users"])
    ]
    shown = await site.run()
    assert (shown["name"], shown["capacity"], shown["userIds"]) == ("Summit", 8, [site.id_of("p2")])
    site.passes.platform.company.update_room({"id": shown["id"], "name": "Mine", "memo": "kept"})
    (healed,) = of_rooms(await site.passes.plan())
    assert (healed.reason, list(healed.changes)) == (Reason.PLATFORM_DRIFTED, ["name"])
    assert (await site.run())["memo"] == "kept"
    assert (await site.passes.plan()).operations == ()


async def test_room_that_is_gone_goes_after_its_time(site: Site) -> None:
    """A room whose row is gone stays until `remove_after` is over, comes back as it was, and goes for good then."""
    site.passes.decide(policy=Policy(remove_after=3600))
    site.give(("p1", "p2"), room())
    before = await site.run()
    site.give(("p1", "p2"))
    assert await site.run() == before
    site.give(("p1", "p2"), room())
    assert await site.run() == before
    site.give(("p1", "p2"))
    await site.run()
    site.passes.now += 3600
    assert await site.run() == {}
    assert (await site.passes.plan()).operations == ()


async def test_source_that_is_not_asked_for_rooms_loses_none(site: Site) -> None:
    """No room is removed or changed where the rules of rooms or the table of rooms are missing."""
    site.give(("p1", "p2"), room())
    before = await site.run()
    source = site.passes.sources[0]
    source.snapshot = msgspec.structs.replace(source.snapshot, rooms=None)
    assert await site.run() == before
    site.give(("p1", "p2"), room(title="Summit"))
    site.passes.decide(rules={"ldap": Compiled(SourceRules())})
    assert await site.run() == before


async def test_whoever_goes_waits_until_no_room_names_them(site: Site) -> None:
    """A user who goes is removed after the room has ceased to name them, on a platform that refuses it before."""
    site.passes.platform = FakePlatform(Emulated(lambda: 0.0, quirks=Quirks(used_objects="refused")))
    site.give(("p1", "p2"), room())
    await site.run()
    site.give(("p1",), room())
    plan = await site.passes.plan()
    (naming,), (removal,) = of_rooms(plan), [one for one in plan.operations if one.action is Action.REMOVE]
    assert removal.depends_on == (naming.id,)
    assert [(one.reason, one.field) for one in plan.skipped] == [("unknown_user", "users")]
    assert (await site.run())["userIds"] == [site.id_of("p1")]
    assert (await site.passes.plan()).operations == ()


async def test_account_that_passes_from_one_to_another_makes_no_ring(site: Site) -> None:
    """Where a new user waits for the removal of one whom the room still names, the room lets go first."""
    site.passes.platform = FakePlatform(Emulated(lambda: 0.0, quirks=Quirks(used_objects="refused")))
    site.give(("p2",), room(allowed="li"))
    await site.run()
    source = site.passes.sources[0]
    site.give(("p2",), room(allowed="li"))
    (person,) = source.snapshot.users
    moved = msgspec.structs.replace(person, key="p9")
    source.snapshot = msgspec.structs.replace(source.snapshot, users=(moved,))
    first = await site.passes.plan()
    assert [one.reason for one in of_rooms(first)] == [Reason.TEMPORARY, Reason.DIRECTORY_CHANGED]
    report = await site.passes.approved()
    assert {one.outcome for one in report.results} == {"done"}, report.results
    assert site.shown()["userIds"] == [site.id_of("p9")]
    assert (await site.passes.plan()).operations == ()


async def test_department_goes_after_its_rooms(site: Site) -> None:
    """A department that is gone is removed once the room has left it, in the same run."""
    site.give(("p1", "p2"), room())
    await site.run()
    source = site.passes.sources[0]
    site.give(("p1", "p2"), room(dept=""))
    source.snapshot = msgspec.structs.replace(source.snapshot, departments=(), users=())
    assert (await site.run())["departmentId"] == ""
    assert site.passes.platform.company.list_departments() == []


async def test_room_of_the_same_name_is_not_made_twice(site: Site) -> None:
    """No room is made beside an unlinked one of the same name, until a person links that one."""
    site.passes.platform.company.add_room({"id": "OLD", "name": "ＰＥＡＫ"})
    site.give(("p1", "p2"), room())
    plan = await site.passes.plan()
    assert [one.kind for one in plan.conflicts] == [ConflictKind.AMBIGUOUS_ADOPTION]
    assert of_rooms(plan) == []
    await link(site.passes.world(), "r1", "OLD", NOBODY)
    shown = await site.run()
    assert (shown["id"], shown["name"], shown["capacity"]) == ("OLD", "Peak", 12)
    assert (await site.passes.plan()).operations == ()


async def test_limit_of_rooms_holds_the_plan(site: Site) -> None:
    """Too many removals of rooms hold the plan, whatever the limits of users are."""
    site.give(("p1", "p2"), *(room(f"r{number}", title=f"Room {number}") for number in range(4)))
    await site.run()
    site.passes.decide(limits=Limits({Kind.ROOM: {"remove": Limit(count=2)}}, hold_configuration=False))
    site.give(("p1", "p2"), room("r0", title="Room 0"))
    (guard,) = (await site.passes.plan()).guards
    assert (guard.name, guard.kind, guard.actual, guard.base) == ("limits", "room", 3, 4)


async def test_bad_row_stays_as_it_is(site: Site) -> None:
    """A field that cannot be read is named and stays, a room without a name is named, and the others are kept."""
    site.give(("p1", "p2"), room())
    before = await site.run()
    site.give(("p1", "p2"), room(seats="many", dept="nowhere"))
    plan = await site.passes.plan()
    assert [(one.field, one.reason) for one in plan.skipped] == [("capacity", "no_number")]
    site.give(("p1", "p2"), room(title=""))
    plan = await site.passes.plan()
    assert [(one.field, one.reason) for one in plan.skipped] == [("name", "no_value")]
    assert plan.operations == ()
    assert await site.run() == before


async def test_lost_answer_makes_no_second_room(site: Site) -> None:
    """A room whose answer was lost is found and linked, with the fields that it was to have."""
    lost: list[str] = []

    def cut() -> AnswerLost:
        lost.append("room/add")
        return AnswerLost("room/add: cut")

    site.passes.platform.after = first(cut, "room/add")
    site.give(("p1", "p2"), room())
    shown = await site.run()
    assert (shown["name"], len(site.passes.platform.company.list_rooms()), lost) == ("Peak", 1, ["room/add"])
    assert (await site.passes.plan()).operations == ()


async def test_lost_store_finds_its_rooms_again(site: Site, tmp_path: Path) -> None:
    """A room of ours is known by its id to a new store, and nothing is planned."""
    site.give(("p1", "p2"), room())
    await site.run()
    folder = tmp_path / "new"
    folder.mkdir()
    with closing(Passes(folder)) as passes:
        other = Site(passes)
        passes.platform = site.passes.platform
        other.give(("p1", "p2"), room())
        assert (await passes.plan()).operations == ()


async def test_meeting_to_come_is_reported_or_holds(site: Site) -> None:
    """A room that goes while a meeting is booked in it is named, and held where the policy waits."""
    site.give(("p1", "p2"), room())
    shown = await site.run()
    soon = int(site.passes.now * 1000) + 10_000_000
    site.passes.platform.meetings_held = (Meeting("M1", shown["id"], "Li", "Budget", soon, soon + 1),)
    site.passes.decide(policy=Policy(remove_after=0, on_meetings=Heed.WAIT))
    site.give(("p1", "p2"))
    plan = await site.passes.plan()
    assert [(one.name, one.kind) for one in plan.guards] == [("meetings", "room")]
    assert of_rooms(plan)[0].held_by == ("meetings",)


async def test_rooms_that_cannot_be_read_stay_and_people_are_kept(site: Site) -> None:
    """Where the platform does not list its rooms no room is changed, and people are made all the same (I4)."""
    site.give(("p1", "p2"), room())
    before = dict(await site.run())
    site.passes.platform.before = each(lambda: PlatformUnreachable("room/list: no"), "room/list")
    site.give(("p1", "p2", "p3"), room("r2", title="Summit"))
    assert await site.run() == before
    assert len(site.passes.platform.company.list_users()) == 1 + 3


async def test_list_that_lacks_rooms_makes_none_again(site: Site) -> None:
    """A list of rooms that is empty though some are linked is not believed: the plan is held whole."""
    site.give(("p1", "p2"), *(room(f"r{number}", title=f"Room {number}") for number in range(3)))
    await site.run()
    site.passes.platform.company.state.rooms.clear()
    plan = await site.passes.plan()
    assert [one.name for one in plan.guards] == ["certificate"]
    assert all(one.held_by for one in of_rooms(plan))


async def test_drift_of_a_room_is_healed_by_a_small_plan(site: Site) -> None:
    """A small plan writes over what somebody changed on a room, and removes nobody."""
    site.give(("p1", "p2"), room())
    shown = await site.run()
    site.give(("p1",), room())
    site.passes.platform.company.update_room({"id": shown["id"], "name": "Mine"})
    report = await heal(site.passes.world(), frozenset({(Kind.ROOM, "ldap", "r1")}), site.passes.stop, lambda _: None)
    assert report is not None
    assert [(one.operation.kind, one.outcome) for one in report.results] == [(Kind.ROOM, "done")]
    assert site.shown()["name"] == "Peak"
    assert len(site.passes.platform.company.list_users()) == 1 + 2


async def test_removal_of_a_room_that_somebody_waits_for_is_no_last_one(site: Site) -> None:
    """A new user who waits for a leaver, who waits for the removal of a room, is made: nothing waits for ever."""
    site.give(("p2",), room(allowed="li"))
    await site.run()
    site.give(("p2",))
    source = site.passes.sources[0]
    moved = msgspec.structs.replace(source.snapshot.users[0], key="p9")
    source.snapshot = msgspec.structs.replace(source.snapshot, users=(moved,))
    report = await asyncio.wait_for(site.passes.approved(), 20)
    assert {one.outcome for one in report.results} == {"done"}, report.results
    assert site.shown() == {}
