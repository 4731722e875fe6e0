"""`link` and `unlink`: a person says which entry is which object of the platform."""

import msgspec

from syncd.app.draw_up import Drawn, draw_up
from syncd.app.ledger import generation_facts
from syncd.app.store_ports import Store
from syncd.app.world import World
from syncd.mapping.normal_forms import comparable
from syncd.model.actors import Actor
from syncd.model.audit import AuditAction, AuditEntry
from syncd.model.links import Link
from syncd.model.source import Grade
from syncd.plan.normal_ids import normal_id
from syncd.plan.relinking import Linked, NotLinkable, Relinking, is_present, linked, linked_by
from syncd.plan.who import Whom, everybody


async def link(world: World, key: str, platform_id: str, actor: Actor, source: str = "") -> Linked:
    """Link the entry with this key to an object; nothing is written to the platform.

    Raises `NotLinkable`, `RunInProgress`, and every error of `draw_up`.
    """
    with world.store.lock():
        drawn = await draw_up(world)
        found = linked(drawn.situation, _entry(drawn, key, source), normal_id(platform_id))
        _keep(world, (found,), actor, "")
    return found


async def link_by(world: World, field: str, actor: Actor) -> Relinking:
    """Link every entry without a link that matches one object by a field; give what is not one to one beside it.

    Raises `NotLinkable` where a source is broken: who is only not read would be taken for gone.
    """
    with world.store.lock():
        drawn = await draw_up(world)
        broken = [name for name, one in drawn.reads.certificates.items() if one.grade is Grade.BROKEN]
        if broken:
            raise NotLinkable(f"source {', '.join(broken)} was not read whole, so nobody knows who has left")
        found = linked_by(drawn.situation, field, comparable)
        _keep(world, found.links, actor, field)
    return found


def unlink(store: Store, key: str, actor: Actor, at: float, source: str = "") -> Link:
    """Undo a link: the object stays as it is, is nobody's, and is not taken for ours by its id again.

    Raises `NotLinkable` and `RunInProgress`.
    """
    with store.lock(), store.unit_of_work() as work:
        found = [one for one in work.links.all() if one.key == key and source in ("", one.source)]
        if len(found) != 1:
            raise NotLinkable(_no_link(key, found))
        work.links.remove([(one.kind, one.source, one.key) for one in found])
        work.facts.put(generation_facts(msgspec.structs.replace(one, generation=one.generation + 1) for one in found))
        entry = AuditEntry(AuditAction.UNLINKED, {"kind": str(found[0].kind)}, _about(found[0]))
        work.audit.append(at, actor, (entry,))
        work.commit()
    return found[0]


def _no_link(key: str, found: list[Link]) -> str:
    if not found:
        return f"no object is linked to the key {key}; `syncd export` shows the links"
    return f"{key} is a key of {' and '.join(f'{one.source} ({one.kind})' for one in found)}; say which: --source NAME"


def _entry(drawn: Drawn, key: str, source: str) -> Whom:
    """Give the entry with this key that the directory holds."""
    found = [
        one
        for one in everybody(drawn.situation, drawn.reads.snapshots)
        if one.key == key and source in ("", one.source) and is_present(drawn.situation, one.kind, one.identity)
    ]
    if not found:
        raise NotLinkable(f"no entry of the directory has the key {key}; `syncd explain` shows an entry's key")
    if len(found) > 1:
        raise NotLinkable(f"{key} is the key of {'; '.join(str(one) for one in found)}; say which: --source NAME")
    return found[0]


def _about(link: Link) -> dict[str, str]:
    return {"key": link.key, "source": link.source, "platform_id": link.platform_id}


def _keep(world: World, found: tuple[Linked, ...], actor: Actor, by: str) -> None:
    with world.store.unit_of_work() as work:
        work.links.remove([(one.former.kind, one.former.source, one.former.key) for one in found if one.former])
        work.links.put([one.link for one in found])
        work.audit.append(world.clock(), actor, [_linked_entry(one, by) for one in found])
        work.commit()


def _linked_entry(one: Linked, by: str) -> AuditEntry:
    former = {"former_key": one.former.key, "former_source": one.former.source} if one.former else {}
    return AuditEntry(AuditAction.LINKED, {"kind": str(one.link.kind), "by": by}, {**_about(one.link), **former})
