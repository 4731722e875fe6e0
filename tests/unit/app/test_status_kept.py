"""How often the store is looked at, however many ask how things stand."""

import pytest

from syncd.app.refreshing import Missed
from syncd.app.standing import Standing
from syncd.app.status_kept import KEPT_SECONDS, KEPT_TIMES, KeptStanding
from syncd.errors import StoreError

FOUND = Standing(
    company="C",
    last_run=None,
    held=(),
    objects={},
    drift=0,
    contended=(),
    forms={},
    inbox={},
    oldest_pending=None,
    missed=Missed(),
    grades={},
)


class Looks:
    """A store whose looks take so many seconds of a clock; it may be away."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds, self.count = 100.0, seconds, 0
        self.is_away = False

    def clock(self) -> float:
        """Give the time."""
        return self.now

    def look(self) -> Standing:
        """Look."""
        self.count += 1
        self.now += self.seconds
        if self.is_away:
            raise StoreError("the store is away")
        return FOUND


@pytest.mark.parametrize(("seconds", "kept"), [(0.01, KEPT_SECONDS), (3.0, KEPT_TIMES * 3.0)])
def test_a_look_is_kept_for_some_seconds_and_longer_where_it_is_dear(seconds: float, kept: float) -> None:
    """Scrapes never take more than a twentieth of a processor."""
    looks = Looks(seconds)
    standing = KeptStanding(looks.look, looks.clock)
    assert standing() is standing() is FOUND
    looks.now += kept - 0.1
    standing()
    assert looks.count == 1
    looks.now += 0.2
    standing()
    assert looks.count == 2


def test_a_store_that_is_away_is_asked_as_rarely_and_is_there_again_afterwards() -> None:
    """Each who asks is told, and a server that hangs is not asked by all of them in turn."""
    looks = Looks(0.0)
    looks.is_away = True
    standing = KeptStanding(looks.look, looks.clock)
    for _ in range(3):
        with pytest.raises(StoreError, match="away"):
            standing()
    looks.is_away = False
    with pytest.raises(StoreError):
        standing()
    assert looks.count == 1
    looks.now += KEPT_SECONDS
    assert standing() is FOUND
