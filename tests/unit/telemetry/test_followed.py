"""The daemon logs what became of events and small plans."""

import structlog.testing

from syncd.app.ingest import Ingestion
from syncd.app.reconcile import Report
from syncd.app.records import EventState, RunRecord
from syncd.app.small_plan import Waits
from syncd.errors import AnswerLost, RunInProgress
from syncd.model.objects import Kind
from syncd.telemetry.following import log_followed
from syncd.testing.plans import EVERYTHING


def test_each_is_a_line_with_a_stable_name() -> None:
    """Each result of following events is a line with a stable name and counts alone (I8)."""
    done = Ingestion(
        {EventState.DONE: 2, EventState.DEAD: 1},
        postponed=1,
        drifted=frozenset({(Kind.USER, "ldap", "anna")}),
        unknown={"user_moved": 1},
        fault=AnswerLost("no answer"),
    )
    run = RunRecord("run", 1.0, outcome="done", counts={"done": 1})
    with structlog.testing.capture_logs() as lines:
        for one in (
            done,
            Report(run, EVERYTHING, ()),
            RunInProgress("busy"),
            AnswerLost("lost"),
            Waits(2, ("limits",), is_held=True),
        ):
            log_followed(one)
    found = [{name: value for name, value in line.items() if name not in ("event", "log_level")} for line in lines]
    assert found == [
        {"action": "ingested", "done": 2, "dead": 1, "postponed": 1, "drifted": 1},
        {"action": "unknown_event", "type": "user_moved", "count": 1},
        {"action": "events_wait", "why": "no answer"},
        {"action": "small_plan", "run": "run", "outcome": "done", "done": 1},
        {"action": "drift_waits", "why": "busy"},
        {"action": "following_failed", "why": "lost"},
        {"action": "small_plan_held", "operations": 2, "guards": ("limits",), "next": "syncd status"},
    ]
