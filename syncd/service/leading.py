"""Who makes the scheduled passes: one of all that stand before a store (DESIGN 6, leader)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
import structlog

from syncd.app.following import slept
from syncd.app.leasing import beside_the_loop
from syncd.app.standing import NEXT_RUNS
from syncd.app.stopping import Stop
from syncd.app.store_ports import Store
from syncd.errors import SyncdError
from syncd.service.duties import Duties, Duty
from syncd.service.schedule import Schedule

STANDBY_SECONDS = 1.0
WATCH_SECONDS = 1.0
RETRY_SECONDS = 5.0


class Leading:
    """Asks for duties while this process leads, stands by while another does, and says which it is.

    `tell` is called about every second, in a thread, for what was decided meanwhile to leave the machine. It raises
    nothing.
    """

    def __init__(
        self,
        store: Store,
        duties: Duties,
        schedule: Callable[[], Schedule],
        approved_since: Callable[[], float],
        leads: Callable[[bool], None],
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._duties, self._schedule, self._approved_since = store, duties, schedule, approved_since
        self._leads, self._tell = leads, tell
        self._is_leader = False
        self._approved_at = 0.0
        self._noted: dict[str, float] | None = None
        self._telling: asyncio.Future[None] = asyncio.Future()
        self._telling.set_result(None)

    def now(self, duty: Duty) -> None:
        """Ask for a duty at once, because a person wants it; only the leader can do it."""
        if self._is_leader:
            self._duties.ask(duty)
        else:
            structlog.get_logger().warning("another leads", action="not_leader", duty=duty)

    async def run(self, stop: Stop) -> None:
        """Lead when nobody else does, until told to stop; a store that is away is waited for."""
        is_told = False
        while not stop.is_set():
            pause = STANDBY_SECONDS
            try:
                async with beside_the_loop(self._store.leading()) as lease:
                    if lease is not None:
                        await self._lead(lease.is_held, stop)
                        is_told = False
                    elif not is_told:
                        structlog.get_logger().info("another leads", action="standing_by")
                        is_told = True
            except SyncdError as error:
                structlog.get_logger().error("cannot lead", action="leading_failed", why=str(error))
                pause = RETRY_SECONDS
            await slept(stop, pause)

    async def _lead(self, is_held: Callable[[], bool], stop: Stop) -> None:
        structlog.get_logger().info("leading", action="leading")
        schedule, mine = self._schedule(), Stop()
        self._become(is_leader=True)
        schedule.begin()
        doing = asyncio.create_task(self._duties.run(mine))
        try:
            while not stop.is_set() and not doing.done() and is_held():
                await self._look(schedule.next_times())
                await slept(stop, WATCH_SECONDS)
        finally:
            mine.exit = stop.exit
            mine.set()
            self._become(is_leader=False)
            schedule.end()
            await doing
            await asyncio.wait((self._telling,))
            self._leads(False)  # what a duty began at the very last ends too
            with suppress(SyncdError):
                await asyncio.to_thread(self._note, {})
        if not stop.is_set():
            structlog.get_logger().error("lost the lead", action="lead_lost")

    def _become(self, *, is_leader: bool) -> None:
        self._is_leader = is_leader
        self._leads(is_leader)

    async def _look(self, next_runs: dict[str, float]) -> None:
        """Note when duties come next, and ask for passes where a person has approved something since."""
        try:
            await asyncio.to_thread(self._note, next_runs)
            newest = await asyncio.to_thread(self._newest_approval)
        except SyncdError as error:  # whether it still leads is not for this to say
            structlog.get_logger().warning("store is away", action="look_failed", why=str(error))
            return
        if self._telling.done():  # whoever is told may take their time, and nothing waits for them
            self._telling = asyncio.ensure_future(asyncio.to_thread(self._tell))
        if newest is not None and newest > self._approved_at:
            self._approved_at = newest
            self._duties.ask(Duty.RECONCILE)
            self._duties.ask(Duty.FACES)

    def _newest_approval(self) -> float | None:
        with self._store.reading() as work:
            return work.approvals.newest(self._approved_since())

    def _note(self, next_runs: dict[str, float]) -> None:
        if next_runs == self._noted:
            return
        with self._store.unit_of_work() as work:
            work.facts.put({NEXT_RUNS: msgspec.json.encode(next_runs).decode()})
            work.commit()
        self._noted = next_runs
