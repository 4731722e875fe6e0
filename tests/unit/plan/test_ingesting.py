"""Each event about an object is taken over, looked at, or known to be nothing new."""

import msgspec
import pytest

from syncd.model.events import Deed, Shown
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Department, PlatformDepartment, PlatformUser, User
from syncd.model.rooms import PlatformRoom, Room
from syncd.plan.ingesting import Known, Looked, Mark, Said, Verdict, is_same, judge

OLD = PlatformUser("U", User("anna", "Anna", "1", "", "", "", "D"), is_admin=False, status=1)
NEW = msgspec.structs.replace(OLD, fields=msgspec.structs.replace(OLD.fields, phone="2"))
NEWER = msgspec.structs.replace(OLD, fields=msgspec.structs.replace(OLD.fields, phone="3"))
NO_PHONE = msgspec.structs.replace(OLD, fields=msgspec.structs.replace(OLD.fields, phone=""))
BOSS = msgspec.structs.replace(OLD, is_admin=True)
MEETING = KnownMeeting("M", "R", "周会", 1, 2, ("U",))
ROOM = PlatformRoom("R", Room("一", capacity=4))
MARK = Mark(newest=100.0, refreshed_at=50.0)
KNOWN = Known(OLD, 90.0, "refresh")


def said(shown: Shown | None, at: float = 110.0, deed: Deed = Deed.UPDATE, **other: object) -> Said:
    """Return what an event says that was sent at a second, and received at once."""
    usual = Said(event=int(at), time_stamp=at, received_at=at, deed=Deed.REMOVE if shown is None else deed, shown=shown)
    return msgspec.structs.replace(usual, **other)


CASES = {
    "a change is taken over": (said(NEW), KNOWN, Verdict.CHANGE),
    "an echo of our own write": (said(OLD), Known(OLD, 90.0, "write"), Verdict.ECHO),
    "an echo however late": (said(OLD, 80.0), Known(OLD, 90.0, "write"), Verdict.ECHO),
    "what is known already": (said(OLD), KNOWN, Verdict.NOTHING),
    "what is known of who is gone": (said(None), None, Verdict.NOTHING),
    "a stale one": (said(NEW, is_stale=True), KNOWN, Verdict.LOOK),
    "a stale one that says nothing new": (said(OLD, is_stale=True), KNOWN, Verdict.LOOK),
    "a repeated one": (said(NEW, is_repeated=True), KNOWN, Verdict.LOOK),
    "a repeated one that says nothing new": (said(OLD, is_repeated=True), KNOWN, Verdict.NOTHING),
    "earlier than another event": (said(NEW, 99.0), KNOWN, Verdict.LOOK),
    "as early as another event": (said(NEW, 100.0), KNOWN, Verdict.LOOK),
    "not newer than the row": (said(NEW, 110.0), Known(OLD, 110.0, "write"), Verdict.LOOK),
    "received before the row was written": (
        said(NEW, 120.0, received_at=109.0),
        Known(OLD, 110.0, "write"),
        Verdict.LOOK,
    ),
    "somebody new": (said(NEW, deed=Deed.ADD), None, Verdict.CHANGE),
    "a change of nobody known": (said(NEW), None, Verdict.LOOK),
    "a value that became empty": (said(NO_PHONE), KNOWN, Verdict.LOOK),
    "a value that was empty": (said(NEW), Known(NO_PHONE, 90.0, "refresh"), Verdict.CHANGE),
    "an administrator who is none now": (said(OLD), Known(BOSS, 90.0, "refresh"), Verdict.LOOK),
    "somebody who is an administrator now": (said(BOSS), KNOWN, Verdict.CHANGE),
    "a removal": (said(None), KNOWN, Verdict.REMOVE),
    "a removal that came late": (said(None, 99.0), KNOWN, Verdict.LOOK),
    "a room": (said(ROOM, deed=Deed.ADD), None, Verdict.CHANGE),
    "a room without its capacity": (
        said(PlatformRoom("R", Room("一"))),
        Known(ROOM, 90.0, "refresh"),
        Verdict.LOOK,
    ),
    "a department to the root": (
        said(PlatformDepartment("D", Department("D", ""))),
        Known(PlatformDepartment("D", Department("D", "E")), 90.0, "refresh"),
        Verdict.LOOK,
    ),
    "a meeting": (said(MEETING, deed=Deed.ADD), None, Verdict.CHANGE),
    "a meeting without guests now": (
        said(KnownMeeting("M", "R", "周会", 1, 2, ())),
        Known(MEETING, 90.0, "refresh"),
        Verdict.CHANGE,
    ),
    "a cancellation, however late": (said(None, 99.0), Known(MEETING, 90.0, "refresh"), Verdict.REMOVE),
}


def test_each_case_has_its_verdict() -> None:
    """Each case has its verdict, and only a change or a removal changes what is known."""
    wrong = []
    for case, (event, known, verdict) in CASES.items():
        found = judge([event], known, None, MARK, is_linked=False)
        if verdict in (Verdict.CHANGE, Verdict.REMOVE):
            is_known = (found.known.shown if found.known else None) == event.shown
        else:
            is_known = found.known is known
        if found.verdicts != {event.event: verdict} or not is_known:
            wrong.append((case, found))
    assert wrong == []


def test_the_removal_of_a_linked_object_is_looked_at() -> None:
    """The removal of a linked object is looked at before it counts."""
    assert judge([said(None)], KNOWN, None, MARK, is_linked=True).verdicts == {110: Verdict.LOOK}


@pytest.mark.parametrize("mark", [Mark(), Mark(newest=100.0), Mark(refreshed_at=50.0)])
def test_where_nothing_is_known_of_before_everything_new_is_looked_at(mark: Mark) -> None:
    """A change is looked at where no earlier event or no list is known."""
    assert judge([said(NEW)], KNOWN, None, mark, is_linked=False).verdicts == {110: Verdict.LOOK}


def test_a_list_is_newer_than_the_row_that_it_left_alone() -> None:
    """An event that is older than the last list is looked at, though it is newer than the row."""
    mark = Mark(newest=100.0, refreshed_at=115.0)
    assert judge([said(NEW)], KNOWN, None, mark, is_linked=False).verdicts == {110: Verdict.LOOK}
    assert judge([said(NEW, deed=Deed.ADD)], None, None, mark, is_linked=False).verdicts == {110: Verdict.LOOK}


def test_events_are_taken_in_the_order_of_their_time_stamps() -> None:
    """Events are taken in the order of their time stamps, whatever the order in which they came."""
    found = judge([said(NEWER, 120.0), said(NEW, 110.0)], KNOWN, None, MARK, is_linked=False)
    assert found.verdicts == {110: Verdict.CHANGE, 120: Verdict.CHANGE}
    assert found.known == Known(NEWER, 120.0, "event")


def test_who_is_removed_and_added_again_is_there() -> None:
    """A user who is removed and added again is there, and one who is added and removed is gone."""
    again = [said(None, 110.0), said(NEW, 120.0, Deed.ADD)]
    found = judge(again, KNOWN, None, MARK, is_linked=False)
    assert found.known == Known(NEW, 120.0, "event")
    added = [said(NEW, 110.0, Deed.ADD), said(None, 120.0)]
    assert judge(added, None, None, MARK, is_linked=False).known is None


def test_two_events_of_one_moment_are_looked_at() -> None:
    """Two events of one moment are both looked at."""
    both = [said(NEW, 110.0), said(NEWER, 110.0, event=7)]
    assert set(judge(both, KNOWN, None, MARK, is_linked=False).verdicts.values()) == {Verdict.LOOK}


def test_of_two_events_of_one_moment_the_first_need_not_be_news() -> None:
    """A removal and an addition of one moment are looked at, though the removed user was not known."""
    both = [said(None, 110.0, event=1), said(NEW, 110.0, deed=Deed.ADD, event=2)]
    assert set(judge(both, None, None, MARK, is_linked=False).verdicts.values()) == {Verdict.LOOK}


def test_a_look_decides_for_all() -> None:
    """A look decides which of several late events was true."""
    both = [said(NEW, 99.0), said(NEWER, 98.0)]
    found = judge(both, KNOWN, Looked(NEW, 130.0), MARK, is_linked=True)
    assert found.verdicts == {99: Verdict.CHANGE, 98: Verdict.NOTHING}
    assert found.known == Known(NEW, 130.0, "event")


def test_a_look_that_shows_nothing_new_leaves_the_row() -> None:
    """A look that shows nothing new leaves the row, and an event that tells our own write is its echo."""
    ours = Known(OLD, 90.0, "write")
    found = judge([said(NEW, 99.0), said(OLD, 98.0)], ours, Looked(OLD, 130.0), MARK, is_linked=True)
    assert found.known is ours
    assert found.verdicts == {99: Verdict.NOTHING, 98: Verdict.ECHO}


def test_a_look_that_is_older_than_the_row_decides_nothing() -> None:
    """A look that is older than the row decides nothing, and the event is looked at again."""
    ours = Known(OLD, 131.0, "write")
    found = judge([said(NEW, 99.0)], ours, Looked(NEW, 130.0), MARK, is_linked=True)
    assert (found.known, found.verdicts) == (ours, {99: Verdict.LOOK})


def test_a_clock_that_runs_ahead_dates_nothing_into_the_future() -> None:
    """An event from a clock that runs ahead is dated by its receipt."""
    found = judge([said(NEW, 900.0, received_at=110.0)], KNOWN, None, MARK, is_linked=False)
    assert found.known == Known(NEW, 110.0, "event")


def test_a_status_that_nobody_tells_is_no_difference() -> None:
    """A status that is not told is no difference, and another status or another field is one."""
    assert is_same(OLD, msgspec.structs.replace(OLD, status=None))
    assert not is_same(OLD, msgspec.structs.replace(OLD, status=0))
    assert not is_same(msgspec.structs.replace(OLD, status=None), NEW)
    assert not is_same(OLD, None)
