"""Following the events: ingest as they come, and small plans for what they show to have drifted."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from syncd.app.first_fault import first_fault
from syncd.app.ingest import Ingest, Ingestion, ingest_pending
from syncd.app.reconcile import Report
from syncd.app.small_plan import Waits, heal
from syncd.app.stopping import Stop, unless_stopped
from syncd.app.world import World
from syncd.errors import Interrupted, SyncdError
from syncd.plan.confining import Concerned

Heal = Callable[[Concerned], Awaitable[Report | None]]
Tell = Callable[[Ingestion | Report | SyncdError | Waits], None]


class Rhythm(msgspec.Struct, frozen=True):
    """How often, in seconds: `poll` between looks into an inbox that nobody announces, `retry` after a fault.

    Drift is gathered for `gather` before a small plan is made, and two of them begin `pause` apart at least.
    """

    poll: float = 1.0
    retry: float = 10.0
    gather: float = 2.0
    pause: float = 10.0


USUAL = Rhythm()


class Unforeseen(SyncdError):
    """Something failed that nobody foresaw; it is told once while it lasts, and what failed is tried again."""


class SmallPlans:
    """Heals drift: gathered for a while, one plan at a time, again later where it cannot be done now."""

    def __init__(self, heal: Heal, tell: Tell, rhythm: Rhythm = USUAL) -> None:
        self._heal, self._tell, self._rhythm = heal, tell, rhythm
        self._waiting: Concerned = frozenset()
        self._noted = asyncio.Event()

    def note(self, drifted: Concerned) -> None:
        """Take objects that have drifted."""
        if drifted:
            self._waiting |= drifted
            self._noted.set()

    async def run(self, stop: Stop) -> None:
        """Heal until told to stop; what is being written is finished."""
        while await _until(stop, self._noted, None):
            if await slept(stop, self._rhythm.gather):
                return
            drifted, self._waiting = self._waiting, frozenset()
            self._noted.clear()
            try:
                report = await self._heal(drifted)
            except Interrupted:
                return
            except SyncdError as error:
                self._tell(error)
                self.note(drifted)
            except Exception as error:  # noqa: BLE001 - a loop that ends would end the daemon that others rely on
                self._tell(Unforeseen(f"a small plan failed: {type(error).__name__}: {error}"))
            else:
                if report is not None:
                    self._tell(report)
            if await slept(stop, self._rhythm.pause):
                return


async def follow(ports: Ingest, wake: asyncio.Event, stop: Stop, tell: Tell, rhythm: Rhythm = USUAL) -> None:
    """Ingest what comes until told to stop; `wake` says that something came, and is cleared. Faults are told."""
    told = ""
    while not stop.is_set():
        wake.clear()
        pause = rhythm.poll
        try:
            done = await unless_stopped(stop, ingest_pending(ports))
        except Interrupted:
            return
        except SyncdError as error:
            tell(error)
            pause = rhythm.retry
        except Exception as error:  # noqa: BLE001 - likewise
            pause, what = rhythm.retry, f"events cannot be ingested: {type(error).__name__}: {error}"
            if what != told:
                tell(Unforeseen(what))
            told = what
        else:
            told = ""
            if done.states or done.postponed:
                tell(done)
            pause = rhythm.retry if done.postponed else rhythm.poll
        await _until(stop, wake, pause)


async def follow_and_heal(world: World, ports: Ingest, wake: asyncio.Event, stop: Stop, tell: Tell) -> None:
    """Ingest what comes, and heal what has drifted by it, until told to stop."""

    def observed(what: object) -> None:
        """Tell what waits for an approval; the rest of a run is in the journal."""
        if isinstance(what, Waits):
            tell(what)

    plans = SmallPlans(lambda drifted: heal(world, drifted, stop, observed), tell)

    def told(what: Ingestion | Report | SyncdError | Waits) -> None:
        if isinstance(what, Ingestion):
            plans.note(what.drifted)
        tell(what)

    with first_fault():
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(ports, wake, stop, told))
            group.create_task(plans.run(stop))


async def slept(stop: asyncio.Event, seconds: float) -> bool:
    """Wait; tell whether the wait was ended by the stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def _until(stop: asyncio.Event, event: asyncio.Event, seconds: float | None) -> bool:
    """Wait for an event, so many seconds at most; tell whether to go on."""
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(event.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        one.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    return not stop.is_set()
