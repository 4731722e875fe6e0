"""What the store knows, as Prometheus metrics: read at a scrape, by a thread that may wait for the store."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from syncd.app.records import EventState
from syncd.app.standing import Standing
from syncd.errors import StoreError
from syncd.model.faces import FaceState
from syncd.model.source import Grade


class StoreCollector(Collector):
    """Shows how things stand; while the store is away there is nothing of it but `syncd_store_up 0`.

    `look` gives how things stand or raises `StoreError`; as long as there is none nothing is shown at all. `clock` is
    seconds since the epoch.
    """

    def __init__(self) -> None:
        self.look: Callable[[], Standing] | None = None
        self.clock: Callable[[], float] = time.time

    def describe(self) -> Iterable[Metric]:
        """Give the names that are taken; the store is not asked for them."""
        return [_up(is_up=False)]

    def collect(self) -> Iterator[Metric]:
        """Give every series."""
        if self.look is None:
            return
        try:
            found = self.look()
        except StoreError:
            yield _up(is_up=False)
            return
        yield _up(is_up=True)
        now = self.clock()
        yield from _runs(found, now)
        yield from _objects(found)
        yield from _events(found, now)
        yield _grades(found)
        yield _faces(found)


def _up(*, is_up: bool) -> Metric:
    return _plain("syncd_store_up", "1 if the store can be read, else 0, and nothing else is known of it.", int(is_up))


def _plain(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    """Give a metric without labels; without a value it has no series."""
    return GaugeMetricFamily(name, meaning, value=value)


def _runs(found: Standing, now: float) -> Iterator[Metric]:
    last = found.last_run
    yield _plain(
        "syncd_last_run_timestamp_seconds",
        "When the latest run of any sort ended, or began where it has not ended.",
        (last.finished_at or last.started_at) if last else None,
    )
    yield _plain("syncd_last_good_run_timestamp_seconds", "When a whole run was last done.", found.good_at)
    following = GaugeMetricFamily(
        "syncd_next_run_timestamp_seconds", "When the daemon begins a duty next.", labels=["duty"]
    )
    for duty, at in found.next_runs.items():
        following.add_metric([duty], at)
    yield following
    yield _plain("syncd_held_plans", "Plans that wait for a person.", len(found.held))
    oldest = min((one.since for one in found.held), default=now)
    yield _plain(
        "syncd_held_plan_age_seconds", "How long the oldest held plan waits, 0 if there is none.", now - oldest
    )


def _objects(found: Standing) -> Iterator[Metric]:
    objects = GaugeMetricFamily(
        "syncd_objects", "Objects of the platform: linked ones by their state, and unmanaged.", labels=["kind", "state"]
    )
    for kind, counts in found.states.items():
        for state, count in counts.items():
            objects.add_metric([kind, state], count)
        objects.add_metric([kind, "unmanaged"], found.objects[kind]["unmanaged"])
    yield objects
    leaving = GaugeMetricFamily("syncd_leavers", "Objects in grace, by why they leave.", labels=["kind", "reason"])
    for (kind, reason), count in sorted(Counter((each.kind, each.reason) for each in found.leaving).items()):
        leaving.add_metric([kind, reason], count)
    yield leaving
    ends = [each.next.at for each in found.leaving if each.next is not None]
    yield _plain(
        "syncd_next_removal_timestamp_seconds",
        "When the first grace ends.",
        dt.datetime.fromisoformat(min(ends)).timestamp() if ends else None,
    )
    yield _plain("syncd_drifted_objects", "Linked objects that differ from what was last written.", found.drift)
    yield _plain("syncd_contended_fields", "Fields that are no longer enforced.", len(found.contended))


def _events(found: Standing, now: float) -> Iterator[Metric]:
    events = GaugeMetricFamily("syncd_inbox_events", "Events in the inbox, by state.", labels=["state"])
    for state in EventState:
        events.add_metric([state], found.inbox.get(state, 0))
    yield events
    oldest = found.oldest_pending if found.oldest_pending is not None else now
    yield _plain(
        "syncd_inbox_oldest_pending_seconds",
        "How long the oldest event that is not ingested waits, 0 if there is none.",
        max(0.0, now - oldest),
    )
    yield _plain("syncd_missed_events", "Changes that a refresh showed and no event told, ever.", found.missed.total)
    yield _plain("syncd_missed_events_last_refresh", "Such changes at the last refresh.", found.missed.last)


def _grades(found: Standing) -> Metric:
    grades = GaugeMetricFamily(
        "syncd_read_grade",
        "1 for the grade of the last read of a source or the platform, 0 for the others.",
        labels=["source", "grade"],
    )
    for source, grade in found.grades.items():
        for one in Grade:
            grades.add_metric([source, one], int(grade == one))
    return grades


def _faces(found: Standing) -> Metric:
    faces = GaugeMetricFamily("syncd_user_faces", "Linked users by what became of their faces.", labels=["state"])
    for state in FaceState:
        faces.add_metric([state], found.faces.get(state, 0))
    return faces
