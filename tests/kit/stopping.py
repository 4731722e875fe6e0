"""Servers that stop while the next test runs already."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def stopped_beside(server: AbstractContextManager[T]) -> Iterator[T]:
    """Enter a context manager, and leave it in a thread of its own, whose faults pytest tells.

    uvicorn sleeps for 0.2 s while it stops, which is longer than most tests of a sandbox run.
    """
    stack = ExitStack()
    entered = stack.enter_context(server)
    try:
        yield entered
    finally:
        threading.Thread(target=stack.close, name="stopping").start()
