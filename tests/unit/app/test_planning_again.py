"""What a refusal teaches of the platform is used in the same run: its rest is planned again and carried out."""

import msgspec
import pytest

from syncd.plan.json_form import from_json
from syncd.plan.rules import Limit, Limits
from syncd.plan.values import Reason
from syncd.sandbox.quirks import Quirks
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from tests.kit.passing import shown

ANNA = Person("anna", "Anna", "", "", "", "n")
BEFORE = Company({"n": Unit("北区", ""), "s": Unit("南区", ""), "e": Unit("东组", "n")}, {"a": ANNA})
SWAPPED = msgspec.structs.replace(BEFORE, units={**BEFORE.units, "n": Unit("南区", ""), "s": Unit("北区", "")})
REPLACED = Company(
    {"new": Unit("北区", ""), "s": Unit("南区", ""), "e": Unit("东组", "new")},
    {"a": msgspec.structs.replace(ANNA, department="new")},
)


@pytest.fixture
async def synced(passes: Passes) -> Passes:
    """Return a synced company on a platform that refuses one name twice under one parent, which nobody has found."""
    passes.platform.company.quirks = Quirks(department_names="unique")
    passes.sources[0].employ(BEFORE)
    await passes.approved()
    return passes


@pytest.mark.parametrize("after", [SWAPPED, REPLACED])
async def test_the_run_that_is_refused_goes_on_and_ends_as_done(synced: Passes, after: Company) -> None:
    """Two departments that swap names, or one that is replaced by another of its name, need one run."""
    synced.sources[0].employ(after)
    report = await synced.run()
    assert (report.run.outcome, report.run.exit) == ("done", 0)
    assert synced.platform.refused != [], "the platform taught it"
    assert shown(synced) == after.wanted()
    assert Reason.TEMPORARY in {operation.reason for operation in report.plan.operations}
    with synced.store.reading() as work:
        record, plan = work.runs.get(report.run.run) or pytest.fail("no run")
    stored = {operation.id for operation in from_json(plan).operations}
    assert stored == {result.operation.id for result in report.results}
    assert record.counts == {"done": len(stored)}
    assert (await synced.run()).plan.operations == ()


async def test_what_was_approved_passes_the_guards_again(synced: Passes) -> None:
    """Operations that an approval let pass do so in the second plan too, though they differ by a temporary name."""
    none = Limit(count=0)
    held = Limits({kind: {"update": none} for kind in synced.decisions.limits.by_kind})
    synced.decide(limits=held)
    synced.sources[0].employ(SWAPPED)
    assert (await synced.run()).run.exit == 3
    report = await synced.approved()
    assert (report.run.outcome, shown(synced)) == ("done", SWAPPED.wanted())


async def test_a_run_that_learned_it_before_is_refused_nothing(synced: Passes) -> None:
    """A run on a platform of which this is known has the temporary names in its first plan."""
    synced.sources[0].employ(SWAPPED)
    await synced.run()
    synced.platform.refused.clear()
    synced.sources[0].employ(BEFORE)
    assert (await synced.run()).run.outcome == "done"
    assert synced.platform.refused == []
