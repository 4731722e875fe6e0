"""When the daemon does what: an interval, cron, or never (DESIGN 4, schedule)."""

from typing import Annotated

import msgspec
from pydantic import AfterValidator

from syncd.config.values import seconds

OFF = "off"
FIELDS = ("minute", "hour", "day", "month", "day_of_week")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
WANTED = '"15m" (an interval), "30 2 * * 1-5" (cron: minute, hour, day, month, day of the week) or "off"'


class Interval(msgspec.Struct, frozen=True):
    """Every so many seconds, the first time at the start."""

    seconds: float


class Cron(msgspec.Struct, frozen=True):
    """At the times that an expression of five fields names; days of the week are names (POSIX, crontab)."""

    fields: dict[str, str]


def timing(text: str) -> Interval | Cron | None:
    """Read when something is done; nothing for never. Raises `ValueError`."""
    if text.strip().lower() == OFF:
        return None
    parts = text.split()
    if len(parts) == len(FIELDS):
        return Cron(_checked(dict(zip(FIELDS, (*parts[:-1], _days(parts[-1])), strict=True))))
    try:
        every = seconds(text)
    except ValueError:
        raise ValueError(f"a time is {WANTED}") from None
    if not every:
        raise ValueError(f"an interval is at least a second; a time is {WANTED}")
    return Interval(every)


def _checked(fields: dict[str, str]) -> dict[str, str]:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - few configurations have cron in them

    try:
        CronTrigger(**fields, timezone="UTC")
    except (ValueError, TypeError) as error:
        raise ValueError(f"not cron as it should be: {error}; a time is {WANTED}") from None
    return fields


def _days(text: str) -> str:
    """Give days of the week by name: numbers begin on Sunday in cron (0 and 7), and on Monday in the scheduler."""
    return ",".join(_named(part) for part in text.split(","))


def _named(part: str) -> str:
    days, _, step = part.partition("/")
    first, _, last = days.partition("-")
    if days == "*" and step.isdecimal() and int(step):
        return ",".join(DAYS[0 : 7 : int(step)])
    if not first.isdecimal():
        return part
    begin, end = int(first), int(last) if last.isdecimal() else int(first)
    if last and not last.isdecimal():
        raise ValueError(f"days of the week are all numbers or all names, not {part}; a time is {WANTED}")
    if not 0 <= begin <= end <= 7 or (step and not (step.isdecimal() and int(step))):
        raise ValueError(f"{part} are no days of the week (0 to 7, 0 and 7 are Sunday); a time is {WANTED}")
    return ",".join(dict.fromkeys(DAYS[begin : end + 1 : int(step or 1)]))


def _is_timing(text: str) -> str:
    timing(text)
    return text


Timing = Annotated[str, AfterValidator(_is_timing)]
