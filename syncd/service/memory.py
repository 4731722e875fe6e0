"""Memory that nobody uses any more, given back to the system."""

import ctypes
from collections.abc import Callable


def _trim() -> Callable[[int], int] | None:
    """Give what trims the heap where the C library has it (glibc); musl and others give back by themselves."""
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found


_TRIM = _trim()


def give_back() -> None:
    """Let the C library give back what it keeps of freed memory.

    A pass holds the company for a moment, in one thread this time and in another the next; glibc keeps a heap for each
    thread, and what is still in use high up in one keeps all that is free below. So a daemon grows for weeks, a little
    at each pass, though nothing of it is in use.
    """
    if _TRIM is not None:
        _TRIM(0)
