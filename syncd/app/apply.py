"""Carrying out a plan: concurrent along its graph, every outcome durable before anything that waits for it (I7)."""

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

from syncd.app.carrying_out import CarryingOut, refused_alone
from syncd.app.first_fault import first_fault
from syncd.app.ports import Journal, Settled
from syncd.app.stopping import Stop
from syncd.app.underway import begin
from syncd.errors import ConfigurationError, LeaseLost, NotEmpty, PlatformError, PlatformUnreachable, Refused
from syncd.model.objects import Kind
from syncd.plan.values import Action, Operation, Plan
from syncd.wire.codes import Code

HOPELESS = 8
MOST_UNRECORDED = 64  # outcomes that wait to be durable: what a busy machine records in a tenth of a second (I7)
LOST_CREDENTIALS = frozenset(str(int(code)) for code in (Code.TOKEN_MISSING, Code.TOKEN_ILLEGAL, Code.TOKEN_EXPIRED))


class Outcome(StrEnum):
    """How an operation ended (DESIGN 4, a run)."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"
    PENDING = "pending"


class Progress(msgspec.Struct, frozen=True):
    """How far a run has come."""

    settled: int
    total: int
    failed: int = 0


class Pace(msgspec.Struct, frozen=True):
    """How a plan is carried out: so many calls at a time; `clock` gives seconds since the epoch."""

    concurrency: int
    clock: Callable[[], float]
    observe: Callable[[Progress], None]


async def apply(
    plan: Plan,
    carrying_out: CarryingOut,
    journal: Journal,
    stop: Stop,
    pace: Pace,
    waits: Sequence[Settled] = (),
) -> tuple[Settled, ...]:
    """Carry out the operations that no guard holds; give the outcome of every operation, in the plan's order.

    `waits` has the outcomes of operations that are not sent this time; what depends on them is not sent either.
    Once `stop` is set no further call begins, and what is in flight is finished and recorded. The same holds once the
    platform says that the run's lease is lost. Raises `StoreError` where
    an outcome cannot be recorded; no call begins after that.
    """
    run = _Run(plan.operations, carrying_out, journal, stop, pace)
    return await run.outcomes(waits)


class _Run:
    """One walk through the graph."""

    def __init__(
        self,
        operations: Sequence[Operation],
        carrying_out: CarryingOut,
        journal: Journal,
        stop: Stop,
        pace: Pace,
    ) -> None:
        self._operations = {operation.id: operation for operation in operations}
        self._position = {operation_id: place for place, operation_id in enumerate(self._operations)}
        self._carrying_out, self._journal, self._stop, self._pace = carrying_out, journal, stop, pace
        self._dependents: defaultdict[str, list[str]] = defaultdict(list)
        self._waiting: dict[str, int] = {}
        self._settled: dict[str, Settled] = {}
        self._unrecorded: list[Settled] = []
        self._ready: list[tuple[int, str]] = []
        self._changed = asyncio.Condition()
        self._failed = self._hopeless = 0
        self._phases = _phases(operations)
        self._left: list[int] = [len(phase) for phase in self._phases]
        self._phase_of = {one: number for number, phase in enumerate(self._phases) for one in phase}
        self._phase = 0
        self._recording = True

    async def outcomes(self, waits: Sequence[Settled]) -> tuple[Settled, ...]:
        for operation in self._operations.values():
            known = [one for one in operation.depends_on if one in self._operations]
            self._waiting[operation.id] = len(known)
            for dependency in known:
                self._dependents[dependency].append(operation.id)
        all_held = [one for one in self._operations.values() if one.held_by]
        held = [self._outcome(one, Outcome.HELD, f"held by {', '.join(one.held_by)}") for one in all_held]
        with first_fault():
            async with asyncio.TaskGroup() as group:
                group.create_task(self._record([*held, *waits]))
                stopping = group.create_task(self._watch())
                workers = [group.create_task(self._work()) for _ in range(self._pace.concurrency)]
                await asyncio.wait(workers)
                await self._close()
                stopping.cancel()
        return tuple(self._settled.get(one.id) or self._pending(one) for one in self._operations.values())

    async def _watch(self) -> None:
        await self._stop.wait()
        async with self._changed:
            self._changed.notify_all()

    async def _close(self) -> None:
        async with self._changed:
            self._recording = False
            self._changed.notify_all()

    async def _work(self) -> None:
        """Take what is ready, most urgent first, until nothing will be."""
        while (operation := await self._take()) is not None:
            begin(operation)
            try:
                settled = await self._carry_out(operation)
            except LeaseLost:  # whether a request before it was carried out, the next run finds out
                self._stop.set()
                return
            async with self._changed:
                self._unrecorded.append(settled)
                self._changed.notify_all()

    async def _take(self) -> Operation | None:
        async with self._changed:
            while not (self._ready and len(self._unrecorded) < MOST_UNRECORDED) and not self._is_over():
                await self._changed.wait()
            return None if self._is_over() else self._operations[heapq.heappop(self._ready)[1]]

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._hopeless >= HOPELESS or len(self._settled) == len(self._operations)

    async def _carry_out(self, operation: Operation) -> Settled:
        operation = self._carrying_out.placed(operation)
        try:
            carried = await self._carrying_out.carry_out(operation)
        except NotEmpty as error:
            return self._outcome(operation, Outcome.SKIPPED, str(error), "not_empty")
        except ConfigurationError as error:  # a handover file without room: the platform was not asked
            return self._outcome(operation, Outcome.FAILED, str(error))
        except PlatformError as error:
            is_hopeless = isinstance(error, PlatformUnreachable)
            code = error.code if isinstance(error, Refused) else ""
            self._hopeless = HOPELESS if code in LOST_CREDENTIALS else self._hopeless + 1 if is_hopeless else 0
            failed = self._outcome(operation, Outcome.FAILED, str(error), code)
            return msgspec.structs.replace(failed, refused=refused_alone(operation, code))
        self._hopeless = 0
        done = self._outcome(carried.operation, Outcome.DONE, carried.refusal)
        return msgspec.structs.replace(done, platform_id=carried.platform_id, refused=carried.refused)

    async def _record(self, first: list[Settled]) -> None:
        """Make outcomes durable, all that have come in at once, and only then release what waits for them."""
        batch = first
        while True:
            if batch:
                await asyncio.to_thread(self._journal.record, batch)
            async with self._changed:
                consequences = self._settle(batch)
                self._changed.notify_all()
                while not (self._unrecorded or consequences) and self._recording:
                    await self._changed.wait()
                batch, self._unrecorded = consequences + self._unrecorded, []
                if not batch:
                    return

    def _settle(self, batch: Iterable[Settled]) -> list[Settled]:
        """Note outcomes; give those of the operations that can no longer be carried out for them."""
        consequences: list[Settled] = []
        for settled in batch:
            operation = settled.operation
            self._settled[operation.id] = settled
            self._failed += settled.outcome == Outcome.FAILED
            self._left[self._phase_of[operation.id]] -= 1
            for dependent in self._dependents[operation.id]:
                self._waiting[dependent] -= 1
                if settled.outcome != Outcome.DONE and self._waiting[dependent] >= 0:
                    self._waiting[dependent] = -1
                    if not self._operations[dependent].held_by:
                        consequences.append(self._consequence(self._operations[dependent], settled))
                elif self._waiting[dependent] == 0:
                    self._release(dependent)
        self._open_phases()
        self._pace.observe(Progress(len(self._settled), len(self._operations), self._failed))
        return consequences

    def _open_phases(self) -> None:
        """Begin a phase once every operation of those before it is settled."""
        if self._phase == 0:
            self._phase = 1
            self._release_all(self._phases[0])
        while self._phase < len(self._phases) and not self._left[self._phase - 1]:
            self._release_all(self._phases[self._phase])
            self._phase += 1

    def _release_all(self, phase: Iterable[str]) -> None:
        for one in phase:
            if self._waiting[one] == 0 and one not in self._settled:
                heapq.heappush(self._ready, (self._position[one], one))

    def _release(self, operation_id: str) -> None:
        is_settled = self._operations[operation_id].held_by or operation_id in self._settled
        if self._phase_of[operation_id] < self._phase and not is_settled:
            heapq.heappush(self._ready, (self._position[operation_id], operation_id))

    def _consequence(self, operation: Operation, cause: Settled) -> Settled:
        outcome = Outcome.HELD if cause.outcome == Outcome.HELD else Outcome.SKIPPED
        what = f"{cause.operation.action} of {cause.operation.kind} {cause.operation.name}"
        return self._outcome(operation, outcome, f"it waits for the {what} ({cause.operation.id}): {cause.outcome}")

    def _outcome(self, operation: Operation, outcome: Outcome, message: str, code: str = "") -> Settled:
        return Settled(operation, outcome, code, message, operation.platform_id, self._pace.clock())

    def _pending(self, operation: Operation) -> Settled:
        reason = self._stop.why if self._stop.is_set() else "the platform cannot be reached"
        return self._outcome(operation, Outcome.PENDING, f"{reason}; the next run goes on")


def _phases(operations: Sequence[Operation]) -> list[list[str]]:
    """Give the ids in three phases: what removals do not wait with, removals of users and rooms, those of departments.

    A removal that something else waits for, such as a leaver's whose phone is taken, is in the first.
    """
    waits = {operation.id: operation.depends_on for operation in operations}
    waiting = [one for operation in operations if operation.action is not Action.REMOVE for one in operation.depends_on]
    needed: set[str] = set()
    while waiting:
        if (one := waiting.pop()) not in needed:
            needed.add(one)
            waiting += waits.get(one, ())
    phases: list[list[str]] = [[], [], []]
    for operation in reversed(operations):
        is_last = operation.action is Action.REMOVE and operation.id not in needed
        phases[(2 if operation.kind is Kind.DEPARTMENT else 1) if is_last else 0].append(operation.id)
    return phases
