"""What a test expects is waited for, with a deadline that a busy machine keeps too."""

import time
from collections.abc import Callable

DEADLINE_SECONDS = 60.0
PAUSE_SECONDS = 0.02


def comes(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> bool:
    """Return whether a condition holds, which is asked again and again until the deadline."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_SECONDS)
    return True
