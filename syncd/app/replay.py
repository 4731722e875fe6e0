"""`events replay` and `events discard`: events are ingested again, or never."""

from syncd.app.records import EventState, Ingested
from syncd.app.store_ports import Store
from syncd.errors import StoreError
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry


class NoSuchEvent(StoreError):
    """The inbox has no event of this id."""


def replay(store: Store, event_id: int, actor: Actor, at: float) -> None:
    """Let one event be pending again; raises `NoSuchEvent`."""
    with store.unit_of_work() as work:
        found = work.inbox.get(event_id)
        if found is None:
            raise NoSuchEvent(f"there is no event {event_id} in the inbox; `syncd events list` names those there are")
        if not found.body:
            raise NoSuchEvent(f"event {event_id} is a repetition of which no body is kept; replay the first of them")
        work.inbox.settle([Ingested(event_id, EventState.PENDING, found.objects)])
        work.audit.append(at, actor, (AuditEntry(AuditAction.REPLAYED, {"event": event_id, "was": str(found.state)}),))
        work.commit()


def discard(store: Store, event_id: int, actor: Actor, at: float) -> None:
    """Let one event be dead, whatever it is now, so that nothing follows from it; raises `NoSuchEvent`."""
    with store.unit_of_work() as work:
        found = work.inbox.get(event_id)
        if found is None:
            raise NoSuchEvent(f"there is no event {event_id} in the inbox; `syncd events list` names those there are")
        work.inbox.settle([Ingested(event_id, EventState.DEAD, found.objects, f"discarded by {actor}")])
        work.audit.append(at, actor, (AuditEntry(AuditAction.DISCARDED, {"event": event_id, "was": str(found.state)}),))
        work.commit()


def replay_all(store: Store, state: EventState, actor: Actor, at: float) -> int:
    """Let every event of a state be pending again; give how many those are."""
    with store.unit_of_work() as work:
        count = work.inbox.reopen(state)
        if count:
            work.audit.append(at, actor, (AuditEntry(AuditAction.REPLAYED, {"events": count, "was": str(state)}),))
        work.commit()
    return count
