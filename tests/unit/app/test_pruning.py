"""Pruning forgets what is older than the configuration says, and nothing that is still needed."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from syncd.app.pruning import Pruned, Retention, prune
from syncd.app.records import Approval, EventState, Ingested, Received, RunRecord
from syncd.model.faces import Face, FaceState
from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store

DAY = 86400.0
NOW = 1_764_000_000.0


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return a store with a run, an event and an approval of each of the last ten days; one old event is pending."""
    upgrade(store_url)
    with closing(open_store(store_url)) as made:
        fill(made)
        yield made


def fill(store: Store) -> None:
    """Put a run, an event and an approval of each of the last ten days into a store."""
    with store.unit_of_work() as work:
        for days in range(10):
            at = NOW - days * DAY
            work.runs.start(f"run-{days}", at, "f", b"{}")
            work.runs.finish(RunRecord(f"run-{days}", at, "f", at + 1, "done", 0, {}))
            work.approvals.add(Approval(f"plan-{days}", ("op",), at=at))
        work.inbox.add(
            Received(NOW - days * DAY, NOW - days * DAY, "user_update", f"digest {days}", b"{}") for days in range(10)
        )
        work.inbox.settle(Ingested(one, EventState.DONE) for one in range(1, 10))
        work.commit()


def left(store: Store) -> tuple[list[str], int, int]:
    """Return the runs that are left, and how many approvals and events."""
    with store.reading() as work:
        runs = [one.run for one in work.runs.latest(100)]
        return runs, len(work.approvals.all(0.0)), sum(work.inbox.counts().values())


def test_what_is_too_old_is_forgotten(store: Store) -> None:
    """Runs and events are forgotten after times of their own, and an event that is not ingested stays."""
    assert prune(store, Retention(inbox=2.5 * DAY, journal=4.5 * DAY), NOW) == Pruned(events=6, runs=5)
    assert left(store) == ([f"run-{days}" for days in range(5)], 5, 4)


def test_never_keeps_everything(store: Store) -> None:
    """Nothing is forgotten where retention is never, however old it is."""
    assert prune(store, Retention(None, None), NOW + 1000 * DAY) == Pruned()


def test_what_the_guards_count_is_kept(store: Store) -> None:
    """Runs that the guards count are kept though the journal is to be kept for a shorter time."""
    assert prune(store, Retention(None, 0.0, counted=3.5 * DAY), NOW).runs == 6


def test_the_latest_run_stays(store: Store) -> None:
    """The latest run stays, however old it is."""
    prune(store, Retention(0.0, 0.0), NOW + 1000 * DAY)
    assert left(store) == (["run-0"], 0, 1)


def test_pictures_of_faces_are_forgotten_by_a_time_of_their_own(store: Store) -> None:
    """Stored pictures are forgotten after a time of their own, and what is known of the face stays."""
    face = Face("ldap", "k", "U", FaceState.SENT, at=NOW - DAY)
    with store.unit_of_work() as work:
        work.faces.put(face)
        work.faces.keep(face, b"picture")
        work.commit()
    for retention, pictures in ((None, 0), (2 * DAY, 0), (0.0, 1), (0.0, 0)):
        assert prune(store, Retention(None, None, faces=retention), NOW).pictures == pictures
    with store.reading() as work:
        assert (work.faces.get("ldap", "k"), work.faces.kept("ldap", "k")) == (face, None)
