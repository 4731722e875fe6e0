"""A configuration says when the daemon does what."""

import datetime as dt

import pytest
from apscheduler.triggers.cron import CronTrigger

from syncd.config.timing import Cron, Interval, timing

MONDAY = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900.0), ("1d", 86400.0), (" 30s ", 30.0), ("2w", 1209600.0)])
def test_an_interval_is_a_duration(text: str, seconds: float) -> None:
    """An interval is written as a duration."""
    assert timing(text) == Interval(seconds)


@pytest.mark.parametrize("text", ["off", "OFF", " off "])
def test_off_is_never(text: str) -> None:
    """The word off means never, in any letter case."""
    assert timing(text) is None


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ("*", {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}),
        ("0", {"Sun"}),
        ("7", {"Sun"}),
        ("1-5", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("5-7", {"Fri", "Sat", "Sun"}),
        ("0-2", {"Sun", "Mon", "Tue"}),
        ("1,3,5", {"Mon", "Wed", "Fri"}),
        ("1-5/2", {"Mon", "Wed", "Fri"}),
        ("*/2", {"Sun", "Tue", "Thu", "Sat"}),
        ("mon-fri", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("sat,0", {"Sat", "Sun"}),
    ],
)
def test_days_of_the_week_are_those_of_cron(days: str, named: set[str]) -> None:
    """Days of the week are those of cron, where 0 and 7 are Sunday."""
    found = timing(f"30 2 * * {days}")
    assert isinstance(found, Cron)
    trigger = CronTrigger(**found.fields, timezone="UTC")
    times, moment = [], MONDAY
    while (moment := trigger.get_next_fire_time(None, moment)) < MONDAY + dt.timedelta(days=7):
        times.append(moment)
        moment += dt.timedelta(seconds=1)
    assert {f"{one:%a}" for one in times} == named
    assert {f"{one:%H:%M}" for one in times} == {"02:30"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15",
        "0s",
        "soon",
        "61 * * * *",
        "* * * *",
        "* * * * * *",
        "0 0 * * 8",
        "0 0 * * 5-mon",
        "0 0 * * 1/0",
        "a b c d e",
    ],
)
def test_what_is_no_time_says_what_is_one(text: str) -> None:
    """A text that is no time is refused with an example of each kind."""
    with pytest.raises(ValueError, match=r'"15m" \(an interval\), "30 2 \* \* 1-5" \(cron'):
        timing(text)
