"""`revert RUN`: the inverse of a run from its journal, planned, guarded, carried out and recorded like any run."""

from collections.abc import Callable

import msgspec

from syncd.app.apply import Progress
from syncd.app.approve import grant, rule_of
from syncd.app.bindings import Bindings, check_bindings
from syncd.app.draw_up import UNDONE, Drawn, Reads, context_of, history_of, read_platform, undone_before
from syncd.app.leasing import alone
from syncd.app.ledger import remembered_generations
from syncd.app.reconcile import Report, Request, carried_out
from syncd.app.records import RunRecord
from syncd.app.refreshing import refresh
from syncd.app.run_ends import begun, only_read
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.store_ports import Store
from syncd.app.world import World
from syncd.errors import ApprovalUnknown, StoreError
from syncd.mapping.desire import Moment
from syncd.mapping.normal_forms import comparable
from syncd.model.audit import AuditAction, AuditEntry, Details
from syncd.model.desired import Desired
from syncd.plan.alteration import is_called
from syncd.plan.certificate import PLATFORM, certify_platform
from syncd.plan.forgetting import is_forgotten
from syncd.plan.invert import make_inverse
from syncd.plan.json_form import from_json, to_json
from syncd.plan.letter_case import as_listed
from syncd.plan.situation import survey
from syncd.plan.undoing import Net, net_changes
from syncd.plan.values import Plan


class NoSuchRun(StoreError):
    """The store has no run of this name, or more than one whose name begins so."""


class Past(msgspec.Struct, frozen=True):
    """A run that is to be undone: its id, and what it did to each object in all."""

    run: str
    nets: tuple[Net, ...]


def past(store: Store, run: str) -> Past:
    """Give what a run did; raises `NoSuchRun`."""
    with store.reading() as work:
        found = work.runs.get(run)
        journal = work.runs.results(found[0].run) if found else {}
    if found is None:
        raise NoSuchRun(f"no run, or more than one, begins with {run}; `syncd history` names the runs")
    done = {operation_id: line for operation_id, line in journal.items() if line["outcome"] == "done"}
    operations = (one for one in from_json(found[1]).operations if one.id in done and not is_forgotten(one))
    return Past(found[0].run, net_changes(operations, {one: line["platform_id"] for one, line in done.items()}))


async def draw_inverse(world: World, run: Past) -> Drawn:
    """Read the platform and make the plan that undoes a run; the only thing written is the shadow's own refresh.

    Raises `PlatformError`, and `ConfigurationError` where the store belongs to another company or owner.
    """
    moment = world.moment()
    with world.store.reading() as work:
        facts, links = work.facts.all(), work.links.all()
    (mirror, gaps), company = await read_platform(world)
    found = Bindings.of(company, world.decisions.policy, ())
    check_bindings(found, facts)
    links = as_listed(links, mirror)
    certificates = {PLATFORM: certify_platform(mirror, links, world.decisions.shrink, gaps)}
    mirror = refresh(world.store, mirror, moment.now, links)
    reads = Reads((), Desired(), mirror, certificates, found, links, facts)
    return inverse_from(world, reads, moment, run)


def inverse_from(world: World, reads: Reads, moment: Moment, run: Past) -> Drawn:
    """Make the plan that undoes a run of what was read, with the approvals that the store has now."""
    decisions = world.decisions
    generations = remembered_generations(reads.facts)
    situation = survey(reads.desired, reads.mirror, reads.links, decisions.policy, moment.now, generations)
    history = history_of(world, reads.facts, moment.now, ())
    context = context_of(world, reads, moment)
    plan = make_inverse(situation, run.nets, decisions.limits, history, context, comparable)
    return Drawn(plan, situation, reads, moment)


async def revert(
    world: World, run: str, request: Request, stop: Stop, observe: Callable[[Plan | Progress], None]
) -> Report:
    """Undo a run, as far as no guard holds it and nothing has changed since.

    What is undone is remembered, so that the next run does not do it again unasked. Raises `NoSuchRun`,
    `RunInProgress`, `ApprovalUnknown`, before the first write `Interrupted`, `LeaseLost` and every error of
    `draw_inverse`, and after it `RunCut`.
    """
    async with alone(world, stop) as (leased, until):
        undone = past(leased.store, run)
        drawn = await unless_stopped(until, draw_inverse(leased, undone))
        if request.approve and not leased.decisions.read_only:
            _approve(leased, drawn.plan, request)
            drawn = inverse_from(leased, drawn.reads, drawn.moment, undone)
        plan = only_read(drawn.plan) if leased.decisions.read_only else drawn.plan
        observe(plan)
        record = _begin(leased, drawn, plan, undone, request)
        return await carried_out(leased, drawn, plan, record, (until, observe))


def _approve(world: World, made: Plan, request: Request) -> None:
    if not is_called(made, request.approve):
        raise ApprovalUnknown(
            f"{request.approve} is not the plan that undoes this run now, which is {made.fingerprint}; look at it with "
            "--dry-run and approve its fingerprint"
        )
    with world.store.unit_of_work() as work:
        grant(work, made, request.approval(world.clock()), rule_of(world.decisions))


def _begin(world: World, drawn: Drawn, plan: Plan, undone: Past, request: Request) -> RunRecord:
    """Make the plan durable before its first call, with what it undoes (I7)."""
    run = begun(world.clock(), plan)
    touched = {(one.kind, one.source, one.key) for one in plan.operations if not one.held_by}
    remembered = {(one.kind, one.source, one.key): one for one in undone_before(drawn.reads.facts)}
    for net in undone.nets:
        if (net.kind, *net.identity) in touched:
            remembered[net.kind, net.source, net.key] = net.undone(undone.run)
    with world.store.unit_of_work() as work:
        work.runs.start(run.run, run.started_at, plan.fingerprint, to_json(plan))
        work.facts.put({UNDONE: msgspec.json.encode(tuple(remembered.values())).decode()})
        details: Details = {
            "run": undone.run,
            "by_run": run.run,
            "fingerprint": plan.fingerprint,
            "operations": len(plan.operations),
        }
        entry = AuditEntry(AuditAction.REVERTED, details, {"reason": request.reason})
        work.audit.append(run.started_at, request.actor, (entry,))
        work.commit()
    return run
