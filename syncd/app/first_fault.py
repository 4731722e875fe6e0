"""What a task group ends with: the first fault itself, rather than a group of one."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.errors import SyncdError


@contextmanager
def first_fault() -> Iterator[None]:
    """Raise the first foreseeable fault of the task group inside; a group with anything else in it goes on as it is.

    `except*` is not used for it: until Python 3.11.4 what it raises anew comes out in a group again (CPython issue
    103590), and Debian 12 has 3.11.2.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        faults, others = group.split(SyncdError)
        if faults is None or others is not None:
            raise
        fault: BaseException = faults
        while isinstance(fault, BaseExceptionGroup):
            fault = fault.exceptions[0]
        raise fault from None
