"""Retries, logged: which call, why, and how long until the next attempt."""

from collections.abc import Callable
from functools import partial

import stamina.instrumentation
from stamina.instrumentation import RetryDetails, RetryHook, RetryHookFactory

LONG_SECONDS = 5.0  # in which somebody begins to wonder


def log_retries(configure: Callable[[], None]) -> None:
    """Let every retry be one log line; `configure` sets the logs up, and is called before the first of them."""
    stamina.instrumentation.set_on_retry_hooks([RetryHookFactory(partial(_hook, configure))])


def tell_long_waits(tell: Callable[[float, str], None]) -> None:
    """Let only retries be told of that are waited for; `tell` takes the seconds and why. Nothing is logged."""

    def told(details: RetryDetails) -> None:
        if details.wait_for >= LONG_SECONDS:
            tell(details.wait_for, str(details.caused_by))

    stamina.instrumentation.set_on_retry_hooks([RetryHookFactory(lambda: told)])


def _hook(configure: Callable[[], None]) -> RetryHook:
    configure()
    return _log


def _log(details: RetryDetails) -> None:
    import structlog  # noqa: PLC0415 - slow to load, and most runs retry nothing

    structlog.get_logger().warning(
        "retry", action="retry", attempt=details.retry_num, wait_seconds=details.wait_for, why=str(details.caused_by)
    )
