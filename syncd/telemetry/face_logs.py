"""Passes of faces, logged: a line for each pass that did or waits for anything, and one for each face not given."""

import logging

import structlog

from syncd.app.faces import FacesReport


def log_faces(report: FacesReport) -> None:
    """Log how a pass of faces ended; nothing of whom it was about but the key."""
    record = report.record
    for one in report.troubles:
        structlog.get_logger().warning(
            "face not given",
            action="face_not_given",
            key=one.key,
            outcome=one.outcome,
            code=one.code,
            message=one.message,
        )
    structlog.get_logger().log(
        logging.INFO if record.exit == 0 else logging.WARNING,
        "faces",
        action="faces",
        outcome=record.outcome,
        exit=record.exit,
        why=record.why,
        seconds=round(record.finished_at - record.started_at, 3),
        **{str(outcome): count for outcome, count in record.counts.items()},
    )
