"""Makes outcomes durable, with what each confirmed operation leaves behind in shadow and links (I7)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from syncd.app.ports import Settled
from syncd.app.store_ports import Store
from syncd.model.links import Link
from syncd.model.objects import Department, Fields, Kind, Object, PlatformDepartment, PlatformUser, fields_of
from syncd.model.rooms import ManagedRoom, PlatformRoom, Room, with_values
from syncd.plan.effects import fields_after, link_after, not_taken
from syncd.plan.forms import read_again, seen, unexplained
from syncd.plan.grace import counted
from syncd.plan.guards import is_counted
from syncd.plan.ingesting import WRITE, Known
from syncd.plan.situation import Generations, Situation
from syncd.plan.values import Action

TOGETHER = 500  # objects in one transaction, where many are noted
AT_ONCE = 64  # outcomes in one transaction: whoever answers an event waits for no longer than that takes
NOTED = frozenset({"done", "failed", "skipped"})
Identity = tuple[Kind, str, str]


class Puzzle(msgspec.Struct, frozen=True):
    """An object that shows something else than what was written, and what was written, by field."""

    link: Link
    written: Mapping[str, str]


class Ledger:
    """The journal of one run; what is held or pending is told by its plan and needs no line."""

    def __init__(self, store: Store, run: str, situation: Situation, approved: frozenset[str]) -> None:
        self._store, self._run, self._approved, self._situation = store, run, approved, situation
        self._objects: dict[str, Object] = {
            key: one for kind in Kind for key, one in situation.objects_of(kind).items()
        }
        self._counted = counted(situation.links())
        self._links: dict[Identity, Link] = {(one.kind, one.source, one.key): one for one in situation.links()}

    def record(self, settled: Sequence[Settled]) -> None:
        """Make outcomes durable, and with each what it confirms; raises `StoreError`."""
        noted = [one for one in settled if one.outcome in NOTED]
        for start in range(0, len(noted), AT_ONCE):
            self._record(noted[start : start + AT_ONCE])

    def _record(self, noted: Sequence[Settled]) -> None:
        done = [one for one in noted if one.outcome == "done"]
        left = _Left()
        for one in done:
            self._take(one, left)
        for one in noted:
            self._remember_refused(one, left)
        with self._store.unit_of_work() as work:
            work.runs.record(self._run, noted, self._approved, self._further_steps(noted))
            work.approvals.use([one.operation.id for one in done if one.operation.id in self._approved], noted[-1].at)
            work.shadow.put(left.objects.values())
            for kind in Kind:
                work.shadow.remove(kind, [one.platform_id for one in left.gone if one.operation.kind is kind])
            work.links.put(left.links.values())
            work.links.remove(left.unlinked)
            work.facts.put(generation_facts(left.former))
            work.faces.remove(left.made_again)
            work.commit()

    def _further_steps(self, noted: Iterable[Settled]) -> frozenset[str]:
        """Return the ids of further steps of somebody's leaving: limits have counted the first (DESIGN 6, leavers)."""
        return frozenset(each.operation.id for each in noted if is_counted(each.operation, self._counted))

    def unseen(self) -> frozenset[tuple[Kind, str]]:
        """Give kind and platform id of the objects of which no read has shown all that was written."""
        return frozenset((link.kind, link.platform_id) for link in self._links.values() if link.unseen)

    def departments(self) -> dict[str, PlatformDepartment]:
        """Give the departments as they stand after what was confirmed, by id."""
        return {key: one for key, one in self._objects.items() if isinstance(one, PlatformDepartment)}

    def puzzles(self, shown: Iterable[Object]) -> list[Puzzle]:
        """Give the objects that show what no known form makes of what was written."""
        objects = {one.id: one for one in shown}
        looked = [link for link in self._links.values() if link.unseen and link.platform_id in objects]
        found = (Puzzle(one, unexplained(one, fields_of(objects[one.platform_id]))) for one in looked)
        return [one for one in found if one.written]

    def note_forms(self, shown: Iterable[Object], asked_at: float, doubtful: Collection[str] = ()) -> None:
        """Note the platform's own forms, as looks after the writes show them; raises `StoreError`.

        In the objects with doubtful ids only what a known form explains is one.
        """
        objects = {one.id: one for one in shown}
        looked = [
            (
                identity,
                (read_again if link.platform_id in doubtful else seen)(link, fields_of(objects[link.platform_id])),
            )
            for identity, link in self._links.items()
            if link.unseen and link.platform_id in objects
        ]
        self._links |= dict(looked)
        # What is noted of one object says nothing of another, and events wait while the store is written to.
        for start in range(0, len(looked), TOGETHER):
            links = [link for _, link in looked[start : start + TOGETHER]]
            with self._store.unit_of_work() as work:
                work.links.put(links)
                work.shadow.put(Known(objects[one.platform_id], asked_at, WRITE) for one in links)
                work.commit()

    def _take(self, settled: Settled, left: "_Left") -> None:
        operation, identity = settled.operation, _identity(settled)
        before = self._objects.get(operation.platform_id)
        fields = fields_after(operation, fields_of(before) if before else None)
        link = link_after(operation, self._links.get(identity), settled.platform_id, settled.at, self._situation.now)
        if link is None:
            left.unlinked.append(identity)
            left.links.pop(identity, None)
            left.former += filter(None, [self._links.pop(identity, None)])
        if fields is None:
            left.gone.append(settled)
            left.objects.pop(settled.platform_id, None)
            self._objects.pop(settled.platform_id, None)
        if fields is None or link is None:
            return
        if operation.action is Action.CREATE:
            if identity in self._links:
                left.made_again.append(identity[1:])
            generation = self._situation.generation(operation.kind, identity[1:], settled.platform_id)
            link = msgspec.structs.replace(link, generation=generation)
        if operation.action is Action.LEAVE:  # nothing was written, and nothing was shown
            left.links[identity] = self._links[identity] = link
            return
        after = _object_after(settled.platform_id, fields, before)
        self._objects[after.id] = after
        left.objects[after.id] = Known(after, settled.at, WRITE)
        left.links[identity] = self._links[identity] = link

    def _remember_refused(self, settled: Settled, left: "_Left") -> None:
        identity = _identity(settled)
        link, there = self._links.get(identity), self._objects.get(settled.platform_id)
        if settled.refused and link is not None:
            shown = fields_of(there) if there else None
            left.links[identity] = self._links[identity] = not_taken(link, settled.refused, shown)


class _Left:
    """What a batch of outcomes leaves behind: objects and links as they are now, and which of them are gone.

    Who was made again has no face, whatever the one before had.
    """

    def __init__(self) -> None:
        self.objects: dict[str, Known] = {}
        self.links: dict[Identity, Link] = {}
        self.gone: list[Settled] = []
        self.unlinked: list[Identity] = []
        self.former: list[Link] = []
        self.made_again: list[tuple[str, str]] = []


def _object_after(platform_id: str, fields: Fields, before: Object | None) -> Object:
    if isinstance(fields, Department):
        return PlatformDepartment(platform_id, fields)
    if isinstance(fields, ManagedRoom):
        room = before.fields if isinstance(before, PlatformRoom) else Room("")
        values = {name: value for name, value in msgspec.structs.asdict(fields).items() if value is not None}
        return PlatformRoom(platform_id, with_values(room, values))
    known = before if isinstance(before, PlatformUser) else PlatformUser(platform_id, fields)
    return PlatformUser(platform_id, fields, known.is_admin, known.status)


def _identity(settled: Settled) -> Identity:
    return (settled.operation.kind, settled.operation.source, settled.operation.key)


GENERATION = "generation."


def generation_facts(gone: Iterable[Link]) -> dict[str, str]:
    """Give what is to be remembered of removed objects whose ids were not of the first generation."""
    return {f"{GENERATION}{one.kind}.{one.source}.{one.key}": str(one.generation) for one in gone if one.generation}


def remembered_generations(facts: Mapping[str, str]) -> Generations:
    """Read those facts; the names of sources have no dots."""
    found = {}
    for name, value in facts.items():
        if name.startswith(GENERATION):
            kind, source, key = name.removeprefix(GENERATION).split(".", 2)
            found[Kind(kind), source, key] = int(value)
    return found
