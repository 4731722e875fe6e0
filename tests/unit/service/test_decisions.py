"""What people decided leaves the machine without anything waiting for whoever is told."""

from pathlib import Path

from syncd.app.auditing import Outlet
from syncd.app.notification import Event, News, NotDelivered, Notification
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry, AuditRecord
from syncd.service.decisions import PAUSE, DecisionsTold
from syncd.shadow.store import open_store


class Deaf:
    """Cannot be told, and counts how often somebody tried."""

    def __init__(self) -> None:
        self.tried = 0

    def tell(self, event: Event, news: News) -> None:
        """Refuse."""
        assert (event, len(news.audit)) == (Event.AUDIT, 1)
        self.tried += 1
        raise NotDelivered("nobody is there")


def test_who_cannot_be_told_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """Records are logged at once; whoever could not be told is told again after five minutes, not every second."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.unit_of_work() as work:
        work.audit.append(1.0, Actor("anna", 1001), (AuditEntry(AuditAction.KEPT),))
        work.commit()
    now, logged = [100.0], list[AuditRecord]()
    deaf = Deaf()
    people = Notification(store, deaf, ["audit"], lambda: now[0])
    told = DecisionsTold(Outlet(store, "logged", logged.extend), people, lambda: now[0])
    for _ in range(10):
        told()
    assert (len(logged), deaf.tried) == (1, 1)
    now[0] += PAUSE
    told()
    assert (len(logged), deaf.tried) == (1, 2)
    store.close()
