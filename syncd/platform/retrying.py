"""Calls made again while that may help."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from syncd.errors import AnswerBroken, AnswerLost, PlatformBusy, PlatformError, PlatformUnreachable
from syncd.platform.pacing import Pacing
from syncd.platform.refusals import AnswerUnusable

ATTEMPTS = 6
PASSING = (PlatformBusy, PlatformUnreachable, AnswerLost, AnswerBroken)
Value = TypeVar("Value")


async def repeated(
    make: Callable[[], Awaitable[Value]], pause: Callable[[Exception], bool | float], patience: float
) -> Value:
    """Make a call, and again with growing pauses while `pause` says so, for `patience` seconds at most.

    `pause` gives false for an error that is final, true for one that may pass, or the seconds to wait. What succeeds at
    once, or is refused, pays nothing for the attempts that it does not need.
    """
    try:
        return await make()
    except PASSING as error:
        first: PlatformError = error
    async for attempt in stamina.retry_context(
        on=pause, attempts=ATTEMPTS, timeout=patience, wait_initial=0.1, wait_max=10.0, wait_jitter=0.2
    ):
        with attempt:
            if attempt.num == 1:
                raise first
            return await make()
    raise first  # never reached: the loop ends with an answer or an error


def pauses(pacing: Pacing, *, may_repeat: bool) -> Callable[[Exception], bool | float]:
    """Give what `repeated` asks for; with `may_repeat` also what may have been carried out is repeated.

    Retry-After holds up every call that shares the pacing.
    """

    def pause(error: Exception) -> bool | float:
        if isinstance(error, PlatformBusy) and error.retry_after is not None:
            pacing.halt(error.retry_after)
            return error.retry_after
        if isinstance(error, AnswerUnusable):
            return False
        if isinstance(error, AnswerLost | AnswerBroken):
            return may_repeat
        return isinstance(error, PlatformBusy | PlatformUnreachable)

    return pause
