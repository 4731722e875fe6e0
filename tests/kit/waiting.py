"""Waiting for a condition in place of sleeping for a time."""

import time
from collections.abc import Callable

SECONDS = 60.0
"""How long a busy machine may take for what usually takes a moment."""


def comes(what: Callable[[], object], seconds: float = SECONDS) -> bool:
    """Whether something holds in the end; it is looked at again and again until it does."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
