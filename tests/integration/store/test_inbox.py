"""The inbox keeps events from their receipt to their end, on both databases."""

from syncd.app.records import EventState, Ingested, Received
from syncd.shadow.inbox import ROWS
from syncd.shadow.store import Store
from syncd.testing.postbox import receive


def event(number: int, digest: str = "") -> Received:
    """Return an event that was received at a second."""
    return Received(float(number), number - 0.5, "user_update", digest or f"digest {number}", "{王}".encode())


def settle(store: Store, *ingested: Ingested) -> None:
    """Note what became of events."""
    with store.unit_of_work() as work:
        work.inbox.settle(ingested)
        work.commit()


def test_what_was_received_is_pending_in_its_order(store: Store) -> None:
    """Events that were received are pending in their order, byte for byte as they came."""
    receive(store, [event(1), event(2)])
    receive(store, [event(3)])
    with store.reading() as work:
        first, second = work.inbox.pending(2)
        assert (first.received_at, first.time_stamp, first.type, first.body) == (
            1.0,
            0.5,
            "user_update",
            "{王}".encode(),
        )
        assert (second.digest, second.state) == ("digest 2", EventState.PENDING)
        assert work.inbox.oldest_pending() == 1.0
        assert work.inbox.counts() == {EventState.PENDING: 3}


def test_any_number_of_events_is_kept_at_once(store: Store) -> None:
    """Any number of events is kept at once, with bytes and signs that a statement could take for its own."""
    receive(store, [])
    odd = Received(9.5, 0.0, "%s ? :a 房间", "%(b)s", b"\x00\xff%s?'")
    receive(store, [*(event(number) for number in range(2 * ROWS + 7)), odd])
    with store.reading() as work:
        assert work.inbox.counts() == {EventState.PENDING: 2 * ROWS + 8}
        (latest,) = work.inbox.latest(1)
        assert [one.received_at for one in work.inbox.pending(5000)][:3] == [0.0, 1.0, 2.0]
    assert (latest.received_at, latest.type, latest.digest, latest.body) == (9.5, odd.type, odd.digest, odd.body)
    assert (latest.objects, latest.message) == ((), "")


def test_what_became_of_an_event_is_kept(store: Store) -> None:
    """What became of an event is kept with its objects and with the reason."""
    receive(store, [event(1), event(2)])
    with store.reading() as work:
        first, second = work.inbox.pending(9)
    settle(store, Ingested(first.id, EventState.DONE, ("U1",)), Ingested(second.id, EventState.DEAD, (), "无效"))
    with store.reading() as work:
        assert work.inbox.pending(9) == ()
        assert work.inbox.oldest_pending() is None
        assert [(one.state, one.objects, one.message) for one in work.inbox.latest(9)] == [
            (EventState.DEAD, (), "无效"),
            (EventState.DONE, ("U1",), ""),
        ]
        assert [one.id for one in work.inbox.latest(9, EventState.DEAD)] == [second.id]
        assert work.inbox.get(first.id) == work.inbox.latest(9)[1]
        assert work.inbox.get(999) is None


def test_the_first_event_with_the_same_message_is_found_again(store: Store) -> None:
    """The first event with the same message is found again, however often it is repeated."""
    receive(store, [event(1, "same"), event(2, "same"), event(3, "other"), event(4, "same")])
    with store.reading() as work:
        ids = [one.id for one in work.inbox.pending(9)]
        assert work.inbox.first_seen(["same", "other", "none"]) == {"same": ids[0], "other": ids[2]}
        assert work.inbox.first_seen([]) == {}


def test_no_more_is_read_than_memory_should_bear(store: Store) -> None:
    """Pending events are read in parts of a given size, each after the last, and a large one by itself."""
    receive(store, [event(number) for number in range(1, 6)])
    with store.reading() as work:
        size = len(event(1).body)
        ids = [one.id for one in work.inbox.pending(9)]
        assert [one.id for one in work.inbox.pending(9, most_bytes=2 * size)] == ids[:2]
        assert [one.id for one in work.inbox.pending(9, ids[1], 2 * size)] == ids[2:4]
        assert [one.id for one in work.inbox.pending(9, ids[3], 1)] == ids[4:]
        assert work.inbox.pending(9, ids[4]) == ()


def test_who_settles_events_knows_that_nobody_else_did(store: Store) -> None:
    """Who settles events is told whether all of them are still pending."""
    receive(store, [event(1), event(2)])
    with store.reading() as work:
        first, second = (one.id for one in work.inbox.pending(9))
    with store.unit_of_work() as work:
        assert work.inbox.are_pending([first, second])
        assert work.inbox.are_pending([])
    settle(store, Ingested(first, EventState.DONE))
    with store.unit_of_work() as work:
        assert not work.inbox.are_pending([first, second])
        assert work.inbox.are_pending([second])


def test_events_of_a_state_are_opened_again(store: Store) -> None:
    """Events of a state are opened again, and what was wrong with them is forgotten."""
    receive(store, [event(1), event(2)])
    with store.reading() as work:
        first, second = (one.id for one in work.inbox.pending(9))
    settle(store, Ingested(first, EventState.DEAD, (), "broken"), Ingested(second, EventState.DONE))
    with store.unit_of_work() as work:
        assert work.inbox.reopen(EventState.DEAD) == 1
        work.commit()
    with store.reading() as work:
        assert [(one.id, one.message) for one in work.inbox.pending(9)] == [(first, "")]


def test_one_ingests_beside_a_run_and_another_waits(store: Store) -> None:
    """One ingests beside a run, another is kept out meanwhile, and the next one may when the first has ended."""
    with store.lock(), store.ingesting() as first:
        assert first
        with store.ingesting() as second:
            assert not second
    with store.ingesting() as again:
        assert again


def test_old_events_are_forgotten_but_never_before_they_are_ingested(store: Store) -> None:
    """Old events are forgotten once they are ingested, and never before."""
    receive(store, [event(1), event(2), event(9)])
    with store.reading() as work:
        first, *_ = work.inbox.pending(9)
    settle(store, Ingested(first.id, EventState.DONE))
    with store.unit_of_work() as work:
        assert work.inbox.prune(5.0) == 1
        work.commit()
    with store.reading() as work:
        assert [one.received_at for one in work.inbox.pending(9)] == [2.0, 9.0]
