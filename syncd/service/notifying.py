"""Telling people of runs and passes of faces; what goes wrong with that is said, and changes nothing of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncd.app.faces import FacesReport
from syncd.app.notification import News, Notification
from syncd.app.reconcile import Report
from syncd.app.records import RunRecord
from syncd.errors import ApprovalUnknown, Interrupted, LeaseLost, RunCut, RunInProgress, SyncdError
from syncd.plan.guards import GROUPS
from syncd.plan.values import Action, Leaver, Plan
from syncd.report.run_form import settled_results, stored_results
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
    with _said(say):
        if people is not None:
            results, guards = settled_results(report.results), _guards(report.plan)
            news = News(report.run, results, guards, plan=report.plan, leaving=_begun(report))
            people.after(news)


def tell_of_faces(people: Notification | None, report: FacesReport, say: Say) -> None:
    """Tell people of a pass of faces, if it is due, unless it only waits for a run, which tells of itself."""
    with _said(say):
        if people is not None and not report.record.why:
            people.after(_faces_news(report))


def tell_of_decisions(people: Notification | None, say: Say) -> None:
    """Tell people of what was decided since the last time; `say` takes a sentence where nobody could be told."""
    with _said(say, "decision"):
        if people is not None:
            people.of_decisions()


def _faces_news(report: FacesReport) -> News:
    """Give a pass as far as it is like a run: faces that wait by their operations, others by the keys of people."""
    record, held = report.record, report.held
    waiting = [one for one in stored_results(held, {}) if one["outcome"] == "held"] if held else []
    troubles = [
        {"id": one.key, "outcome": str(one.outcome), "code": one.code, "message": masked_text(one.message)}
        for one in report.troubles
    ]
    run = RunRecord(
        "",
        record.started_at,
        held.fingerprint if held else "",
        record.finished_at,
        record.outcome,
        record.exit,
        record.counts,
    )
    return News(run, [*troubles, *waiting], _guards(held) if held else frozenset(), record, report.lasts, held)


def _begun(report: Report) -> tuple[Leaver, ...]:
    """Return those in grace but for those whose first step was held or failed, and who have gone meanwhile."""
    out = {
        result.operation.platform_id
        for result in report.results
        if GROUPS.get(result.operation.action) == "remove"
        and (result.operation.action is Action.REMOVE) == (result.outcome == "done")
    }
    return tuple(leaver for leaver in report.plan.leaving if leaver.platform_id not in out)


def _guards(plan: Plan) -> frozenset[str]:
    return frozenset(name for operation in plan.operations for name in operation.held_by)


@contextmanager
def _said(say: Say, what: str = "run") -> Iterator[None]:
    try:
        yield
    except SyncdError as error:
        say(f"nobody was told of this {what}, and the next one tries again: {masked_text(str(error))}")
