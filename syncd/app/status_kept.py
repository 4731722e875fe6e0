"""How things stand, kept for a moment: many ask, and the answer may cost a look at everything that is linked."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from syncd.app.standing import Standing
from syncd.errors import StoreError

KEPT_SECONDS = 5.0
KEPT_TIMES = 20.0  # as long as the look took: looking so costs a twentieth of one processor at most
QUICK_SECONDS = 1.0
PATIENCE = 8.0  # seconds, a little less than a scrape waits


class KeptStanding:
    """Gives how things stand, at most some seconds old, from any thread; one thread of its own looks.

    A look that is quick is waited for; while a slow one goes on, what the one before it found is given. A store that
    is away is asked as rarely as one that answers. `clock` is a monotonic clock in seconds; `close` ends the thread.
    """

    def __init__(self, look: Callable[[], Standing], clock: Callable[[], float] = time.monotonic) -> None:
        self._look, self._clock = look, clock
        self._thread = ThreadPoolExecutor(1, "standing")
        self._asking = threading.Lock()
        self._latest: Future[Standing] | None = None
        self._former: Future[Standing] | None = None
        self._began = self._took = self._until = 0.0

    def close(self) -> None:
        """Look no more; a look that goes on is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def __call__(self) -> Standing:
        """Give it; raises `StoreError`, also where the store does not answer in eight seconds or twice the usual."""
        chosen = self._chosen()
        try:
            return chosen.result(PATIENCE)
        except TimeoutError:
            raise StoreError(f"the store does not answer within {PATIENCE:.0f} seconds") from None

    def _chosen(self) -> Future[Standing]:
        """Give the look that answers, and begin one where the last is too old."""
        with self._asking:
            now, latest = self._clock(), self._latest
            if latest is None or (latest.done() and now >= self._until):
                self._former, self._began = latest, now
                self._latest = latest = self._thread.submit(self._looked)
            is_slow = self._took > QUICK_SECONDS
            is_late = now - self._began > max(PATIENCE, 2 * self._took)
            return self._former if self._former and is_slow and not is_late and not latest.done() else latest

    def _looked(self) -> Standing:
        began = self._clock()
        try:
            return self._look()
        finally:
            now = self._clock()
            self._took = now - began
            self._until = now + max(KEPT_SECONDS, KEPT_TIMES * self._took)
