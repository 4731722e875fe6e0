"""Runs and their operations, logged: a line for each run, and one for each operation that was not simply done."""

import logging

import structlog

from syncd.app.apply import Outcome
from syncd.app.ports import Settled
from syncd.app.reconcile import Report
from syncd.app.run_ends import run_seconds

MOST_LINES = 20


def log_run(report: Report, duty: str = "reconcile", began: float | None = None) -> None:
    """Log how a run ended; of its troubles the first twenty, for the journal has them all (`syncd show RUN`).

    `began` is when its reading began, in seconds since the epoch; else `seconds` is of carrying out its plan.
    """
    run = report.run
    log = structlog.get_logger().bind(run=run.run)
    troubles = [one for one in report.results if one.outcome in (Outcome.FAILED, Outcome.SKIPPED)]
    for one in troubles[:MOST_LINES]:
        _log_trouble(one, run.run)
    log.log(
        logging.INFO if run.outcome == "done" else logging.WARNING,
        "run",
        action="run",
        duty=duty,
        outcome=run.outcome,
        exit=run.exit,
        seconds=round(run_seconds(run, began), 3),
        plan=run.fingerprint,
        **({"approved_by": sorted({approval.who for approval in report.approvals})} if report.approvals else {}),
        **{str(outcome): count for outcome, count in run.counts.items() if count},
    )


def _log_trouble(settled: Settled, run: str) -> None:
    operation = settled.operation
    structlog.get_logger().warning(
        "operation not done",
        action="operation_not_done",
        run=run,
        operation=operation.id,
        key=operation.key,
        kind=operation.kind,
        does=operation.action,
        outcome=settled.outcome,
        code=settled.code,
        message=settled.message,
    )
