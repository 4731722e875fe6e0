"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.01


def wait_for(condition: Callable[[], T]) -> T:
    """Return the first value of `condition` that is true; fail after a minute, which no healthy machine needs."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {PATIENCE_SECONDS:.0f} seconds: the last value was {value!r}"
        time.sleep(PAUSE_SECONDS)
    return value
