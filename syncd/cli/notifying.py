"""Telling people of runs; what goes wrong with that is a note, and changes nothing of the run."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.app.notification import Notification
from syncd.app.reconcile import Report
from syncd.cli.session import note
from syncd.errors import ApprovalUnknown, Interrupted, LeaseLost, RunCut, RunInProgress, SyncdError
from syncd.report.run_form import settled_results
from syncd.telemetry.masking import masked_text

OF_THE_MOMENT = (ApprovalUnknown, Interrupted, LeaseLost, RunCut, RunInProgress)


@contextmanager
def faults_told(people: Notification | None) -> Iterator[None]:
    """Tell people where no run comes about, unless only this command at this moment is the matter."""
    try:
        yield
    except OF_THE_MOMENT:
        raise
    except SyncdError as error:
        with _noted():
            if people is not None:
                people.without_run(masked_text(str(error)))
        raise


def tell_of(people: Notification | None, report: Report) -> None:
    """Tell people of a run, if it is due."""
    guards = {name for operation in report.plan.operations for name in operation.held_by}
    with _noted():
        if people is not None:
            people.after(report.run, settled_results(report.results), guards)


@contextmanager
def _noted() -> Iterator[None]:
    try:
        yield
    except SyncdError as error:
        note(f"nobody was told of this run, and the next one tries again: {masked_text(str(error))}")
