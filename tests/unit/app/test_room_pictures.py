"""The picture of a room is sent as an address, once, and keeps nothing else of the room from being written."""

import asyncio

import pytest

from syncd.app.reconcile import Report, Request
from syncd.app.revert import revert
from syncd.errors import AnswerLost, Refused
from syncd.mapping.rules import RoomRules
from syncd.plan.values import Reason
from syncd.sandbox.quirks import changed
from syncd.testing.company import Company
from syncd.testing.passes import Passes
from syncd.wire.codes import Code
from tests.kit import failing_calls
from tests.kit.passing import map_rooms, put_rooms
from tests.kit.rows import row

FIRST, SECOND = "https://example.org/rooms/1.jpg", "https://example.org/rooms/2.jpg?w=800"
RULES = RoomRules(name="title", memo="note", scene_image="picture")


class Site:
    """An installation with one room in its source, and a platform that treats pictures as the quirk says."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self.runner = passes, runner
        map_rooms(passes, RULES)

    def platform(self, pictures: str) -> None:
        """Make the platform keep, host or refuse pictures from now on."""
        company = self.passes.platform.company
        company.quirks = changed(company.quirks, {"scene_images": pictures})

    def run(self, picture: str, note: str = "") -> Report:
        """Make one pass with this picture and note in the entry."""
        source = self.passes.sources[0]
        source.employ(Company({}, {}))
        put_rooms(source, row("r1", title="Peak", picture=picture, note=note))
        return self.runner.run(self.passes.run())

    @property
    def room(self) -> dict[str, object]:
        """Return the only room, as the platform keeps it."""
        (found,) = self.passes.platform.company.list_rooms()
        return found

    @property
    def writes(self) -> list[str]:
        """Return the writing calls so far."""
        calls = [call for call, _ in self.passes.platform.calls]
        return [one for one in calls if one.startswith("room/")]


@pytest.fixture
def site(passes: Passes, runner: asyncio.Runner) -> Site:
    """Return the installation with one room in its source."""
    return Site(passes, runner)


def outcomes(report: Report) -> list[str]:
    """Return how each operation ended."""
    return [str(one.outcome) for one in report.results]


@pytest.mark.parametrize("pictures", ["kept", "hosted"])
def test_a_picture_is_sent_once_whatever_address_the_platform_shows(site: Site, pictures: str) -> None:
    """A picture is sent with the new room, and again only when the entry has another one (I1)."""
    site.platform(pictures)
    assert outcomes(site.run(FIRST)) == ["done"]
    first = site.room["sceneImage"]
    assert (first == FIRST) is (pictures == "kept")
    assert outcomes(site.run(FIRST)) == []
    (update,) = site.run(SECOND).results
    assert list(update.operation.changes) == ["scene_image"]
    assert site.room["sceneImage"] != first
    assert outcomes(site.run(SECOND)) == []
    assert site.writes == ["room/add", "room/update"]


def test_an_entry_without_a_picture_leaves_the_one_that_is_there(site: Site) -> None:
    """An entry without a picture leaves the one that is there, which is not sent again when it is back."""
    site.run(FIRST)
    assert outcomes(site.run("")) == []
    assert outcomes(site.run(FIRST)) == []
    assert site.room["sceneImage"] == FIRST


def test_a_picture_that_somebody_took_away_is_sent_again(site: Site) -> None:
    """A picture that somebody took away is sent again, and another one of the platform's own stays."""
    site.platform("hosted")
    site.run(FIRST)
    site.passes.platform.company.state.rooms[str(site.room["id"])]["sceneImage"] = "http://localhost/other.jpg"
    assert outcomes(site.run(FIRST)) == []
    site.passes.platform.company.state.rooms[str(site.room["id"])]["sceneImage"] = ""
    (again,) = site.run(FIRST).results
    assert (again.operation.reason, str(again.outcome)) == (Reason.PLATFORM_DRIFTED, "done")
    assert site.room["sceneImage"]


def test_a_refused_picture_keeps_no_room_from_being_made_or_changed(site: Site) -> None:
    """A room is made and changed though its picture is refused, which is told and not sent again."""
    site.platform("refused")
    (made,) = site.run(FIRST, "one").results
    assert str(made.outcome) == "done"
    assert "without its picture, which the platform refuses" in made.message
    assert (site.room["memo"], site.room["sceneImage"]) == ("one", "")
    calls = len(site.writes)
    assert outcomes(site.run(FIRST, "one")) == []
    assert len(site.writes) == calls
    (update,) = site.run(SECOND, "two").results
    assert (str(update.outcome), site.room["memo"]) == ("done", "two")
    assert outcomes(site.run(SECOND, "two")) == []


def test_a_picture_that_alone_is_refused_has_failed_once(site: Site) -> None:
    """A picture that alone is refused fails once with the platform's code, and only another one is sent."""
    site.run(FIRST)
    site.platform("refused")
    (failed,) = site.run(SECOND).results
    assert (str(failed.outcome), failed.code) == ("failed", "71001")
    assert outcomes(site.run(SECOND)) == []
    site.platform("kept")
    assert outcomes(site.run(SECOND)) == []
    assert outcomes(site.run(SECOND + "&v=2")) == ["done"]
    assert site.room["sceneImage"] == SECOND + "&v=2"


@pytest.mark.parametrize("fault", [AnswerLost("no answer"), Refused(str(int(Code.TOKEN_EXPIRED)), "expired")])
def test_a_picture_that_failed_for_another_reason_is_tried_again(site: Site, fault: Exception) -> None:
    """A picture that failed by a lost answer or an expired token is sent again."""
    site.run(FIRST)
    site.passes.platform.before = failing_calls.each(lambda: fault, "room/update")
    assert outcomes(site.run(SECOND)) == ["failed"]
    site.passes.platform.before = failing_calls.none
    assert outcomes(site.run(SECOND)) == ["done"]
    assert site.room["sceneImage"] == SECOND


def test_a_picture_is_no_part_of_what_is_undone(site: Site) -> None:
    """An undo leaves the picture of a room, names it, and undoes the rest."""
    site.run(FIRST, "one")
    report = site.run(SECOND, "two")
    undoing = revert(site.passes.world(), report.run.run, Request(), site.passes.stop, lambda _: None)
    undone = site.runner.run(undoing)
    assert [one.reason for one in undone.plan.skipped] == ["picture_stays"]
    assert (site.room["memo"], site.room["sceneImage"]) == ("one", SECOND)
