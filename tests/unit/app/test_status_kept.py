"""The store is looked at rarely, however many ask how things stand, and nobody waits for it long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from syncd.app import status_kept
from syncd.app.refreshing import Missed
from syncd.app.standing import Standing
from syncd.app.status_kept import KEPT_SECONDS, KEPT_TIMES, KeptStanding
from syncd.errors import StoreError

EMPTY = Standing("", None, (), {}, 0, (), {}, {}, None, Missed(), {})


class Looks:
    """A store whose looks take so many seconds of a clock, and give their number; it may be away, or hang."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.now, self.seconds, self.count = 100.0, seconds, 0
        self.is_away = False
        self.answers = threading.Event()
        self.answers.set()

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def look(self) -> Standing:
        """Look."""
        assert self.answers.wait(60)
        self.now += self.seconds
        self.count += 1
        if self.is_away:
            raise StoreError("the store is away")
        return msgspec.structs.replace(EMPTY, company=str(self.count))


@contextmanager
def kept(looks: Looks) -> Iterator[KeptStanding]:
    """Return what keeps these looks."""
    standing = KeptStanding(looks.look, looks.clock)
    yield standing
    looks.answers.set()
    standing.close()


@pytest.mark.parametrize(("seconds", "lasts"), [(0.01, KEPT_SECONDS), (0.8, KEPT_TIMES * 0.8)])
def test_a_look_is_kept_for_some_seconds_and_longer_where_it_is_dear(seconds: float, lasts: float) -> None:
    """A look is kept for some seconds, and for longer where it took long."""
    looks = Looks(seconds)
    with kept(looks) as standing:
        assert (standing().company, standing().company) == ("1", "1")
        looks.now += lasts - 0.1
        assert standing().company == "1"
        looks.now += 0.2
        assert standing().company == "2"


def test_a_store_that_is_away_is_asked_as_rarely_and_is_there_again_afterwards() -> None:
    """A store that is away is looked at once for all who ask, and again after some seconds."""
    looks = Looks()
    looks.is_away = True
    with kept(looks) as standing:
        for _ in range(3):
            with pytest.raises(StoreError, match="away"):
                standing()
        looks.is_away = False
        with pytest.raises(StoreError):
            standing()
        assert looks.count == 1
        looks.now += KEPT_SECONDS
        assert standing().company == "2"


def test_nobody_waits_for_a_slow_look_but_the_first() -> None:
    """While a slow look goes on, everybody is answered by the look before it."""
    looks = Looks(3.0)
    with kept(looks) as standing:
        assert standing().company == "1"
        looks.now += 61.0
        looks.answers.clear()
        assert (standing().company, standing().company) == ("1", "1")
        looks.answers.set()
        for _ in range(60_000):
            if standing().company == "2":
                break
            time.sleep(0.001)
        looks.now += 20.0
        assert standing().company == "2"


def test_a_store_that_hangs_is_away_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """All who ask are told that a store that hangs does not answer, and no second look is begun."""
    looks = Looks()
    with kept(looks) as standing:
        assert standing().company == "1"
        monkeypatch.setattr(status_kept, "PATIENCE", 0.05)
        looks.now += 6.0
        looks.answers.clear()
        for _ in range(3):
            with pytest.raises(StoreError, match="does not answer"):
                standing()
        assert looks.count == 1


def test_what_was_found_before_a_slow_look_is_not_told_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the look before found is told no more once a look takes more than twice its time."""
    looks = Looks(3.0)
    with kept(looks) as standing:
        assert standing().company == "1"
        monkeypatch.setattr(status_kept, "PATIENCE", 0.05)
        looks.now += 61.0
        looks.answers.clear()
        assert standing().company == "1"
        looks.now += 6.1
        with pytest.raises(StoreError, match="does not answer"):
            standing()
