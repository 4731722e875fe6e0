"""A plan or a run can be for some people alone."""

import msgspec
import pytest

from syncd.app.draw_up import concerning, draw_up
from syncd.app.reconcile import Request
from syncd.plan.values import Plan
from syncd.plan.who import NobodyMeant
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes

COMPANY = Company(
    {"d1": Unit("销售部"), "d2": Unit("East", "d1"), "d3": Unit("West")},
    {
        "p1": Person("anna", "Anna", "1", "", "", "d2"),
        "p2": Person("bert", "Bert", "2", "", "", "d3"),
        "p3": Person("cleo", "Cleo", "3", "", "", ""),
    },
)


@pytest.fixture
def passes(passes: Passes) -> Passes:
    """Return an installation whose directory has a small company."""
    passes.sources[0].employ(COMPANY)
    return passes


async def part(passes: Passes, *who: str) -> Plan:
    """Return the part of the plan that concerns these."""
    return concerning(await draw_up(passes.world()), who)


async def test_only_those_who_are_named_and_what_they_wait_for(passes: Passes) -> None:
    """A plan for named people has only them and the departments they wait for, and a fingerprint of its own."""
    made = await part(passes, "anna")
    assert [one.key for one in made.operations] == ["d1", "d2", "p1"]
    assert made.fingerprint != (await passes.plan()).fingerprint
    assert [one.name for one in made.guards] == ["configuration"]
    assert [one.key for one in (await part(passes, "p3", "West")).operations] == ["d3", "p3"]


async def test_a_part_is_held_like_the_whole_and_approved_by_its_own_fingerprint(passes: Passes) -> None:
    """A part is held and approved by its own fingerprint, and does not accept the configuration for the rest."""
    assert (await passes.run()).run.exit == 3
    assert (await passes.run(Request(only=("cleo",)))).run.exit == 3
    with passes.store.reading() as work:
        assert len(work.held.all()) == 2
    fingerprint = (await part(passes, "cleo")).fingerprint
    done = await passes.run(Request(approve=fingerprint, only=("cleo",)))
    assert (done.run.exit, [one.operation.key for one in done.results]) == (0, ["p3"])
    rest = await passes.run()
    assert (rest.run.exit, len(rest.plan.operations)) == (3, 5)


async def test_in_force_the_named_are_brought_up_to_date_alone(passes: Passes) -> None:
    """A run for named people brings only them up to date, and the next whole run does the rest."""
    await passes.approved()
    renamed = {key: msgspec.structs.replace(one, name=one.name + "!") for key, one in COMPANY.people.items()}
    passes.sources[0].employ(msgspec.structs.replace(COMPANY, people=renamed))
    first = await passes.run(Request(only=("anna", "bert")))
    assert [one.operation.key for one in first.results] == ["p1", "p2"]
    assert [one.operation.key for one in (await passes.run()).results] == ["p3"]


async def test_nobody_meant_is_said_before_anything_is_done(passes: Passes) -> None:
    """A name that means nobody is refused, and no run is begun for it."""
    with pytest.raises(NobodyMeant, match="dora is no key"):
        await passes.run(Request(only=("dora",)))
    with passes.store.reading() as work:
        assert work.runs.latest(1) == ()
