"""Times of the daemon."""

import asyncio
import time

import pytest

from syncd.config.sections import Schedule as ScheduleSettings
from syncd.config.timing import Cron, Interval
from syncd.service.duties import Duty
from syncd.service.schedule import Schedule, Times


def test_the_configuration_says_when() -> None:
    """What is off has no time."""
    settings = ScheduleSettings(
        reconcile="30 2 * * 1-5", refresh="off", faces="off", prune="1d", jitter="10s", timezone="Asia/Shanghai"
    )
    times = Times.of(settings)
    assert set(times.when) == {Duty.RECONCILE, Duty.INCREMENTAL, Duty.PRUNE}
    assert isinstance(times.when[Duty.RECONCILE], Cron)
    assert times.when[Duty.PRUNE] == Interval(86400.0)
    assert (times.jitter, times.timezone) == (10.0, "Asia/Shanghai")


async def test_intervals_begin_at_once_and_cron_at_its_time() -> None:
    """And what comes next is known, where the company is."""
    asked: list[Duty] = []
    now = time.time()
    when: dict[Duty, Interval | Cron] = {
        Duty.RECONCILE: Interval(0.05),
        Duty.PRUNE: Cron({"minute": "30", "hour": "2"}),
    }
    schedule = Schedule(Times(when, "Asia/Shanghai"), asked.append, now)
    schedule.begin()
    await asyncio.sleep(0.3)
    schedule.end()
    assert len(asked) >= 2
    assert set(asked) == {Duty.RECONCILE}


async def test_what_comes_next_is_known() -> None:
    """In seconds since the epoch; 02:30 in Shanghai is 18:30 in London's winter."""
    now = time.time()
    schedule = Schedule(Times({Duty.PRUNE: Cron({"minute": "30", "hour": "2"})}, "Asia/Shanghai"), print, now)
    schedule.begin()
    found = schedule.next_times()[Duty.PRUNE]
    schedule.end()
    assert time.strftime("%H:%M", time.gmtime(found)) == "18:30"
    assert now < found <= now + 86400


async def test_a_schedule_that_ends_as_it_begins_leaves_nothing_under_way(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is asked for afterwards, and nothing complains of having been cut off."""
    asked: list[Duty] = []
    schedule = Schedule(Times({Duty.RECONCILE: Interval(60.0)}, "UTC"), asked.append, time.time())
    schedule.begin()
    await asyncio.sleep(0)
    schedule.end()
    count = len(asked)
    await asyncio.sleep(0.1)
    assert len(asked) == count
    assert caplog.records == []
