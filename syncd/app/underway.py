"""What is being done right now, for whatever tells of it: a log line of a call so names its run and its operation."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from syncd.plan.values import Operation

_RUN: ContextVar[str] = ContextVar("run", default="")
_OPERATION: ContextVar[Operation | None] = ContextVar("operation", default=None)


@contextmanager
def carrying_out(run: str) -> Iterator[None]:
    """Let this run be the one that is carried out until the block ends, here and in the tasks that are begun in it."""
    token = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(token)


def begin(operation: Operation) -> None:
    """Let this operation be the one that the current task carries out, until it begins another."""
    _OPERATION.set(operation)


def underway() -> dict[str, str]:
    """Give run, operation and key by these names, as far as there are any."""
    operation = _OPERATION.get()
    known = {"run": _RUN.get()} | ({"operation": operation.id, "key": operation.key} if operation else {})
    return {name: value for name, value in known.items() if value}
