"""Makes outcomes durable, with what each confirmed operation leaves behind in shadow and links (I7)."""

from collections.abc import Mapping, Sequence

from syncd.app.ports import Settled
from syncd.app.store_ports import Store
from syncd.model.links import Link
from syncd.model.objects import Kind, PlatformDepartment, PlatformUser, User
from syncd.plan.effects import fields_after, link_after
from syncd.plan.situation import Situation

NOTED = frozenset({"done", "failed", "skipped"})
Identity = tuple[Kind, str, str]


class Ledger:
    """The journal of one run; what is held or pending is told by its plan and needs no line."""

    def __init__(self, store: Store, run: str, situation: Situation, approved: frozenset[str]) -> None:
        self._store, self._run, self._approved = store, run, approved
        self._objects: dict[str, PlatformUser | PlatformDepartment] = {**situation.users, **situation.departments}
        self._links: dict[Identity, Link] = {
            **{(Kind.USER, *one): link for one, link in situation.user_links.items()},
            **{(Kind.DEPARTMENT, *one): link for one, link in situation.department_links.items()},
        }

    def record(self, settled: Sequence[Settled]) -> None:
        """Make outcomes durable in one transaction, confirmed facts with them; raises `StoreError`."""
        noted = [one for one in settled if one.outcome in NOTED]
        if not noted:
            return
        done = [one for one in noted if one.outcome == "done"]
        objects: dict[str, PlatformUser | PlatformDepartment] = {}
        links: dict[Identity, Link] = {}
        gone: dict[str, Settled] = {}
        for one in done:
            self._take(one, objects, links, gone)
        with self._store.unit_of_work() as work:
            work.runs.record(self._run, noted, self._approved)
            work.approvals.use([one.operation.id for one in done if one.operation.id in self._approved], noted[-1].at)
            work.shadow.put(objects.values(), noted[-1].at, "write")
            for kind in Kind:
                work.shadow.remove(kind, [key for key, one in gone.items() if one.operation.kind is kind])
            work.links.put(links.values())
            work.links.remove([_identity(one) for one in gone.values()])
            work.commit()

    def _take(
        self,
        settled: Settled,
        objects: dict[str, PlatformUser | PlatformDepartment],
        links: dict[Identity, Link],
        gone: dict[str, Settled],
    ) -> None:
        operation, identity = settled.operation, _identity(settled)
        before = self._objects.get(operation.platform_id)
        fields = fields_after(operation, before.fields if before else None)
        link = link_after(operation, self._links.get(identity), settled.platform_id)
        if fields is None or link is None:
            gone[settled.platform_id] = settled
            objects.pop(settled.platform_id, None)
            links.pop(identity, None)
            self._objects.pop(settled.platform_id, None)
            self._links.pop(identity, None)
            return
        if isinstance(fields, User):
            known = before if isinstance(before, PlatformUser) else None
            after: PlatformUser | PlatformDepartment = PlatformUser(
                settled.platform_id, fields, known.is_admin if known else False, known.status if known else None
            )
        else:
            after = PlatformDepartment(settled.platform_id, fields)
        objects[settled.platform_id] = self._objects[settled.platform_id] = after
        links[identity] = self._links[identity] = link


def _identity(settled: Settled) -> Identity:
    return (settled.operation.kind, settled.operation.source, settled.operation.key)


def outcome_counts(settled: Sequence[Settled]) -> Mapping[str, int]:
    """Count operations by outcome."""
    counts: dict[str, int] = {}
    for one in settled:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    return counts
