"""What becomes of events, in the log."""

import structlog

from syncd.app.ingest import Ingestion
from syncd.app.reconcile import Report
from syncd.errors import SyncdError


def log_followed(what: Ingestion | Report | SyncdError) -> None:
    """Log what was ingested, a small plan that was carried out, or a fault after which it is tried again."""
    log = structlog.get_logger()
    if isinstance(what, SyncdError):
        log.warning("events wait", action="events_wait", why=str(what))
    elif isinstance(what, Report):
        log.info(
            "drift healed",
            action="drift_healed",
            run=what.run.run,
            outcome=what.run.outcome,
            counts=dict(what.run.counts),
        )
    else:
        states = {str(state): count for state, count in what.states.items()}
        log.info("events ingested", action="events_ingested", drifted=len(what.drifted), wait=what.postponed, **states)
        if what.fault is not None:
            log.warning("events wait for the platform", action="events_wait", why=str(what.fault))
