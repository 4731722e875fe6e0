"""`status` says in words what waits and what was missed."""

from syncd.app.records import EventState
from syncd.app.refreshing import Missed
from syncd.app.standing import Standing
from syncd.report.events import events_lines, inbox_form

QUIET = Standing("C", None, (), {}, 0, (), {}, {}, None, Missed(), {})


def test_where_all_is_well_nothing_is_said() -> None:
    """Where no event waits or was missed, `status` has no line about events, and its JSON has zeros."""
    assert list(events_lines(QUIET, 100.0)) == []
    assert inbox_form(QUIET, 100.0) == {"pending": 0, "dead": 0, "oldest_seconds": 0}


def test_what_waits_and_what_was_missed_is_said_with_the_way_out() -> None:
    """`status` has a line each for events that wait, that make no sense and that were missed."""
    inbox = {EventState.PENDING: 2, EventState.DEAD: 3, EventState.DONE: 4}
    standing = Standing("C", None, (), {}, 0, (), {}, inbox, 40.0, Missed(5, 1, 0.0), {})
    missed = (
        "missed events: 5 changes on the platform were told by none, 1 of them at the last refresh "
        "(1970-01-01 00:00:00 UTC); where that goes on see whether the platform reaches our callback"
    )
    assert list(events_lines(standing, 100.0)) == [
        "events that wait: 2, the oldest for 60 s",
        "events that make no sense: 3; syncd events list --state dead",
        missed,
    ]
