"""What a daemon does again and again: one duty at a time, later and later while one fails."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

import msgspec
import structlog

from syncd.app.stopping import FurtherStop, Stop
from syncd.errors import Interrupted, LeaseLost, RunCut, RunInProgress, SyncdError
from syncd.report.error_text import code_of
from syncd.service.memory import give_back


class Duty(StrEnum):
    """What is done at times, in the order in which it is done where several are due."""

    RECONCILE = "reconcile"
    INCREMENTAL = "incremental"
    REFRESH = "refresh"
    PRUNE = "prune"
    FACES = "faces"


LONG = frozenset({Duty.FACES})
"""What takes hours in a large company: it ends early where another duty is due, and goes on after it."""


Do = Callable[[Stop], Awaitable[None]]


class OperationsFailed(Exception):
    """A run went through, and some of its operations failed; the run itself has told which."""


class Patience(msgspec.Struct, frozen=True):
    """Seconds that are waited: for another run or after a lost lock, and after failures, doubled up to the most."""

    another_run: float = 5.0
    first_failure: float = 30.0
    most: float = 3600.0

    def after(self, failures: int) -> float:
        """Give how long to leave a duty alone that has failed so many times in a row; the first costs nothing."""
        return min(self.first_failure * 2 ** (failures - 2), self.most) if failures > 1 else 0.0


USUAL = Patience()


class GivesWay(FurtherStop):
    """Asks a long duty to end when the daemon stops, and once another duty is asked for."""

    def __init__(self, asked: Stop, is_wanted: Callable[[], bool]) -> None:
        super().__init__(asked)
        self._is_wanted = is_wanted
        self.has_given_way = False

    def is_set(self) -> bool:
        """Tell whether to end."""
        if not super().is_set() and (self._asked.is_set() or self._is_wanted()):
            self.has_given_way, self.exit = not self._asked.is_set(), self._asked.exit
            self.set()
        return super().is_set()


class Duties:
    """Does what is asked for; what is asked for twice before it is done is done once.

    `failed` is called after each failure, for it to be counted and a remedy to be tried.
    """

    def __init__(
        self,
        do: Mapping[Duty, Do],
        clock: Callable[[], float],
        failed: Callable[[Duty, Exception], None],
        patience: Patience = USUAL,
    ) -> None:
        self._do, self._clock, self._failed, self._patience = do, clock, failed, patience
        self._asked: set[Duty] = set()
        self._failures: dict[Duty, int] = {}
        self._not_before: dict[Duty, float] = {}
        self._wake = asyncio.Event()

    def due(self, duty: Duty) -> None:
        """Ask for a duty because its time has come; it is passed over where it has failed too often of late."""
        if self._clock() >= self._not_before.get(duty, 0.0):
            self.ask(duty)

    def ask(self, duty: Duty) -> None:
        """Ask for a duty because somebody wants it now; one that nobody does here is passed over."""
        if duty not in self._do:
            return
        self._asked.add(duty)
        self._wake.set()

    async def run(self, stop: Stop) -> None:
        """Do what is asked for until told to stop; what is under way ends as it does at a signal."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if not self._asked:
                    self._wake.clear()
                    waked = asyncio.create_task(self._wake.wait())
                    await asyncio.wait((stopped, waked), return_when=asyncio.FIRST_COMPLETED)
                    waked.cancel()
                    continue
                duty = next(one for one in Duty if one in self._asked)
                self._asked.discard(duty)
                await self._done(duty, stop)
        finally:
            stopped.cancel()

    async def _done(self, duty: Duty, stop: Stop) -> None:
        log = structlog.get_logger().bind(duty=duty)
        way = GivesWay(stop, lambda: bool(self._asked - LONG))
        try:
            await self._do[duty](way if duty in LONG else stop)
            self._again(duty, way)
        except Interrupted:
            log.info("interrupted", action="duty_interrupted")
            self._again(duty, way)
        except RunInProgress as error:
            pause = self._patience.another_run
            log.info("another run is in progress", action="duty_waits", why=str(error), again_in=pause)
            asyncio.get_running_loop().call_later(pause, self.ask, duty)
        except (LeaseLost, RunCut) as error:
            self._fail(duty, error, why=str(error), code=code_of(error))
            asyncio.get_running_loop().call_later(self._patience.another_run, self.ask, duty)
        except OperationsFailed as error:
            failures, pause = self._put_off(duty)
            log.info("put off", action="duty_put_off", why=str(error), in_a_row=failures, not_again_for=pause)
        except SyncdError as error:
            self._fail(duty, error, why=str(error), code=code_of(error))
        except Exception as error:  # noqa: BLE001 - what nobody foresaw must not end a daemon that others rely on
            self._fail(duty, error, exc_info=True)
        else:
            self._failures.pop(duty, None)
            self._not_before.pop(duty, None)
        finally:
            give_back()

    def _again(self, duty: Duty, way: GivesWay) -> None:
        """Ask again for a duty that ended early for another one."""
        if way.has_given_way:
            self.ask(duty)

    def _fail(self, duty: Duty, error: Exception, **why: object) -> None:
        failures, pause = self._put_off(duty)
        structlog.get_logger().error(
            "failed", action="duty_failed", duty=duty, in_a_row=failures, not_again_for=pause, **why
        )
        self._failed(duty, error)

    def _put_off(self, duty: Duty) -> tuple[int, float]:
        """Leave a duty alone for longer and longer; return how often it failed in a row, and for how many seconds."""
        failures = self._failures[duty] = self._failures.get(duty, 0) + 1
        pause = self._patience.after(failures)
        self._not_before[duty] = self._clock() + pause
        return failures, pause
