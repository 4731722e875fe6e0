"""Logs: JSON or console lines on standard error, masked from the first line on."""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from syncd.app.underway import underway
from syncd.model.visible import STEERING, visible, visible_lines
from syncd.telemetry.masking import PERSONAL_NAMES, masked_mapping

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
NOTHING: frozenset[str] = frozenset()
LONGEST = 2000  # characters of one value
LOOKED_AT = 4 * LONGEST
LONGEST_TRACEBACK = 12_000  # characters, the last ones, which say what happened
MOST_VALUES = 50  # of a list


class Masking:
    """A processor that masks every value of a log line."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Give the line as it may be written.

        What is longer than anybody reads is cut first, for to look through it takes long: what looks like a secret
        begins with its name, so that the cut leaves none.
        """
        return masked_mapping(_cut(line, LOOKED_AT), self._hidden)


def short_values(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut every value: systemd's journal takes 48 KiB for a line, and what is behind for another line."""
    return _cut(line, LONGEST)


def _cut(line: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return the line with each text cut, a traceback at its beginning, for its end says what happened."""
    return {
        name: value[-LONGEST_TRACEBACK:]
        if name == "exception" and isinstance(value, str)
        else _each(value, lambda text: text if len(text) <= most else f"{text[:most]}…")
        for name, value in line.items()
    }


def visible_values(logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut every value, and show what would steer the terminal as an escape; a traceback has lines."""
    short = short_values(logger, method, line)
    return {name: _each(value, visible_lines if name == "exception" else visible) for name, value in short.items()}


def _each(value: object, change: Callable[[str], str]) -> object:
    """Return a value with all texts in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each(inner, change) for name, inner in value.items()}
    if isinstance(value, BaseException):
        return change(str(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_each(inner, change) for inner in list(value)[:MOST_VALUES]]
    return value


def _json(logger: object, method: str, line: MutableMapping[str, Any]) -> str:
    """Return a line as JSON in which nothing steers a terminal."""
    text = structlog.processors.JSONRenderer(ensure_ascii=False)(logger, method, line)
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text))


def name_what_is_underway(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add run, operation and key of what is being done, unless the line has its own."""
    return {**underway(), **line}


def configure(
    level: str, form: str = "auto", hidden: frozenset[str] = PERSONAL_NAMES, out: TextIO = sys.stderr
) -> None:
    """Set the logs up: `form` is console, json, or auto (console on a terminal); `hidden` names fields to mask."""
    console = form == "console" or (form == "auto" and out.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if console else _json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            name_what_is_underway,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            Masking(hidden),
            visible_values if console else short_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
