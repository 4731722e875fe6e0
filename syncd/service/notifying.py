"""Telling people of runs; what goes wrong with that is said, and changes nothing of the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncd.app.notification import Notification
from syncd.app.reconcile import Report
from syncd.errors import ApprovalUnknown, Interrupted, LeaseLost, RunCut, RunInProgress, SyncdError
from syncd.report.run_form import settled_results
from syncd.telemetry.masking import masked_text

Say = Callable[[str], None]
OF_THE_MOMENT = (ApprovalUnknown, Interrupted, LeaseLost, RunCut, RunInProgress)


@contextmanager
def faults_told(people: Notification | None, say: Say) -> Iterator[None]:
    """Tell people where no run comes about, unless only this command at this moment is the matter.

    `say` takes a sentence where nobody could be told.
    """
    try:
        yield
    except OF_THE_MOMENT:
        raise
    except SyncdError as error:
        with _said(say):
            if people is not None:
                people.without_run(masked_text(str(error)))
        raise


def tell_of(people: Notification | None, report: Report, say: Say) -> None:
    """Tell people of a run, if it is due; `say` takes a sentence where nobody could be told."""
    guards = {name for operation in report.plan.operations for name in operation.held_by}
    with _said(say):
        if people is not None:
            people.after(report.run, settled_results(report.results), guards)


@contextmanager
def _said(say: Say) -> Iterator[None]:
    try:
        yield
    except SyncdError as error:
        say(f"nobody was told of this run, and the next one tries again: {masked_text(str(error))}")
