"""Somebody is forgotten on both databases alike."""

import pytest

from syncd.app.forget import NotForgotten, forget, traces
from syncd.app.ledger import GENERATION
from syncd.app.ports import Settled
from syncd.app.records import AUDIT_HEAD, EventState, HeldPlan, Ingested, Received, RunRecord
from syncd.model.actors import NOBODY
from syncd.plan.forgetting import is_forgotten
from syncd.plan.json_form import from_json, to_json
from syncd.shadow.store import Store
from syncd.testing.postbox import receive
from tests.unit.plan.test_forgetting import ID, OTHER, PLAN, THEIRS

FACT = f"{GENERATION}user.ldap.k1"


@pytest.fixture
def told(store: Store) -> Store:
    """Return a store in which a run, a held plan, events and a fact tell of one person."""
    receive(store, [Received(1.0, 1.0, "user_add", "d1", b'{"value":[{"id":"%s"}]}' % ID.lower().encode())])
    receive(store, [Received(2.0, 2.0, "user_add", "d2", b'{"value":[{"id":"%s"}]}' % OTHER.encode())])
    with store.unit_of_work() as work:
        for one in work.inbox.pending(9):
            work.inbox.settle([Ingested(one.id, EventState.DONE, (ID if one.digest == "d1" else OTHER,))])
        work.runs.start("run", 1.0, PLAN.fingerprint, to_json(PLAN))
        work.runs.record("run", [Settled(THEIRS, "failed", "70001", "no wang.fang", ID, 2.0)], frozenset())
        work.runs.finish(RunRecord("run", 1.0, PLAN.fingerprint, 3.0, "done", 0, {}))
        work.held.hold(HeldPlan(PLAN.fingerprint, to_json(PLAN), 5.0, ("limits",)))
        work.facts.put({FACT: "1", "other": f'["{OTHER}"]'})
        work.commit()
    return store


def test_everything_that_tells_of_a_person_is_taken_out(told: Store) -> None:
    """Runs, held plans, journal, events and facts lose them, dates and outcomes stay, and others are untouched."""
    found = forget(told, "wang.fang", NOBODY, 9.0)
    assert (found.runs, found.held, found.journal, found.events, found.facts) == (1, 1, 1, 1, 1)
    with told.reading() as work:
        (_, text) = next(iter(work.runs.plans()))
        assert is_forgotten(from_json(text).operations[0])
        (line,) = work.runs.traces()
        assert (line.source, line.key, line.platform_id, line.message) == ("", "", "", "")
        assert work.runs.results("run")[THEIRS.id]["code"] == "70001"
        (held,) = work.held.all()
        assert (held.since, held.guards) == (5.0, ("limits",))
        assert is_forgotten(from_json(held.plan).operations[0])
        first, second = work.inbox.every()
        assert (first.objects, first.body, first.state) == ((), b'{"value":[]}', EventState.DONE)
        assert second.body == b'{"value":[{"id":"%s"}]}' % OTHER.encode()
        assert {name: value for name, value in work.facts.all().items() if name != AUDIT_HEAD} == {
            "other": f'["{OTHER}"]'
        }
    with pytest.raises(NotForgotten, match="nothing in the store tells of"):
        traces(told, "wang.fang")


def test_what_is_not_finished_is_waited_for(told: Store) -> None:
    """Nobody is forgotten while an event that tells of them is not ingested, or a run of theirs not finished."""
    receive(told, [Received(3.0, 3.0, "user_update", "d3", b'{"value":[{"id":"%s"}]}' % ID.encode())])
    with pytest.raises(NotForgotten, match="is not ingested yet"):
        forget(told, ID, NOBODY, 9.0)
    with told.unit_of_work() as work:
        (one,) = work.inbox.pending(9)
        work.inbox.settle([Ingested(one.id, EventState.DONE, (ID,))])
        work.runs.start("run2", 5.0, PLAN.fingerprint, to_json(PLAN))
        work.commit()
    with pytest.raises(NotForgotten, match="is not finished; run `syncd reconcile` first"):
        forget(told, ID, NOBODY, 9.0)
    with told.reading() as work:
        assert FACT in work.facts.all(), "nothing is taken out by halves"


def test_a_name_that_two_bear_is_asked_again(told: Store) -> None:
    """A name that several bear means nobody, and says who they are."""
    with pytest.raises(NotForgotten, match=r"王芳 may mean 2: .*say which by its key or platform id"):
        traces(told, "王芳")
