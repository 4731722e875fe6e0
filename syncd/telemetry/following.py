"""What became of events, and small plans, logged; nothing of it names a person."""

import structlog

from syncd.app.ingest import Ingestion
from syncd.app.look_budget import MOST
from syncd.app.reconcile import Report
from syncd.app.small_plan import Waits
from syncd.errors import RunInProgress, SyncdError


def log_followed(what: Ingestion | Report | SyncdError | Waits) -> None:
    """Let each ingest that found anything, each small plan and each fault be one log line."""
    log = structlog.get_logger()
    if isinstance(what, Report):
        log.info("small_plan", action="small_plan", run=what.run.run, outcome=what.run.outcome, **what.run.counts)
    elif isinstance(what, Waits):
        log.warning(
            "small plan held",
            action="small_plan_held",
            operations=what.operations,
            guards=what.guards,
            next="syncd status" if what.is_held else "the next whole run holds it and says how it is approved",
        )
    elif isinstance(what, RunInProgress):
        log.info("drift waits", action="drift_waits", why=str(what))
    elif isinstance(what, SyncdError):
        log.warning("following failed", action="following_failed", why=str(what))
    else:
        _log_ingested(what)


def _log_ingested(done: Ingestion) -> None:
    log = structlog.get_logger()
    states = {str(state): count for state, count in done.states.items()}
    log.info("ingested", action="ingested", **states, postponed=done.postponed, drifted=len(done.drifted))
    if done.is_first_over:
        log.warning(
            "old events ask too much",
            action="looks_passed_over",
            most=MOST,
            next="the next refresh looks at what they name; see syncd events list, and set the clocks right",
        )
    for name, count in done.unknown.items():
        log.warning("unknown event", action="unknown_event", type=name, count=count)
    if done.fault is not None:
        log.warning("events wait for the platform", action="events_wait", why=str(done.fault))
