"""What is ours is found again on the platform after the store was lost."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from syncd.app.rebuild import rebuild
from syncd.errors import StoreError
from syncd.model.actors import NOBODY
from syncd.plan.rules import Policy
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes
from tests.kit.passing import platform_ids, shown

DAY = 86400.0
COMPANY = Company(
    {"d1": Unit("销售部"), "d2": Unit("East", "d1")},
    {
        "p1": Person("anna", "Anna", "1", "", "", "d1"),
        "p2": Person("bert", "Bert", "2", "", "", "d2"),
        "p3": Person("cleo", "Cleo", "3", "", "", ""),
    },
)
WITHOUT_CLEO = msgspec.structs.replace(COMPANY, people={key: COMPANY.people[key] for key in ("p1", "p2")})
GRACE = Policy(remove_after=7 * DAY)


@pytest.fixture
async def passes(passes: Passes, tmp_path: Path) -> AsyncIterator[Passes]:
    """Return an installation that lost its store after a first sync of the company."""
    folder = tmp_path / "after"
    folder.mkdir()
    with closing(Passes(folder)) as after:
        after.platform = passes.platform
        for installation in (passes, after):
            installation.decide(policy=GRACE)
            installation.sources[0].employ(COMPANY)
        await passes.approved()
        yield after


async def test_everything_of_ours_is_linked_again(passes: Passes) -> None:
    """A rebuild links everything of ours again without a writing call, and the next run has nothing to do."""
    calls = len(passes.platform.calls)
    passes.platform.company.add_user({"name": "T", "account": "typed"})
    done = await rebuild(passes.world(), NOBODY)
    assert (len(done.found.links), done.found.leavers, done.strangers) == (5, (), 1)
    assert (await passes.run()).plan.operations == ()
    assert len(passes.platform.calls) == calls


async def test_leavers_are_found_by_their_ids_and_removed_when_their_grace_ends(passes: Passes) -> None:
    """A rebuild finds leavers by their ids, and they are removed once a grace that began anew has ended."""
    passes.sources[0].employ(WITHOUT_CLEO)
    done = await rebuild(passes.world(), NOBODY)
    assert (len(done.found.links), len(done.found.leavers)) == (4, 1)
    assert [str(one.operation.action) for one in (await passes.approved()).results] == ["leave"]
    passes.now += 7 * DAY
    assert [str(one.operation.action) for one in (await passes.approved()).results] == ["remove"]
    assert shown(passes) == WITHOUT_CLEO.wanted()


async def test_a_leaver_who_returns_is_who_they_were(passes: Passes) -> None:
    """A leaver who returns after a rebuild is linked to the same platform id again."""
    passes.sources[0].employ(WITHOUT_CLEO)
    (lost,) = (await rebuild(passes.world(), NOBODY)).found.leavers
    await passes.run()
    passes.sources[0].employ(COMPANY)
    assert (await passes.run()).plan.operations == ()
    ids = platform_ids(passes)
    assert ids["p3"] == lost.platform_id
    assert len(ids) == 5


async def test_a_store_that_knows_something_is_not_lost(passes: Passes) -> None:
    """A rebuild refuses a store that has links, for it is not lost."""
    await passes.run()
    with pytest.raises(StoreError, match="knows 5 links, so it is not lost"):
        await rebuild(passes.world(), NOBODY)
