"""How things stand, kept for a moment: many ask, and the answer may cost a look at everything that is linked."""

import threading
import time
from collections.abc import Callable

from syncd.app.standing import Standing
from syncd.errors import StoreError

KEPT_SECONDS = 5.0
KEPT_TIMES = 20.0  # as long as the look took: looking so costs a twentieth of one processor at most


class KeptStanding:
    """Gives how things stand, at most some seconds old; `look` takes as long as the store does, and so does a call.

    A store that is away is asked as rarely as one that answers. `clock` is a monotonic clock in seconds.
    """

    def __init__(self, look: Callable[[], Standing], clock: Callable[[], float] = time.monotonic) -> None:
        self._look, self._clock = look, clock
        self._looking = threading.Lock()
        self._kept: tuple[float, Standing | StoreError] | None = None

    def __call__(self) -> Standing:
        """Give it; raises `StoreError`. One thread looks at a time, the others wait for what it finds."""
        with self._looking:
            if self._kept is None or self._clock() >= self._kept[0]:
                self._kept = self._looked()
            _, found = self._kept
        if isinstance(found, StoreError):
            raise found.with_traceback(None)
        return found

    def _looked(self) -> tuple[float, Standing | StoreError]:
        """Give what is found, and until when it is kept."""
        began = self._clock()
        try:
            found: Standing | StoreError = self._look()
        except StoreError as error:
            found = error
        now = self._clock()
        return now + max(KEPT_SECONDS, KEPT_TIMES * (now - began)), found
