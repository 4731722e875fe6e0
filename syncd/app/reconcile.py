"""One pass: read, prove, map, diff, order, guard, apply, record."""

import asyncio
from collections.abc import Callable

import msgspec

from syncd.app.apply import Outcome, Progress
from syncd.app.approve import grant, held_plan, rule_of
from syncd.app.draw_up import (
    COMPLETED,
    LIMITED_SINCE,
    UNDONE,
    Drawn,
    concerning,
    draw_up,
    drawn_from,
    undone_before,
)
from syncd.app.execution import execute
from syncd.app.forgetting import confirmed_gone
from syncd.app.leasing import alone, begun_already
from syncd.app.ledger import generation_facts
from syncd.app.planning_again import with_lessons_used
from syncd.app.ports import Settled
from syncd.app.records import (
    APPLIED,
    APPLIED_SCOPE,
    BROUGHT,
    GOOD_AT,
    HELD_FACES,
    READ_AT,
    Approval,
    HeldPlan,
    RunRecord,
)
from syncd.app.run_ends import begun, ended, is_only_read, only_read
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.underway import carrying_out
from syncd.app.world import World
from syncd.errors import ApprovalUnknown
from syncd.model.actors import NOBODY, Actor
from syncd.model.links import Link
from syncd.model.source import Grade
from syncd.plan.alteration import is_called
from syncd.plan.confining import also_in
from syncd.plan.effects import forgotten, remembered
from syncd.plan.json_form import to_json
from syncd.plan.repeating import still_undone
from syncd.plan.values import Plan, is_unproven

GONE = ("no_longer_applies", "it is not in the plan as it is made now, so it no longer applies")
WAITS = ("", "it waits for something, or makes way for something, that the plan file does not have")


class Request(msgspec.Struct, frozen=True):
    """What was asked for: a fingerprint to approve and by whom, a plan to which `apply` is confined, or whom alone."""

    approve: str = ""
    actor: Actor = NOBODY
    reason: str = ""
    only_plan: Plan | None = None
    only: tuple[str, ...] = ()

    def approval(self, now: float) -> Approval:
        """Return the approval that is asked for, of operations that are not named yet."""
        return Approval(self.approve, (), str(self.actor), self.reason, now, self.actor)


class Report(msgspec.Struct, frozen=True):
    """What a run did; `approvals` has those by which operations of it passed its guards."""

    run: RunRecord
    plan: Plan
    results: tuple[Settled, ...]
    approvals: tuple[Approval, ...] = ()


async def reconcile(
    world: World,
    request: Request,
    stop: Stop,
    observe: Callable[[Plan | Progress], None],
) -> Report:
    """Bring the platform to what the directory says, as far as no guard holds it.

    Raises `RunInProgress`, `ApprovalUnknown`, `NobodyMeant`, before the first write `Interrupted`, `LeaseLost` and
    every error of `draw_up`, and after it `RunCut`.
    """
    async with alone(world, stop) as (leased, until):
        drawn = await unless_stopped(until, draw_up(leased))
        if request.approve and not leased.decisions.read_only:
            _approve(leased, _chosen(drawn, request.only), request)
            drawn = await asyncio.to_thread(drawn_from, leased, drawn.reads, drawn.moment)
        plan, missing = _confined(_chosen(drawn, request.only), request.only_plan)
        plan = only_read(plan) if leased.decisions.read_only else plan
        observe(plan)
        missed = forgotten(drawn.situation, drawn.reads.blocked)
        gone = await unless_stopped(until, confirmed_gone(leased.platform, missed))
        run = await asyncio.to_thread(_begin, leased, drawn, plan, gone)
        with begun_already(), carrying_out(run.run):
            results = await execute(leased, drawn, plan, run.run, (until, observe))
            is_whole = _is_whole(plan, drawn)
            if is_whole:
                carried = (drawn, plan, results)
                plan, results = await with_lessons_used(leased, carried, run, (until, observe))
            report = Report(run, plan, (*results, *missing))
            return _end(leased, drawn, report, until, is_whole=is_whole)


async def carried_out(
    world: World, drawn: Drawn, plan: Plan, run: RunRecord, watch: tuple[Stop, Callable[[Plan | Progress], None]]
) -> Report:
    """Carry out a plan that is durable, and record how its run ended. Raises `RunCut`."""
    stop, _ = watch
    with begun_already(), carrying_out(run.run):
        results = await execute(world, drawn, plan, run.run, watch)
        record = ended(run, world.clock(), results, stopped=stop.exit if stop.is_set() else 0, is_held=False)
        with world.store.unit_of_work() as work:
            work.runs.finish(record)
            approvals = work.approvals.used_by([record]).get(record.run, ())
            work.commit()
    return Report(record, plan, results, approvals)


def _approve(world: World, made: Plan, request: Request) -> None:
    with world.store.unit_of_work() as work:
        plan = made if is_called(made, request.approve) else held_plan(work, request.approve)
        if plan is None:
            raise ApprovalUnknown(
                f"{request.approve} is neither the plan just made ({made.fingerprint}) nor one that is held; "
                "look at `syncd plan` and approve its fingerprint"
            )
        grant(work, plan, request.approval(world.clock()), rule_of(world.decisions))


def _chosen(drawn: Drawn, who: tuple[str, ...]) -> Plan:
    """Give the plan, or the part of it that concerns some people; raises `NobodyMeant`."""
    return concerning(drawn, who) if who else drawn.plan


def _confined(plan: Plan, wanted: Plan | None) -> tuple[Plan, tuple[Settled, ...]]:
    """Leave the operations that are in both plans; the others of the wanted one are skipped (DESIGN 6, apply)."""
    if wanted is None:
        return plan, ()
    part, missing = also_in(plan, wanted)
    fresh = {one.id for one in plan.operations}
    return part, tuple(
        Settled(one, Outcome.SKIPPED, *(WAITS if one.id in fresh else GONE), one.platform_id) for one in missing
    )


def _begin(world: World, drawn: Drawn, plan: Plan, gone: tuple[Link, ...]) -> RunRecord:
    """Make the plan durable before its first call, with what the reads prove (I7)."""
    now = world.clock()
    run = begun(now, plan)
    is_proven = all(one.grade is Grade.WHOLE for one in drawn.reads.certificates.values())
    is_held = any(operation.held_by for operation in plan.operations)
    # Nobody has looked at an unproven read whose plan is empty: what it lacks is then not taken for gone.
    is_accepted = is_proven or (bool(plan.operations) and not is_held and _is_whole(plan, drawn))
    # All of it is made before the store is written to, for which events would have to wait.
    text = to_json(plan)
    facts = {**drawn.reads.bindings.facts, READ_AT: repr(drawn.moment.now)}
    former, renewed = (*_superseded(drawn), *gone), remembered(drawn.situation, drawn.reads.blocked)
    if is_accepted:
        facts |= generation_facts(gone) | _still_undone(drawn) | drawn.reads.counts()
    # The whole plan tells, not the part of it that a file may have been cut to.
    is_new = any("configuration" in operation.held_by for operation in drawn.plan.operations)
    # A read that nobody has looked at proves nothing of what the configuration now means.
    is_looked_at = bool(drawn.plan.operations) or not is_unproven(drawn.plan)
    if not is_new and is_looked_at and not is_only_read(plan):
        facts |= {
            APPLIED: world.decisions.config_fingerprint,
            APPLIED_SCOPE: _json(world.decisions.scope),
            BROUGHT: "[]",
        }
    faces = drawn.reads.facts.get(HELD_FACES, "")
    with world.store.unit_of_work() as work:
        work.runs.start(run.run, run.started_at, plan.fingerprint, text)
        work.facts.put(facts)
        work.links.put(drawn.reads.recased)
        if is_accepted:
            work.links.remove([(link.kind, link.source, link.key) for link in former])
            work.links.put(renewed)
        if is_held and not is_only_read(plan):
            guards = tuple(sorted({name for operation in plan.operations for name in operation.held_by}))
            work.held.hold(HeldPlan(plan.fingerprint, text, now, guards))
            if _is_whole(plan, drawn):
                work.held.keep_only([plan.fingerprint, faces])
        elif not is_held and _is_whole(plan, drawn):
            work.held.keep_only([faces])
        work.commit()
    return run


def _still_undone(drawn: Drawn) -> dict[str, str]:
    """Give what `revert` undid and the directory still wants, as a fact; nothing where there is nothing to forget."""
    known = undone_before(drawn.reads.facts)
    kept = still_undone(drawn.situation, drawn.plan.operations, known)
    return {UNDONE: _json(kept)} if kept != known else {}


def _superseded(drawn: Drawn) -> list[Link]:
    """Give the stored links that gave way to others when both sides were read."""
    kept = {(link.kind, link.source, link.key) for link in drawn.situation.links()}
    return [link for link in drawn.reads.links if (link.kind, link.source, link.key) not in kept]


def _is_whole(plan: Plan, drawn: Drawn) -> bool:
    """Tell whether a plan is all that was drawn up, not confined to a file."""
    return len(plan.operations) == len(drawn.plan.operations)


def _end(world: World, drawn: Drawn, report: Report, stop: Stop, *, is_whole: bool) -> Report:
    """Record how a run ended; `is_whole` says that its plan was all that was drawn up."""
    plan, results = report.plan, report.results
    broken = any(one.grade is Grade.BROKEN for one in drawn.reads.certificates.values())
    stopped = stop.exit if stop.is_set() else 0
    unproven = not plan.operations and is_unproven(plan)
    record = ended(report.run, world.clock(), results, stopped=stopped, is_held=broken, is_unproven=unproven)
    with world.store.unit_of_work() as work:
        work.runs.finish(record)
        if record.outcome == "done" and is_whole:
            good_at = repr(record.finished_at)
            is_first = bool(plan.operations) and COMPLETED not in drawn.reads.facts
            work.facts.put({GOOD_AT: good_at} | ({COMPLETED: "true", LIMITED_SINCE: good_at} if is_first else {}))
        approvals = work.approvals.used_by([record]).get(record.run, ())
        work.commit()
    return msgspec.structs.replace(report, run=record, approvals=approvals)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
