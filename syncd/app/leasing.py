"""A run alone: nobody else makes one meanwhile, and it ends once that can no longer be said (DESIGN 6, leader)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

import msgspec

from syncd.app.ports import Lease
from syncd.app.stopping import FurtherStop, Stop
from syncd.app.world import World
from syncd.errors import Interrupted, LeaseLost, RunCut, StoreError

Value = TypeVar("Value")


class RunStop(FurtherStop):
    """Asks a run to stop when a person or the system does, and once its lease is lost; lost stays lost."""

    def __init__(self, asked: Stop, lease: Lease) -> None:
        super().__init__(asked)
        self._lease = lease
        self.is_lost = False

    def is_set(self) -> bool:
        """Tell whether the run is to stop; the lease is asked, which costs nothing."""
        if super().is_set():
            return True
        if self._asked.is_set():
            self.exit = self._asked.exit
            self.set()
        elif not self._lease.is_held():
            self.is_lost, self.why = True, "the lock of the run was lost"
            self.set()
        return super().is_set()


@asynccontextmanager
async def alone(world: World, stop: Stop) -> AsyncIterator[tuple[World, RunStop]]:
    """Keep a second run out; give the run's world, and the stop that it is to heed.

    No writing request leaves that world's platform once the lease is lost. Raises `RunInProgress`, `StoreError`, and
    `LeaseLost` for a run that stopped before its first write because its lease was lost.
    """
    async with beside_the_loop(world.store.lock()) as lease:
        heeded = RunStop(stop, lease)
        try:
            yield msgspec.structs.replace(world, platform=world.platform.under(lease)), heeded
        except Interrupted as error:
            if not heeded.is_lost:
                raise
            raise LeaseLost(
                "the lock of the run was lost before its first write, so nothing was written; the database ended its "
                "connection or did not answer, and the next run begins anew"
            ) from error


@contextmanager
def begun_already() -> Iterator[None]:
    """Say of a store that is lost after the plan is durable that the run was cut short; raises `RunCut`."""
    try:
        yield
    except StoreError as error:
        raise RunCut(
            f"the run was cut short, and what was in flight may not be recorded; the next run goes on: {error}"
        ) from error


@asynccontextmanager
async def beside_the_loop(context: AbstractContextManager[Value]) -> AsyncIterator[Value]:
    """Enter and leave in a thread what may wait for the database, so that it holds up nobody else."""
    value = await asyncio.to_thread(context.__enter__)
    try:
        yield value
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)
