"""What people are told of by `[notify]`, as JSON (DESIGN 4, notify)."""

from collections.abc import Sequence
from typing import Any

from syncd.app.notification import News
from syncd.app.records import FacesRecord
from syncd.model.visible import shortened, visible
from syncd.plan.values import Leaver, Plan
from syncd.report.audit import audit_form, audit_line
from syncd.report.faces import faces_form
from syncd.report.leavers import leaver_form
from syncd.report.run_form import counts_text, run_form
from syncd.report.run_summary import command, summary_form

MOST_LINES = 10
MOST_OF_A_NAME = 200  # characters
NO_PLAN = Plan("", "", "", "", "")


def news_form(news: News) -> dict[str, Any]:
    """Return the contract's JSON object of a run; that of a pass of faces has no run's name, and `faces` beside it.

    `summary` counts operations by kind and action, `message` is a sentence, `command` shows more. Where it tells of
    leavers, `leaving` has those whose grace began and `ending` those whose grace ends within a day.
    Where it tells of decisions, `audit` has the records, and there is no run.
    """
    plan = news.plan or NO_PLAN
    told = run_form(news.run, news.results) | summary_form(news.run, plan, news.results)
    return told | (_faces(news, news.faces, plan) if news.faces else {}) | _leavers(news) | _decisions(news)


def _decisions(news: News) -> dict[str, Any]:
    if not news.audit:
        return {}
    told = [audit_line(one) for one in news.audit[:MOST_LINES]]
    told += [f"and {len(news.audit) - MOST_LINES} more"] if len(news.audit) > MOST_LINES else []
    return {
        "audit": [audit_form(one) for one in news.audit],
        "message": "\n".join(told),
        "command": "syncd audit list",
    }


def _faces(news: News, faces: FacesRecord, plan: Plan) -> dict[str, Any]:
    is_held = news.run.outcome == "held"
    message = f"faces: {news.run.outcome}: {counts_text(news.run.counts)}"
    return {
        "faces": faces_form(faces),
        "message": message,
        "command": command(news.run, plan) if is_held and plan.operations else "syncd status",
    }


def _leavers(news: News) -> dict[str, Any]:
    leaving, ending = ([leaver_form(leaver) for leaver in some] for some in (news.leaving, news.ending))
    if not (leaving or ending):
        return {}
    told = [*_told("in grace since this run", news.leaving), *_told("in grace for less than a day", news.ending)]
    return {"leaving": leaving, "ending": ending, "message": "; ".join(told), "command": "syncd leavers"}


def _told(what: str, leavers: Sequence[Leaver]) -> list[str]:
    names = ", ".join(shortened(visible(leaver.name or leaver.key), MOST_OF_A_NAME) for leaver in leavers)
    return [f"{what}: {names}"] if leavers else []
