"""Forgetting what is older than the configuration says (DESIGN 4, retention)."""

import msgspec

from syncd.app.store_ports import Store
from syncd.model.actors import NOBODY


class Retention(msgspec.Struct, frozen=True):
    """How long ingested events and runs with their journal are kept, in seconds; nothing for ever.

    `faces` is for how long pictures that were sent are kept; 0 keeps none. `audit` is for the records of what people
    decided. `counted` is for how long the guards and
    approvals look back: what they count is never forgotten.
    """

    inbox: float | None
    journal: float | None
    counted: float = 0.0
    faces: float | None = 0.0
    audit: float | None = None


class Pruned(msgspec.Struct, frozen=True):
    """How much was forgotten."""

    events: int = 0
    runs: int = 0
    pictures: int = 0
    records: int = 0


def prune(store: Store, retention: Retention, now: float) -> Pruned:
    """Forget what is too old; the latest run stays, for the next one may have to go on with it. Raises `StoreError`."""
    events = runs = pictures = records = 0
    with store.unit_of_work() as work:
        if retention.inbox is not None:
            events = work.inbox.prune(now - retention.inbox)
        if retention.journal is not None:
            before = now - max(retention.journal, retention.counted)
            runs = work.runs.prune(before)
            work.approvals.prune(before)
        if retention.faces is not None:
            pictures = work.faces.forget_pictures(now - retention.faces)
        if retention.audit is not None:
            records = work.audit.prune(now - retention.audit, now, NOBODY)
        work.commit()
    return Pruned(events, runs, pictures, records)
