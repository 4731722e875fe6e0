"""The platform's lists are mirrored in the shadow without the directory."""

import pytest

from syncd.app.mirroring import mirror_platform
from syncd.errors import ConfigurationError
from syncd.testing.company import generated
from syncd.testing.passes import Passes


async def test_the_shadow_holds_what_the_lists_show_and_nothing_else_changes(passes: Passes) -> None:
    """Mirroring brings the lists into the shadow without reading the directory, without a write and without a run."""
    passes.sources[0].employ(generated(5, 2))
    await passes.approved()
    calls = list(passes.platform.calls)
    one = next(iter(passes.platform.company.state.users))
    passes.platform.company.update_user({"id": one, "position": "主管"})
    passes.sources[0].error = RuntimeError("nobody reads the directory")
    passes.now += 60
    await mirror_platform(passes.world())
    with passes.store.reading() as work:
        assert {user.id: user.fields.position for user in work.shadow.mirror().users}[one] == "主管"
        assert len(work.runs.latest(10)) == 1
    assert passes.platform.calls == calls


async def test_the_lists_of_another_company_are_not_taken(passes: Passes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists of another company are refused, and the shadow stays as it was."""
    passes.sources[0].employ(generated(5, 2))
    await passes.approved()

    async def another() -> str:
        return "ANOTHER"

    monkeypatch.setattr(passes.platform, "company_id", another)
    passes.platform.company.state.users.clear()
    with pytest.raises(ConfigurationError, match="the platform answers for company ANOTHER"):
        await mirror_platform(passes.world())
    with passes.store.reading() as work:
        assert len(work.shadow.mirror().users) == 6  # and the first administrator
