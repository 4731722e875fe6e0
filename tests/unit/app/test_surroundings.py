"""Rooms and meetings are read in a run and kept in the shadow, and never make a run fail."""

import msgspec
import pytest

from syncd.errors import AnswerBroken, PlatformBusy, PlatformError
from syncd.model.meetings import Attendance, Meeting
from syncd.model.objects import Kind
from syncd.model.rooms import PlatformRoom, Room
from syncd.platform.refusals import refusal
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from tests.kit.failing_calls import each
from tests.kit.passing import platform_ids

COMPANY = Company({"d1": Unit("销售部"), "d2": Unit("East")}, {"p1": Person("anna", "安娜", "1", "", "", "d1")})
HOUR = 3_600_000


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation whose directory has one person and two departments."""
    passes.sources[0].employ(COMPANY)
    return passes


def furnish(passes: Passes) -> None:
    """Put a room into the second department, which names Anna, and a meeting that she attends."""
    known = platform_ids(passes)
    passes.platform.rooms_held = (PlatformRoom("R", Room("董事会议室", known["d2"], user_ids=(known["p1"],))),)
    end = int(passes.now * 1000) + HOUR
    passes.platform.meetings_held = (
        Meeting("M", "R", "Ana", "早朝", end - HOUR, end, attendances=(Attendance(known["p1"]), Attendance(name="X"))),
    )


async def test_rooms_and_meetings_are_mirrored_small(passes: Passes) -> None:
    """The shadow keeps rooms as they are listed, and of a meeting the subject and the users who attend."""
    await passes.approved()
    furnish(passes)
    await passes.plan()
    with passes.store.reading() as work:
        assert work.shadow.rooms() == passes.platform.rooms_held
        (meeting,) = work.shadow.meetings()
    assert (meeting.subject, meeting.user_ids) == ("早朝", (platform_ids(passes)["p1"],))


async def test_what_has_gone_from_the_platform_goes_from_the_shadow(passes: Passes) -> None:
    """Rooms and meetings that have gone from the platform go from the shadow."""
    await passes.approved()
    furnish(passes)
    await passes.plan()
    passes.platform.rooms_held, passes.platform.meetings_held = (), ()
    await passes.plan()
    with passes.store.reading() as work:
        assert (work.shadow.rooms(), work.shadow.meetings()) == ((), ())


@pytest.mark.parametrize("fault", [AnswerBroken("HTML"), PlatformBusy("503"), refusal("71001", "no such call")])
async def test_a_platform_without_rooms_and_meetings_is_kept_all_the_same(passes: Passes, fault: PlatformError) -> None:
    """Rooms and meetings that cannot be read hold no plan: what was last known counts, and the plan says so."""
    await passes.approved()
    furnish(passes)
    await passes.plan()
    passes.platform.before = each(lambda: fault, "room/list", "meeting/list")
    passes.sources[0].employ(msgspec.structs.replace(COMPANY, people={}))
    report = await passes.run()
    assert report.run.exit == 0
    assert [one.name for one in report.plan.guards] == ["room_reference", "meetings"]
    (platform,) = [one for one in report.plan.sources if one.name == "platform"]
    assert platform.grade == "whole"
    assert [doubt.split(" (")[0] for doubt in platform.certificate["doubts"]] == [
        "the rooms could not be read",
        "the meetings could not be read",
    ]


async def test_a_department_with_a_room_in_it_stays(passes: Passes) -> None:
    """A department with a room in it stays and the room is named, and it goes once the room is gone."""
    await passes.approved()
    furnish(passes)
    smaller = msgspec.structs.replace(COMPANY, units={"d1": COMPANY.units["d1"]})
    passes.sources[0].employ(smaller)
    report = await passes.run()
    assert [(one.reason, one.key) for one in report.plan.skipped] == [("not_empty", "d2")]
    assert "1 rooms (董事会议室)" in report.plan.skipped[0].message
    passes.platform.rooms_held = ()
    assert [one.outcome for one in (await passes.run()).results] == ["done"]
    assert "d2" not in platform_ids(passes)


async def test_a_room_that_came_since_the_plan_keeps_its_department(passes: Passes) -> None:
    """A room that came since the plan keeps its department from being removed (DESIGN 6, departments)."""
    await passes.approved()
    passes.sources[0].employ(msgspec.structs.replace(COMPANY, units={"d1": COMPANY.units["d1"]}))
    home = platform_ids(passes)["d2"]

    def furnished(_step: object) -> None:
        passes.platform.rooms_held = (PlatformRoom("R", Room("新会议室", home)),)

    report = await passes.run(observe=furnished)
    assert [(one.outcome, one.operation.kind) for one in report.results] == [("skipped", Kind.DEPARTMENT)]
    assert "a fresh list shows 1 objects in it: 新会议室" in report.results[0].message
