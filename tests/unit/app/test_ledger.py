"""The journal misses no outcome, and none of its transactions is long."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.app.apply import Outcome
from syncd.app.draw_up import draw_up
from syncd.app.ledger import AT_ONCE, Ledger
from syncd.app.ports import Settled
from syncd.shadow.store import Store, UnitOfWork
from syncd.testing.company import Company, Person
from syncd.testing.passes import Passes

PEOPLE = {f"k{number}": Person(f"u{number}", f"员工{number}", "", "", "", "") for number in range(3 * AT_ONCE - 7)}
RUN = "run"


class Watched(Store):
    """A store of which is known how many outcomes each transaction made durable."""

    def __init__(self, store: Store) -> None:
        self._watched = store
        self.sizes: list[int] = []

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Begin to write."""
        before = self.recorded()
        with self._watched.unit_of_work() as work:
            yield work
        self.sizes.append(self.recorded() - before)

    def recorded(self) -> int:
        """Return how many outcomes are durable."""
        with self._watched.reading() as work:
            return len(work.runs.results(RUN))


async def test_many_outcomes_are_made_durable_in_portions(passes: Passes) -> None:
    """Many outcomes are made durable in portions, and each of them leaves its link and its row in the shadow."""
    passes.sources[0].employ(Company({}, PEOPLE))
    drawn = await draw_up(passes.world())
    with passes.store.unit_of_work() as work:
        work.runs.start(RUN, passes.now, drawn.plan.fingerprint, b"")
        work.commit()
    store = Watched(passes.store)
    done = [Settled(one, Outcome.DONE, "", "", one.platform_id, passes.now) for one in drawn.plan.operations]
    Ledger(store, RUN, drawn.situation, frozenset()).record(done)
    assert store.sizes == [AT_ONCE, AT_ONCE, AT_ONCE - 7]
    with passes.store.reading() as work:
        linked, shown = work.links.all(), work.shadow.mirror().users
    assert {one.platform_id for one in linked} == {one.id for one in shown} - {"1"}
    assert len(linked) == len(PEOPLE)
