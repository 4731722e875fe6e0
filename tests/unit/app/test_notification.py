"""People are told of a run once, then daily while its state lasts, and once when it is over (DESIGN 4, notify)."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from syncd.app.notification import DAY, Event, News, NotDelivered, Notification, Results
from syncd.app.records import FacesRecord, RunRecord
from syncd.shadow.store import Store, open_store

ALL = ("held", "failed", "recovered", "done")


class Inbox:
    """Notes whom it was to tell what; `is_down` lets it fail."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.results: list[Results] = []
        self.is_down = False

    def tell(self, event: Event, news: News) -> None:
        """Note it."""
        if self.is_down:
            raise NotDelivered("the mail server is down")
        self.told.append((str(event), news.run.outcome))
        self.results.append(news.results)


class Days:
    """Runs of one store, at times that a test sets in `now`."""

    def __init__(self, store: Store, events: tuple[str, ...]) -> None:
        self.now = 1_000_000.0
        self.inbox = Inbox()
        self.people = Notification(store, self.inbox, events, lambda: self.now)

    def run(self, outcome: str, guards: tuple[str, ...] = (), counts: Mapping[str, int] = {}) -> list[str]:
        """Make a run a minute after the last, and return what people were told of it."""
        self.now += 60
        before = len(self.inbox.told)
        self.people.after(News(RunRecord("R", self.now, outcome=outcome, counts=counts), (), frozenset(guards)))
        return [event for event, _ in self.inbox.told[before:]]

    def faces(self, outcome: str, counts: Mapping[str, int] = {}, *, lasts: bool = True) -> list[str]:
        """Make a pass of faces a minute after the last, and return what people were told of it."""
        self.now += 60
        before = len(self.inbox.told)
        run = RunRecord("", self.now, outcome=outcome, counts=counts)
        self.people.after(News(run, faces=FacesRecord(self.now, self.now, outcome, 0, counts), lasts=lasts))
        return [event for event, _ in self.inbox.told[before:]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store; it is closed afterwards."""
    with closing(open_store(f"sqlite:///{tmp_path / 'syncd.db'}")) as made:
        yield made


@pytest.fixture
def days(store: Store) -> Days:
    """Return a store of whose runs people are told everything."""
    return Days(store, ALL)


def test_a_held_plan_is_told_once_and_then_daily(days: Days) -> None:
    """A held plan is told once and then daily, however often it is made again."""
    assert days.run("held", ("limits",)) == ["held"]
    assert days.run("held", ("limits",)) == []
    days.now += DAY
    assert days.run("held", ("limits",)) == ["held"]
    assert days.run("held", ("limits",)) == []


def test_another_guard_is_news(days: Days) -> None:
    """A held plan is told again when a further guard holds it."""
    assert days.run("held", ("meetings",)) == ["held"]
    assert days.run("held", ("limits", "meetings")) == ["held"]


@pytest.mark.parametrize("outcome", ["failed", "partial"])
def test_a_failure_is_told_once_and_its_end_too(days: Days, outcome: str) -> None:
    """A failure is told once, and its end is told once."""
    assert days.run(outcome) == ["failed"]
    assert days.run(outcome) == []
    assert days.run("done") == ["recovered"]
    assert days.run("done") == []


def test_a_hold_that_becomes_a_failure_is_told(days: Days) -> None:
    """A hold that becomes a failure is told as a failure, and both end with one recovery."""
    assert [days.run("held", ("limits",)), days.run("failed"), days.run("done")] == [
        ["held"],
        ["failed"],
        ["recovered"],
    ]


def test_an_interrupted_run_tells_nothing(days: Days) -> None:
    """An interrupted run is not told, and a failure that lasts beyond it is not told again."""
    assert days.run("failed") == ["failed"]
    assert days.run("interrupted") == []
    assert days.run("failed") == []


def test_a_run_that_did_something_is_told_where_people_want_it(days: Days) -> None:
    """A run that did something is told as done, and a run that had nothing to do is not told."""
    assert days.run("done", counts={"done": 3}) == ["done"]
    assert days.run("done") == []


def test_only_what_was_asked_for_is_told(store: Store) -> None:
    """Only the events that were asked for are told, and a recovery is told though its hold was not."""
    days = Days(store, ("recovered",))
    assert days.run("held", ("limits",)) == []
    assert days.run("done") == ["recovered"]


def test_who_could_not_be_told_is_told_by_the_next_run(days: Days) -> None:
    """A failure that could not be delivered is told by the next run."""
    days.inbox.is_down = True
    with pytest.raises(NotDelivered):
        days.run("failed")
    days.inbox.is_down = False
    assert days.run("failed") == ["failed"]


def test_a_run_that_did_not_come_about_is_told_with_its_reason(days: Days) -> None:
    """A run that did not come about is told once as a failure with its reason."""
    days.people.without_run("ldaps://dc1: no route to host")
    days.people.without_run("ldaps://dc1: no route to host")
    assert days.inbox.told == [("failed", "failed")]
    assert days.inbox.results[0][0]["message"] == "ldaps://dc1: no route to host"


def test_what_was_told_outlives_the_process(store: Store) -> None:
    """What was told is in the store, so that a new process does not tell it again."""
    assert Days(store, ALL).run("failed") == ["failed"]
    assert Days(store, ALL).run("failed") == []


def test_faces_and_runs_last_and_recover_each_by_themselves(days: Days) -> None:
    """A failure of faces and a failure of a run last and recover each by themselves."""
    assert [days.faces("partial"), days.run("done"), days.faces("partial")] == [["failed"], [], []]
    assert [days.run("failed"), days.faces("done"), days.run("done")] == [["failed"], ["recovered"], ["recovered"]]


def test_faces_that_were_given_are_told_where_people_want_it(days: Days) -> None:
    """A pass of faces is told as done where faces were sent or taken away, and not otherwise."""
    told = [days.faces("done", {name: 1}) for name in ("sent", "cleared", "same", "unfit")]
    assert told == [["done"], ["done"], [], []]


def test_a_failure_that_does_not_last_is_told_each_time_and_has_no_end(days: Days) -> None:
    """A failure that does not last is told each time, and no recovery is told after it."""
    found = [days.faces("partial", {"refused": 1}, lasts=False) for _ in range(2)]
    assert [*found, days.faces("done")] == [["failed"], ["failed"], []]
