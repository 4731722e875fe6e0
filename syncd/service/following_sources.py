"""The duty of incremental reading: what changes in directories is brought to the platform between two whole passes."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from syncd.app.apply import Progress
from syncd.app.incremental import Incremental
from syncd.app.last_read import Directory
from syncd.app.small_plan import Waits
from syncd.app.stopping import Stop
from syncd.errors import SyncdError
from syncd.plan.values import Plan
from syncd.telemetry.following import log_followed
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.runs import log_run

APART = 15.0  # seconds between two whole passes that incremental reading asks for


class FollowingSources:
    """Looks for changes when told to, and asks for a whole pass where only that can go on.

    `remedy` is called for each fault that is new: a refused password may be another one by now.
    """

    def __init__(
        self,
        incremental: Incremental,
        ask_whole: Callable[[], None],
        clock: Callable[[], float],
        metrics: Metrics,
        remedy: Callable[[], None],
    ) -> None:
        self._incremental, self._ask_whole, self._clock, self._metrics = incremental, ask_whole, clock, metrics
        self._remedy = remedy
        self._asked_at = float("-inf")
        self._later: asyncio.TimerHandle | None = None
        self._known: frozenset[str] = frozenset()

    async def look(self, stop: Stop) -> None:
        """Bring what changed to the platform; raises what `Incremental.look` raises."""
        done = await self._incremental.look(stop, self._observe)
        self._tell_of(done.faults)
        if done.changed or done.missed:
            structlog.get_logger().info("followed", action="followed", changed=done.changed, missed=done.missed)
        self._metrics.followed(done.changed, done.missed)
        if done.report is not None:
            log_run(done.report, "incremental")
            self._metrics.run_ended(done.report, "incremental")
        if done.whole_pass_due:
            self._ask()

    async def before_pass(self, stop: Stop) -> None:
        """Let no change between a whole read and the first look go unseen; raises `Interrupted`."""
        self._tell_of(await self._incremental.begin(stop))

    def after_pass(self, before: Directory | None, after: Directory | None) -> None:
        """Note what a whole pass has found."""
        self._incremental.compare(before, after)

    def end(self) -> None:
        """Look no more until the next pass begins."""
        self._incremental.end()

    def _observe(self, what: Plan | Progress | Waits) -> None:
        """Log what a guard keeps from being written, and let a whole run hold it, which tells people how to approve."""
        if isinstance(what, Waits):
            log_followed(what)
            if not what.is_held:
                self._ask()

    def _ask(self) -> None:
        """Ask for a whole pass, now or as soon as the last one asked for is long enough ago; one serves all who ask."""
        if self._later is not None:
            return
        wait = min(self._asked_at + APART - self._clock(), APART)  # a clock may be put back
        if wait <= 0:
            self._ask_now()
        else:
            self._later = asyncio.get_running_loop().call_later(wait, self._ask_now)

    def _ask_now(self) -> None:
        self._later, self._asked_at = None, self._clock()
        self._ask_whole()

    def _tell_of(self, faults: Iterable[SyncdError]) -> None:
        """Log each fault once for as long as it lasts, and try what may mend it."""
        now = frozenset(str(one) for one in faults)
        for one in sorted(now - self._known):
            structlog.get_logger().warning("changes are not told", action="changes_not_told", why=one)
            self._remedy()
        if self._known and not now:
            structlog.get_logger().info("changes are told again", action="changes_told")
        self._known = now
