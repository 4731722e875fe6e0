"""Passes of faces as JSON, and what is known of one face as JSON and as text."""

from typing import Any

from syncd.app.records import FacesRecord
from syncd.model.faces import Face
from syncd.report.messages import ENGLISH, Words
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
    return f"{state} {words.moment(face.at)}{f': {said}' if said else ''}"
