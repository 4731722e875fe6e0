"""Retries, logged: which call, why, and how long until the next attempt."""

import stamina.instrumentation
import structlog
from stamina.instrumentation import RetryDetails


def log_retries() -> None:
    """Let every retry be one log line."""
    stamina.instrumentation.set_on_retry_hooks([_log])


def _log(details: RetryDetails) -> None:
    structlog.get_logger().warning(
        "retry", action="retry", attempt=details.retry_num, wait_seconds=details.wait_for, why=str(details.caused_by)
    )
