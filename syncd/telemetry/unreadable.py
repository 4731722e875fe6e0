"""Objects of the platform that cannot be read are logged, once for each."""

import structlog

Told = set[tuple[str, str]]


def log_unreadable(told: Told, endpoint: str, object_id: str, why: str) -> None:
    """Log one, unless `told` has it, to which it is then added."""
    if (endpoint, object_id) not in told:
        told.add((endpoint, object_id))
        structlog.get_logger().warning(
            "unreadable", action="object_unreadable", endpoint=endpoint, id=object_id, why=why
        )
