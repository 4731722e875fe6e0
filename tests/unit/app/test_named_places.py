"""Departments that the configuration names have to be on the platform."""

import pytest

from syncd.app.named_places import check_places
from syncd.errors import ConfigurationError
from syncd.plan.rules import Leaving, Policy
from syncd.testing.company import Company, Person
from syncd.testing.passes import Passes
from syncd.testing.platform import FakePlatform


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        (Policy(root_department="NOWHERE"), "platform.root_department"),
        (Policy(roots={"hr": "NOWHERE"}), "source.hr.root_department"),
        (Policy(on_leaver=Leaving.PARK, park_department="NOWHERE"), "policy.park_department"),
        (Policy(on_disabled=Leaving.PARK, park_department="NOWHERE"), "policy.park_department"),
    ],
)
async def test_a_department_that_is_not_there_is_named_with_its_key(policy: Policy, key: str) -> None:
    """A named department that is not on the platform is refused with the key that names it."""
    with pytest.raises(ConfigurationError, match=f'{key} = "NOWHERE"'):
        await check_places(FakePlatform(), policy, ())


async def test_what_a_list_lacks_is_asked_for_by_id() -> None:
    """A department that the list lacks is asked for by id, and one that decides nothing is not looked at."""
    platform = FakePlatform()
    await platform.add_department("HOME", {"name": "Home", "parent": ""})
    await check_places(platform, Policy(root_department="HOME", park_department="NOWHERE"), ())


async def test_a_run_below_a_department_that_is_not_there_writes_nothing(passes: Passes) -> None:
    """A run below a root department that is not there fails before its first write."""
    passes.decide(policy=Policy(root_department="NOWHERE"))
    passes.sources[0].employ(Company({}, {"p1": Person("anna", "Anna", "1", "", "", "")}))
    with pytest.raises(ConfigurationError):
        await passes.approved()
    assert passes.platform.calls == passes.platform.refused == []
