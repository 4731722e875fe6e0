"""Passes of faces, and what is known of one face, as JSON and as text."""

from collections.abc import Iterator
from typing import Any

from syncd.app.face_giving import Outcome
from syncd.app.faces import FacesReport
from syncd.app.records import FacesRecord
from syncd.model.faces import Face
from syncd.report.messages import ENGLISH, Words
from syncd.report.plan_text import guards_text
from syncd.report.run_form import iso


def faces_form(record: FacesRecord) -> dict[str, Any]:
    """Give a pass of faces as a JSON object."""
    return {
        "started_at": iso(record.started_at),
        "finished_at": iso(record.finished_at),
        "outcome": record.outcome,
        "exit": record.exit,
        "counts": dict(record.counts),
        "why": record.why,
    }


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


def known_form(face: Face) -> dict[str, Any]:
    """Give what is known of one face as a JSON object; hashes are SHA-256 in hex."""
    return {
        "state": str(face.state),
        "at": iso(face.at),
        "code": face.code,
        "message": face.message,
        "sent": face.sent or None,
        "tries": face.tries,
    }


def known_text(face: Face, words: Words = ENGLISH) -> str:
    """Say in one line what is known of a face."""
    state = words.word("face_outcome", face.state)
    said = " ".join(filter(None, [face.code, face.message]))
    return f"{state} {iso(face.at)}{f': {said}' if said else ''}"
