"""Faults at the calls of a fake platform, to be set as its `before` (the call is not made) or `after` (it is)."""

from collections.abc import Callable

from syncd.testing.platform import Around


def each(error: Callable[[], Exception], *calls: str) -> Around:
    """Return what fails each of these calls, or every call where none is named."""

    async def fail(call: str, _object_id: str) -> None:
        if not calls or call in calls:
            raise error()

    return fail


def first(error: Callable[[], Exception], call: str) -> Around:
    """Return what fails the first call of this name, and no other."""
    left = [error]

    async def fail(made: str, _object_id: str) -> None:
        if made == call and left:
            fault = left.pop()
            raise fault()

    return fail


async def none(_call: str, _object_id: str) -> None:
    """Fail no call."""
