"""The rest of a run, planned again once a refusal has taught something of the platform (DESIGN 6, departments)."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from syncd.app.apply import Outcome, Progress
from syncd.app.draw_up import UNIQUE_NAMES, Drawn, draw_up, drawn_from
from syncd.app.execution import execute
from syncd.app.ports import Settled
from syncd.app.records import RunRecord
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.world import World
from syncd.errors import Interrupted, PlatformError, SourceError
from syncd.model.objects import Kind
from syncd.plan.json_form import to_json
from syncd.plan.values import Operation, Plan

NOT_DONE = frozenset({Outcome.FAILED, Outcome.SKIPPED})


async def with_lessons_used(
    world: World,
    carried: tuple[Drawn, Plan, tuple[Settled, ...]],
    run: RunRecord,
    watch: tuple[Stop, Callable[[Plan | Progress], None]],
) -> tuple[Plan, tuple[Settled, ...]]:
    """Carry out the rest of a run by a plan that knows what its refusals taught; return the plan and results of it all.

    Both sides are read again. What passed the guards in the first plan passes them in the second, everything else is
    judged anew. The second plan is durable, as that of the same run, before its first call (I7). Where a side cannot be
    read again the run ends with what it has done. Raises what `execute` raises.
    """
    drawn, plan, results = carried
    stop, observe = watch
    if stop.is_set() or not await asyncio.to_thread(_has_learned, world, drawn):
        return plan, results
    try:
        again = await unless_stopped(stop, draw_up(world))
    except (Interrupted, PlatformError, SourceError):
        return plan, results  # the next run uses what was learned
    again = await asyncio.to_thread(drawn_from, world, again.reads, again.moment, _passed_before(plan, again.plan))
    rest = again.plan
    kept = _settled_for_good(results, rest.operations)
    whole = msgspec.structs.replace(
        rest,
        operations=(*(each.operation for each in kept), *rest.operations),
        fingerprint=plan.fingerprint,
    )
    await asyncio.to_thread(_make_durable, world, run.run, whole)
    observe(rest)
    return whole, (*kept, *await execute(world, again, rest, run.run, watch))


def _has_learned(world: World, drawn: Drawn) -> bool:
    """Whether this run has found that the platform refuses one name of departments twice under one parent."""
    with world.store.reading() as work:
        return work.facts.all().get(UNIQUE_NAMES) != drawn.reads.facts.get(UNIQUE_NAMES)


def _passed_before(plan: Plan, again: Plan) -> frozenset[str]:
    """Return the ids of the operations on objects of which every operation passed the guards of the first plan."""
    held = {_object(each) for each in plan.operations if each.held_by}
    passed = {_object(each) for each in plan.operations} - held
    return frozenset(each.id for each in again.operations if _object(each) in passed)


def _object(operation: Operation) -> tuple[Kind, str]:
    return (operation.kind, operation.platform_id)


def _settled_for_good(results: Iterable[Settled], rest: Iterable[Operation]) -> tuple[Settled, ...]:
    """Return the results that the second plan does not replace: what was done, and what it does not try again."""
    operations = tuple(rest)
    ids = {each.id for each in operations}
    objects = {_object(each) for each in operations}
    return tuple(
        each
        for each in results
        if each.operation.id not in ids and not (each.outcome in NOT_DONE and _object(each.operation) in objects)
    )


def _make_durable(world: World, run: str, plan: Plan) -> None:
    text = to_json(plan)
    with world.store.unit_of_work() as work:
        work.runs.replan(run, text)
        work.commit()
