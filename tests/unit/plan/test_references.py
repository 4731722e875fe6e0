"""Rooms and meetings are heeded before people and departments go."""

import msgspec
import pytest

from syncd.model.desired import Desired, DesiredUser
from syncd.model.links import Link
from syncd.model.meetings import Attendance, KnownMeeting, Meeting
from syncd.model.objects import Department, Kind, Mirror, PlatformDepartment, PlatformUser, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.plan.make import Context, make_plan
from syncd.plan.rules import Heed, History, Limits, Policy
from syncd.plan.situation import survey
from syncd.plan.values import Action, Plan, Reason
from tests.kit.planning import exact

LI = User("li", "Li", "1", "", "", "", "")
LINKS = (Link(Kind.USER, "ldap", "li", "P", said=LI, written=LI, locator="uid=li"),)
BOARD_ROOM = PlatformRoom("R", Room("董事会议室", user_ids=("P", "1")))
TALK = KnownMeeting.of(
    Meeting("M", "R", "Ana", "早朝", 5_000, 20_000, attendances=(Attendance("P"), Attendance(""), Attendance("P")))
)
JOINER = DesiredUser("j", "ldap", "uid=j", User("j", "J", "1", department=""))
OPEN = Limits(hold_configuration=False)


def plan(policy: Policy, *joiners: DesiredUser, now: float = 10.0, history: History | None = None) -> Plan:
    """Return the plan of a day on which Li has left."""
    mirror = Mirror((PlatformUser("P", LI),), (), (BOARD_ROOM,), (TALK,))
    situation = survey(Desired(joiners), mirror, LINKS, msgspec.structs.replace(policy, remove_after=0), now)
    return make_plan(situation, OPEN, history or History(), Context(), exact)


def actions(made: Plan) -> list[tuple[str, str, bool]]:
    """Return key, action and whether it is held, of every operation."""
    return [(one.key, str(one.action), bool(one.held_by)) for one in made.operations]


def test_a_removal_is_reported_where_somebody_is_still_needed() -> None:
    """A removal of somebody whom a room and a meeting name is reported by guards that hold nothing."""
    made = plan(Policy())
    assert actions(made) == [("li", "remove", False)]
    assert [(one.name, one.holds, one.actual) for one in made.guards] == [
        ("room_reference", (), 1),
        ("meetings", (), 1),
    ]
    assert "Li (uid=li) is named by 董事会议室" in made.guards[0].message
    assert "attends 早朝" in made.guards[1].message


@pytest.mark.parametrize(
    ("policy", "name"),
    [(Policy(on_room_reference=Heed.HOLD), "room_reference"), (Policy(on_meetings=Heed.WAIT), "meetings")],
)
def test_a_removal_is_held_where_the_policy_says_so(policy: Policy, name: str) -> None:
    """A removal is held where the policy says so, and its approval lets it pass."""
    (held,) = plan(policy).operations
    assert held.held_by == (name,)
    assert actions(plan(policy, history=History(approved=frozenset({held.id})))) == [("li", "remove", False)]


def test_a_meeting_that_has_ended_awaits_nobody() -> None:
    """A meeting that has ended holds no removal."""
    assert actions(plan(Policy(on_meetings=Heed.WAIT), now=20.0)) == [("li", "remove", False)]


def test_a_joiner_gets_the_leavers_phone_though_the_removal_is_held() -> None:
    """A joiner gets the leaver's phone at once though the removal is held (DESIGN 6, leavers)."""
    made = plan(Policy(on_meetings=Heed.WAIT), JOINER)
    assert sorted(actions(made)) == [("j", "create", False), ("li", "remove", True), ("li", "update", False)]
    operations = {(one.key, one.action): one for one in made.operations}
    way = operations["li", Action.UPDATE]
    assert way.reason is Reason.GIVES_WAY
    assert operations["j", Action.CREATE].depends_on == operations["li", Action.REMOVE].depends_on == (way.id,)


def test_what_waits_for_a_held_removal_is_held_too() -> None:
    """The removal of a department is held with the held removal of a leaver who is in it."""
    there = msgspec.structs.replace(LI, department="D")
    links = (
        msgspec.structs.replace(LINKS[0], said=there, written=there),
        Link(Kind.DEPARTMENT, "ldap", "d", "D", said=Department("Sales"), written=Department("Sales")),
    )
    mirror = Mirror((PlatformUser("P", there),), (PlatformDepartment("D", Department("Sales")),), (), (TALK,))
    situation = survey(Desired(), mirror, links, Policy(remove_after=0, on_meetings=Heed.WAIT), 10.0)
    made = make_plan(situation, OPEN, History(), Context(), exact)
    assert {(one.kind, one.held_by) for one in made.operations} == {
        (Kind.USER, ("meetings",)),
        (Kind.DEPARTMENT, ("meetings",)),
    }


def test_a_department_with_a_room_in_it_stays_and_the_room_is_named() -> None:
    """A department with a room in it stays, and the room is named (DESIGN 6, departments)."""
    links = (Link(Kind.DEPARTMENT, "ldap", "d", "D", said=Department("Sales"), written=Department("Sales")),)
    mirror = Mirror((), (PlatformDepartment("D", Department("Sales")),), (PlatformRoom("R", Room("东厅", "D")),))
    made = make_plan(survey(Desired(), mirror, links, Policy(), 0.0), OPEN, History(), Context(), exact)
    assert made.operations == ()
    assert [one.reason for one in made.skipped] == ["not_empty"]
    assert "1 rooms (东厅)" in made.skipped[0].message
