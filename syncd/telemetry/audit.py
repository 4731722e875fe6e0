"""What people decided, as log lines."""

import structlog

from syncd.model.audit import AuditRecord, content


def log_decisions(records: tuple[AuditRecord, ...]) -> None:
    """Log each record: its canonical form, by which its hash and the one before can be proved elsewhere."""
    log = structlog.get_logger()
    for one in records:
        said = content(one)
        about = dict(said.personal or {})
        log.info(
            "decided", action="audit", does=said.action, number=one.number, hash=one.hash, record=one.text, **about
        )
