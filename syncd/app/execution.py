"""Carrying out a plan in a run: creations, journal, and a look at what the platform made of it all."""

from collections.abc import Callable, Iterable, Iterator

from syncd.app.apply import Outcome, Pace, Progress, apply
from syncd.app.carrying_out import CarryingOut
from syncd.app.creation import LISTED, Origin
from syncd.app.draw_up import UNIQUE_NAMES, Drawn
from syncd.app.failing import waiting
from syncd.app.ledger import Ledger
from syncd.app.looking_back import look_back
from syncd.app.ports import Settled
from syncd.app.stopping import Stop
from syncd.app.world import World
from syncd.mapping.facts import Unmappable
from syncd.mapping.joining import Joins
from syncd.mapping.normal_forms import comparable
from syncd.model.objects import Department, Kind
from syncd.plan.effects import fields_after
from syncd.plan.ids import recognized
from syncd.plan.sibling_names import is_taken
from syncd.plan.situation import Situation
from syncd.plan.values import Operation, Plan

Watch = tuple[Stop, Callable[[Plan | Progress], None]]


async def execute(world: World, drawn: Drawn, plan: Plan, run: str, watch: Watch) -> tuple[Settled, ...]:
    """Carry out a plan that is durable, and give the outcome of every operation, in the plan's order."""
    stop, observe = watch
    with world.store.reading() as work:
        approved = work.approvals.valid(world.clock() - world.decisions.approval_life)
        # Without an operation only a link of which no read has shown all that was written has anything to learn.
        links = work.links.all() if plan.operations else work.links.unseen()
    if not plan.operations and not links:
        return ()
    situation = drawn.situation.with_links(links)
    ledger = Ledger(world.store, run, situation, recognized((one.id for one in plan.operations), approved))
    waits = waiting(world.store, plan.operations, world.clock()) if world.waits_after_failures else ()
    pace = Pace(world.decisions.concurrency, world.clock, observe)
    carrying_out = CarryingOut(world.platform, world.passwords, _origin(world, drawn, situation), situation.rooms)
    results = await apply(plan, carrying_out, ledger, stop, pace, waits)
    if not stop.is_set():
        await look_back(world.platform, ledger, world.clock, world.decisions.policy.report_drift)
    if is_taken(_refused_places(results, situation), ledger.departments(), comparable):
        with world.store.unit_of_work() as work:
            work.facts.put({UNIQUE_NAMES: "true"})
            work.commit()
    return results


def _refused_places(results: Iterable[Settled], situation: Situation) -> Iterator[tuple[str, str]]:
    """Give the places, as (parent, name), that the platform refused a department for no listed reason."""
    for one in results:
        operation = one.operation
        if operation.kind is Kind.DEPARTMENT and one.outcome == Outcome.FAILED and one.code and one.code not in LISTED:
            there = situation.departments.get(operation.platform_id)
            wanted = fields_after(operation, there.fields if there else None)
            if isinstance(wanted, Department):
                yield wanted.parent or "", wanted.name


def _origin(world: World, drawn: Drawn, situation: Situation) -> Origin:
    def further_ids(operation: Operation) -> tuple[str, ...]:
        return situation.further_ids(operation.kind, (operation.source, operation.key), operation.platform_id)

    def account_before(operation: Operation) -> str:
        there = situation.users.get(operation.platform_id)
        return there.fields.account if there else ""

    known = frozenset[str]().union(*(situation.objects_of(kind) for kind in Kind))
    return Origin(_wanted_passwords(world, drawn), account_before, further_ids, known)


def _wanted_passwords(world: World, drawn: Drawn) -> Callable[[Operation], str]:
    """Give what `platform.initial_password` says of a user to be made; nothing where it says random."""
    rule = world.initial_password
    if rule is None:
        return lambda _: ""
    snapshots = drawn.reads.snapshots
    entries = {(one.source, entry.key): entry for one in snapshots for entry in one.users}
    joins = Joins(world.decisions.joins, snapshots)

    def wanted(operation: Operation) -> str:
        entry = entries.get((operation.source, operation.key))
        try:
            return rule.text(joins.facts(entry, operation.source, drawn.moment.today)) if entry else ""
        except Unmappable:
            return ""

    return wanted
