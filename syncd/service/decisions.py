"""Letting what people decided leave the machine: as log lines, and to whoever wants to be told."""

from collections.abc import Callable

import structlog

from syncd.app.auditing import Outlet
from syncd.app.notification import Notification
from syncd.errors import SyncdError
from syncd.service.notifying import tell_of_decisions
from syncd.service.passes import not_notified

PAUSE = 300.0  # seconds until whoever could not be told is told again


class DecisionsTold:
    """Tells of new records when called; who could not be told is left alone for a while. `clock` is in seconds."""

    def __init__(self, log: Outlet, people: Notification | None, clock: Callable[[], float]) -> None:
        self._log, self._people, self._clock = log, people, clock
        self._not_before = float("-inf")

    def __call__(self) -> None:
        """Log, and tell; raises nothing."""
        try:
            self._log.flow()
        except SyncdError as error:
            structlog.get_logger().warning("store is away", action="look_failed", why=str(error))
            return
        if self._clock() >= self._not_before:
            tell_of_decisions(self._people, self._not_told)

    def _not_told(self, why: str) -> None:
        self._not_before = self._clock() + PAUSE
        not_notified(why)
