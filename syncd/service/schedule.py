"""When duties are asked for: cron and intervals, kept by APScheduler on the daemon's loop."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from syncd.config.sections import Schedule as ScheduleSettings
from syncd.config.timing import Cron, Interval, timing
from syncd.service.duties import Duty

When = Interval | Cron


class Times(msgspec.Struct, frozen=True):
    """When each duty is asked for; `jitter` in seconds puts each time off by a random part of it."""

    when: Mapping[Duty, When]
    timezone: str
    jitter: float = 0.0

    @classmethod
    def of(cls, settings: ScheduleSettings, duties: Iterable[Duty] = Duty) -> "Times":
        """Read the configuration of these duties."""
        found = {duty: timing(getattr(settings, duty)) for duty in duties}
        return cls({duty: when for duty, when in found.items() if when}, settings.timezone, settings.jitter)


class Schedule:
    """Asks for duties at their times; it is made at `now`, in seconds since the epoch.

    What could not be asked for in time, on a machine that slept or a loop that was busy, is asked for once afterwards.
    """

    def __init__(self, times: Times, ask: Callable[[Duty], None], now: float) -> None:
        # To ask takes no time, so it is done on the loop itself: nothing is under way when the scheduler is shut down.
        executors = {"default": DebugExecutor()}
        self._scheduler = AsyncIOScheduler(timezone=ZoneInfo(times.timezone), executors=executors)
        for duty, when in times.when.items():
            arguments = {"next_run_time": dt.datetime.fromtimestamp(now, dt.UTC)} if isinstance(when, Interval) else {}
            self._scheduler.add_job(
                partial(ask, duty),
                _trigger(when, times),
                id=duty,
                coalesce=True,
                misfire_grace_time=None,
                max_instances=1,
                **arguments,
            )

    def begin(self) -> None:
        """Begin; what has an interval is asked for at once."""
        self._scheduler.start()

    def end(self) -> None:
        """Ask for nothing more."""
        self._scheduler.shutdown(wait=False)

    def next_times(self) -> dict[str, float]:
        """Give when each duty is asked for next, in seconds since the epoch."""
        jobs = self._scheduler.get_jobs()
        return {job.id: job.next_run_time.timestamp() for job in jobs if job.next_run_time is not None}


def _trigger(when: When, times: Times) -> BaseTrigger:
    jitter = times.jitter or None
    zone = ZoneInfo(times.timezone)
    if isinstance(when, Interval):
        return IntervalTrigger(seconds=when.seconds, timezone=zone, jitter=jitter)
    return CronTrigger(**when.fields, timezone=zone, jitter=jitter)
