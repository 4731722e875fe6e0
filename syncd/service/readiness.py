"""Whether this process may be sent callbacks: the store takes a write and the listener accepts (DESIGN 4, HTTP)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

import msgspec

from syncd.app.store_ports import Store
from syncd.errors import StoreError

READY_AT = "service.ready_at"
"""The fact that is written to see whether the store takes a write: seconds since the epoch."""
KEPT_SECONDS = 1.0
PATIENCE = 2.0  # seconds


class Readiness(msgspec.Struct, frozen=True):
    """Why the store or the listener is not ready; both are where they are `""`."""

    store: str
    listener: str

    @property
    def is_ready(self) -> bool:
        """Tell whether nothing keeps callbacks away."""
        return not self.store and not self.listener

    @property
    def reasons(self) -> tuple[str, ...]:
        """Give what keeps them away."""
        return tuple(one for one in (self.store, self.listener) if one)


class ReadinessCheck:
    """Looks at most once a second, however often it is asked; `executor` is where the store is waited for.

    A look that takes longer than two seconds counts as failed, and no other begins before it has ended.
    """

    def __init__(self, store: Store, accepts: Callable[[], Awaitable[bool]], executor: Executor) -> None:
        self._store, self._accepts, self._executor = store, accepts, executor
        self._writing: asyncio.Future[str] | None = None
        self._looking: asyncio.Task[Readiness] | None = None
        self._until = 0.0

    async def __call__(self) -> Readiness:
        """Give what was found within the last second, or find it."""
        if self._looking is None or (self._looking.done() and time.monotonic() >= self._until):
            self._looking = asyncio.create_task(self._looked())
        return await asyncio.shield(self._looking)

    async def _looked(self) -> Readiness:
        store, listener = await asyncio.gather(self._written(), self._accepting())
        self._until = time.monotonic() + KEPT_SECONDS
        return Readiness(store, listener)

    async def _written(self) -> str:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().run_in_executor(self._executor, _write, self._store)
        done, _ = await asyncio.wait([self._writing], timeout=PATIENCE)
        return self._writing.result() if done else f"the store did not take a write within {PATIENCE:.0f} seconds"

    async def _accepting(self) -> str:
        try:
            accepts = await asyncio.wait_for(self._accepts(), PATIENCE)
        except TimeoutError:
            return f"the listener did not answer within {PATIENCE:.0f} seconds"
        return "" if accepts else "the listener does not accept connections"


def _write(store: Store) -> str:
    try:
        with store.unit_of_work() as work:
            work.facts.put({READY_AT: repr(time.time())})
            work.commit()
    except StoreError as error:
        return str(error)
    return ""
