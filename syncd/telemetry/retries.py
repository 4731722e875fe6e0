"""Retries, logged: which call, why, and how long until the next attempt."""

from collections.abc import Callable
from functools import partial

import stamina.instrumentation
from stamina.instrumentation import RetryDetails, RetryHook, RetryHookFactory


def log_retries(configure: Callable[[], None]) -> None:
    """Let every retry be one log line; `configure` sets the logs up, and is called before the first of them."""
    stamina.instrumentation.set_on_retry_hooks([RetryHookFactory(partial(_hook, configure))])


def keep_retries_quiet() -> None:
    """Let no retry be told of: whoever waits sees the last failure only."""
    stamina.instrumentation.set_on_retry_hooks([])


def _hook(configure: Callable[[], None]) -> RetryHook:
    configure()
    return _log


def _log(details: RetryDetails) -> None:
    import structlog  # noqa: PLC0415 - slow to load, and most runs retry nothing

    structlog.get_logger().warning(
        "retry", action="retry", attempt=details.retry_num, wait_seconds=details.wait_for, why=str(details.caused_by)
    )
