"""Logs: JSON or console lines on standard error, masked from the first line on."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from syncd.app.underway import underway
from syncd.telemetry.masking import PERSONAL_NAMES, masked_mapping

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
NOTHING: frozenset[str] = frozenset()


class Masking:
    """A processor that masks every value of a log line."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Give the line as it may be written."""
        return masked_mapping(line, self._hidden)


def name_what_is_underway(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add run, operation and key of what is being done, unless the line has its own."""
    return {**underway(), **line}


def configure(
    level: str, form: str = "auto", hidden: frozenset[str] = PERSONAL_NAMES, out: TextIO = sys.stderr
) -> None:
    """Set the logs up: `form` is console, json, or auto (console on a terminal); `hidden` names fields to mask."""
    console = form == "console" or (form == "auto" and out.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            name_what_is_underway,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            Masking(hidden),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
