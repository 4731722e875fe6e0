"""What people are told of by `[notify]`, as JSON (DESIGN 4, notify)."""

from typing import Any

from syncd.app.notification import News
from syncd.report.faces import faces_form
from syncd.report.run_form import run_form


def news_form(news: News) -> dict[str, Any]:
    """Give the contract's JSON object of a run; that of a pass of faces has no run's name, and `faces` beside it."""
    return run_form(news.run, news.results) | ({"faces": faces_form(news.faces)} if news.faces else {})
