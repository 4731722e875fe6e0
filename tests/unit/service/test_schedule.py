"""The daemon does its duties at the times of the configuration."""

import asyncio
import time

import pytest

from syncd.config.sections import Schedule as ScheduleSettings
from syncd.config.timing import Cron, Interval
from syncd.service.duties import Duty
from syncd.service.schedule import Schedule, Times
from tests.kit.waiting import until


def test_the_configuration_says_when() -> None:
    """The schedule has the times of the configuration, and none for a duty that is off."""
    settings = ScheduleSettings(
        reconcile="30 2 * * 1-5", refresh="off", faces="off", prune="1d", jitter="10s", timezone="Asia/Shanghai"
    )
    times = Times.of(settings)
    assert set(times.when) == {Duty.RECONCILE, Duty.INCREMENTAL, Duty.PRUNE}
    assert isinstance(times.when[Duty.RECONCILE], Cron)
    assert times.when[Duty.PRUNE] == Interval(86400.0)
    assert (times.jitter, times.timezone) == (10.0, "Asia/Shanghai")


async def test_intervals_begin_at_once_and_cron_at_its_time() -> None:
    """A duty with an interval is due at once and again, one with a cron time only then."""
    asked: list[Duty] = []
    now = time.time()
    far = time.gmtime(now + 12 * 3600)
    when: dict[Duty, Interval | Cron] = {
        Duty.RECONCILE: Interval(0.05),
        Duty.PRUNE: Cron({"minute": str(far.tm_min), "hour": str(far.tm_hour)}),
    }
    schedule = Schedule(Times(when, "UTC"), asked.append, now)
    schedule.begin()
    await until(lambda: len(asked) >= 2)
    schedule.end()
    assert set(asked) == {Duty.RECONCILE}


async def test_what_comes_next_is_known() -> None:
    """The next time of a duty is known in seconds since the epoch; 02:30 in Shanghai is 18:30 UTC."""
    now = time.time()
    schedule = Schedule(Times({Duty.PRUNE: Cron({"minute": "30", "hour": "2"})}, "Asia/Shanghai"), print, now)
    schedule.begin()
    found = schedule.next_times()[Duty.PRUNE]
    schedule.end()
    assert time.strftime("%H:%M", time.gmtime(found)) == "18:30"
    assert now < found <= now + 86400


async def test_a_schedule_that_ends_as_it_begins_leaves_nothing_under_way(caplog: pytest.LogCaptureFixture) -> None:
    """A schedule that ends as it begins asks for nothing afterwards and logs no complaint."""
    asked: list[Duty] = []
    schedule = Schedule(Times({Duty.RECONCILE: Interval(60.0)}, "UTC"), asked.append, time.time())
    schedule.begin()
    await asyncio.sleep(0)
    schedule.end()
    count = len(asked)
    await asyncio.sleep(0.1)
    assert len(asked) == count
    assert caplog.records == []
