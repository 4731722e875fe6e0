"""Passes of faces as text."""

from collections.abc import Iterator

from syncd.app.face_giving import Outcome
from syncd.app.faces import FacesReport
from syncd.app.records import FacesRecord
from syncd.report.messages import ENGLISH, Words
from syncd.report.plan_text import guards_text


def faces_text(report: FacesReport, words: Words = ENGLISH) -> str:
    """Give a pass of faces as lines for a terminal: who was not given a face, what is held, and the totals."""
    return "".join(f"{line}\n" for line in _lines(report, words))


def _lines(report: FacesReport, words: Words) -> Iterator[str]:
    for one in report.troubles:
        outcome = words.word("face_outcome", one.outcome)
        what = words.say("faces.of", place=one.locator) if one.locator else words.word("faces", "all")
        said = " ".join(filter(None, [one.code, one.message]))
        yield words.say("terminal.result", outcome=outcome, what=what, message=said)
    if report.held:
        yield from guards_text(report.held.guards, words)
        yield words.say("faces.approve", fingerprint=report.held.fingerprint)
    outcome = words.word("run", report.record.outcome)
    yield words.say("faces.total", outcome=outcome, counts=_counts(report.record, words))


def _counts(record: FacesRecord, words: Words) -> str:
    told = (
        words.say("terminal.count", count=record.counts[one], outcome=words.word("face_outcome", one))
        for one in Outcome
        if record.counts.get(one)
    )
    counts = words.say("list.comma").join(told)
    return "; ".join(filter(None, [counts, record.why])) or words.say("terminal.no_count")
