"""`db rebuild`: a new store in place of a lost one, from the platform and the directory."""

import msgspec

from syncd.app.draw_up import draw_up
from syncd.app.world import World
from syncd.errors import StoreError
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry
from syncd.plan.rebuilding import Rebuilt, rebuilt


class Rebuilding(msgspec.Struct, frozen=True):
    """What was found again, and how many objects of the platform belong to nobody."""

    found: Rebuilt
    strangers: int


async def rebuild(world: World, actor: Actor) -> Rebuilding:
    """Link again all that is known as ours by its id; nothing is written to the platform.

    Raises `StoreError` where the store knows links already, `RunInProgress`, and every error of `draw_up`.
    """
    with world.store.lock():
        with world.store.reading() as work:
            known = sum(work.links.count().values())
        if known:
            raise StoreError(
                f"the store {world.store.name} knows {known} links, so it is not lost; to begin anew move it away first"
            )
        drawn = await draw_up(world)
        found = rebuilt(drawn.situation, next(iter(world.decisions.rules)))
        with world.store.unit_of_work() as work:
            work.links.put((*found.links, *found.leavers))
            work.facts.put(drawn.reads.bindings.facts)
            details = {"linked": len(found.links), "leavers": len(found.leavers)}
            work.audit.append(world.clock(), actor, (AuditEntry(AuditAction.REBUILT, details),))
            work.commit()
    return Rebuilding(found, len(drawn.plan.unmanaged) - len(found.leavers))
