"""Operations that failed again and again: a daemon sends each of them again at growing distances."""

from collections.abc import Iterable, Mapping

import msgspec

from syncd.app.ports import Settled
from syncd.app.records import Failures
from syncd.app.store_ports import Store, UnitOfWork
from syncd.plan.values import Operation

SKIPPED = "skipped"
WAITS = "waits_after_failure"
LOOKED_BACK = 7 * 86400.0  # seconds
FIRST_WAIT = 900.0  # seconds after the second failure; doubled after each further one
DOUBLED = 10  # times at most, which is more than MOST
MOST = 86400.0  # seconds
SHOWN_MESSAGE = 200  # characters


class Failing(msgspec.Struct, frozen=True):
    """An operation that failed in the latest runs; a daemon sends it again at `next_at`, seconds since the epoch."""

    kind: str
    action: str
    key: str
    name: str
    times: int
    code: str
    message: str
    next_at: float


def next_attempt(found: Failures) -> float:
    """Return when an operation is sent again, in seconds since the epoch: at once after one failure, then later."""
    return found.at + (min(FIRST_WAIT * 2 ** min(found.times - 2, DOUBLED), MOST) if found.times > 1 else 0.0)


def waiting(store: Store, operations: Iterable[Operation], now: float) -> tuple[Settled, ...]:
    """Return the outcome of each operation that is not sent in this run, for it failed too often of late.

    What a guard holds has its outcome already, and what somebody has approved since it failed does not wait.
    """
    since = now - LOOKED_BACK
    with store.reading() as work:
        failures = {one.operation: one for one in work.runs.failures(since)}
        approvals = work.approvals.all(since) if failures else ()
    approved = {operation: one.at for one in approvals for operation in one.operations}
    found = []
    for operation in operations:
        known = failures.get(operation.id)
        if known is None or operation.held_by or next_attempt(known) <= now:
            continue
        if approved.get(operation.id, since) <= known.at:
            found.append(Settled(operation, SKIPPED, WAITS, _told(known), operation.platform_id, now))
    return tuple(found)


def _told(known: Failures) -> str:
    code = f"{known.code}: " if known.code else ""
    return f"it failed {known.times} times, the last time with {code}{known.message[:SHOWN_MESSAGE]}; it waits"


def failing(work: UnitOfWork, names: Mapping[str, str], since: float, now: float) -> tuple[Failing, ...]:
    """Return the operations that failed, or waited after failures, in the runs since then, in the order of their turns.

    `names` has what objects are called, by the id of an operation.
    """
    wanted = work.runs.unsuccessful(since, WAITS)
    found = [
        Failing(
            one.kind,
            one.action,
            one.key,
            names.get(one.operation, ""),
            one.times,
            one.code,
            one.message,
            next_attempt(one),
        )
        for one in work.runs.failures(now - LOOKED_BACK)
        if one.operation in wanted
    ]
    return tuple(sorted(found, key=lambda one: (one.next_at, one.kind, one.key)))
