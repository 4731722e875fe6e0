"""How a run begins and ends in the store, whatever it carries out."""

import secrets
import time
from collections.abc import Sequence

import msgspec

from syncd.app.apply import Outcome
from syncd.app.ports import Settled
from syncd.app.records import RunRecord
from syncd.plan.values import Guard, Plan

READ_ONLY = "read_only"
_READ_ONLY = "platform.read_only is true, so nothing is written; set it to false; nothing is approved meanwhile"


def begun(now: float, plan: Plan) -> RunRecord:
    """Give the record of a run that begins now, in seconds since the epoch."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    return RunRecord(f"{stamp}-{secrets.token_hex(2)}", now, plan.fingerprint)


def ended(
    run: RunRecord, now: float, results: Sequence[Settled], *, stopped: int, is_held: bool, is_unproven: bool = False
) -> RunRecord:
    """Give the record of a run that ends now; `stopped` is the exit code of the signal that stopped it, or 0.

    `is_held` says that something waits beside the results, `is_unproven` that nothing was planned on an unproven read.
    """
    outcome, code = _outcome(results, stopped=stopped, is_held=is_held, is_unproven=is_unproven)
    counts: dict[str, int] = {}
    for one in results:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    return msgspec.structs.replace(run, finished_at=now, outcome=outcome, exit=code, counts=counts)


def run_seconds(run: RunRecord, began: float | None = None) -> float:
    """Give how long a run took that has ended: since its reading `began`, in seconds since the epoch, or its plan."""
    return (run.finished_at or run.started_at) - (run.started_at if began is None else began)


def only_read(plan: Plan) -> Plan:
    """Hold everything: the administrator says that nothing is to be written."""
    if not plan.operations:
        return plan
    held = tuple(
        msgspec.structs.replace(one, held_by=tuple(sorted({*one.held_by, READ_ONLY}))) for one in plan.operations
    )
    guard = Guard(READ_ONLY, "all", message=_READ_ONLY)
    return msgspec.structs.replace(plan, operations=held, guards=(*plan.guards, guard))


def is_only_read(plan: Plan) -> bool:
    """Tell whether a plan is held because nothing is to be written."""
    return any(READ_ONLY in operation.held_by for operation in plan.operations)


def _outcome(results: Sequence[Settled], *, stopped: int, is_held: bool, is_unproven: bool) -> tuple[str, int]:
    """Give how a run ended and the exit code: of several, the first of 4, 3 (DESIGN 4)."""
    seen = {one.outcome for one in results}
    if stopped and Outcome.PENDING in seen:
        return "interrupted", stopped
    if seen & {Outcome.FAILED, Outcome.SKIPPED, Outcome.PENDING}:
        return "failed" if Outcome.DONE not in seen else "partial", 4
    if Outcome.HELD in seen or is_held:
        return "held", 3
    if is_unproven:
        return "unproven", 3
    return "done", 0
