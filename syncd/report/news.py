"""What people are told of by `[notify]`, as JSON (DESIGN 4, notify)."""

from typing import Any

from syncd.app.notification import News
from syncd.report.faces import faces_form
from syncd.report.leavers import leaver_form
from syncd.report.run_form import run_form


def news_form(news: News) -> dict[str, Any]:
    """Return the contract's JSON object of a run; that of a pass of faces has no run's name, and `faces` beside it.

    Where it tells of leavers, `leaving` has those whose grace began and `ending` those whose grace ends within a day.
    """
    faces = {"faces": faces_form(news.faces)} if news.faces else {}
    return run_form(news.run, news.results) | faces | _leavers(news)


def _leavers(news: News) -> dict[str, Any]:
    leaving, ending = ([leaver_form(leaver) for leaver in some] for some in (news.leaving, news.ending))
    return {"leaving": leaving, "ending": ending} if leaving or ending else {}
