"""What became of requests to the listener: counted always, logged now and then."""

import time
from collections import Counter
from collections.abc import Callable, Mapping

import structlog

from syncd.app.receiving import Receipt

QUIET_SECONDS = 60.0
TAKEN = (Receipt.STORED, Receipt.CHECKED)


class Receipts:
    """Counts receipts; of each kind of refusal one log line a minute tells the latest, and how many there were.

    A flood of forgeries so fills no disk.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: Counter[Receipt] = Counter()
        self._told: dict[Receipt, tuple[float, int]] = {}

    def __call__(self, receipt: Receipt, sender: str, why: str) -> None:
        """Count one, and log it if none of its kind was within the last minute."""
        self._counts[receipt] += 1
        if receipt in TAKEN:
            return
        count, now = self._counts[receipt], self._clock()
        told_at, told = self._told.get(receipt, (-QUIET_SECONDS, 0))
        if now - told_at >= QUIET_SECONDS:
            self._told[receipt] = now, count
            structlog.get_logger().warning(
                "callback refused",
                action="callback_refused",
                receipt=receipt,
                sender=sender,
                why=why,
                count=count - told,
            )

    @property
    def counts(self) -> Mapping[Receipt, int]:
        """Give how many there were of each kind since the start."""
        return dict(self._counts)
