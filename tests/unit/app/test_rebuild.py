"""The store is lost: what is ours is found again."""

from pathlib import Path

import msgspec
import pytest

from syncd.app.rebuild import rebuild
from syncd.errors import StoreError
from syncd.plan.rules import Policy
from syncd.testing.company import Company, Person, Unit, shown_by
from syncd.testing.passes import Passes

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


async def with_a_new_store(folder: Path, company: Company) -> Passes:
    """Give an installation that lost its store after a first sync, while its directory became this company."""
    before = Passes(folder / "before")
    before.decide(policy=GRACE)
    before.sources[0].employ(COMPANY)
    await before.approved()
    before.close()
    after = Passes(folder / "after")
    after.decide(policy=GRACE)
    after.platform = before.platform
    after.sources[0].employ(company)
    return after


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder for two stores."""
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    return tmp_path


async def test_everything_of_ours_is_linked_again(folder: Path) -> None:
    """Nothing is written to the platform; the next run has nothing to do."""
    passes = await with_a_new_store(folder, COMPANY)
    calls = len(passes.platform.calls)
    passes.platform.company.add_user({"name": "T", "account": "typed"})
    done = await rebuild(passes.world())
    assert (len(done.found.links), done.found.leavers, done.strangers) == (5, (), 1)
    assert (await passes.run()).plan.operations == ()
    assert len(passes.platform.calls) == calls
    passes.close()


async def test_leavers_are_found_by_their_ids_and_removed_when_their_grace_ends(folder: Path) -> None:
    """It begins anew, for nobody knows when they left."""
    passes = await with_a_new_store(folder, WITHOUT_CLEO)
    done = await rebuild(passes.world())
    assert (len(done.found.links), len(done.found.leavers)) == (4, 1)
    assert (await passes.run()).plan.operations == ()
    passes.now += 7 * DAY
    assert [str(one.operation.action) for one in (await passes.approved()).results] == ["remove"]
    state = passes.platform.company.state
    assert shown_by(state.users, state.departments) == WITHOUT_CLEO.wanted()
    passes.close()


async def test_a_leaver_who_returns_is_who_they_were(folder: Path) -> None:
    """The link with the lost key gives way to the entry's own."""
    passes = await with_a_new_store(folder, WITHOUT_CLEO)
    (lost,) = (await rebuild(passes.world())).found.leavers
    await passes.run()
    passes.sources[0].employ(COMPANY)
    assert (await passes.run()).plan.operations == ()
    with passes.store.reading() as work:
        links = {one.key: one.platform_id for one in work.links.all()}
    assert links["p3"] == lost.platform_id
    assert len(links) == 5
    passes.close()


async def test_a_store_that_knows_something_is_not_lost(folder: Path) -> None:
    """It is not touched."""
    passes = await with_a_new_store(folder, COMPANY)
    await passes.run()
    with pytest.raises(StoreError, match="knows 5 links, so it is not lost"):
        await rebuild(passes.world())
    passes.close()
