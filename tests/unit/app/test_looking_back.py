"""A run looks at what it wrote, and tells a form of the platform from an edit by somebody else."""

import pytest

from syncd.plan.rules import Policy
from syncd.sandbox.company import Record
from syncd.testing.company import generated
from syncd.testing.passes import Passes

EDITED = "改了的名"


def edit_after_creation(passes: Passes, count: int) -> list[str]:
    """Edit so many people as an administrator does, right after they were made."""
    edited: list[str] = []

    async def after(call: str, object_id: str) -> None:
        if call == "user/add" and len(edited) < count:
            edited.append(object_id)
            passes.platform.company.update_user({"id": object_id, "name": EDITED})

    passes.platform.after = after
    return edited


def names(passes: Passes) -> set[str]:
    """Return the names that the platform holds."""
    return {user["name"] for key, user in passes.platform.company.state.users.items() if key != "1"}


@pytest.mark.parametrize("people", [5, 60])
async def test_who_edits_between_the_write_and_the_look_is_written_over(passes: Passes, people: int) -> None:
    """An edit between the write and the look is written over in the same run, and nothing is left to do."""
    company = generated(people, 3)
    passes.sources[0].employ(company)
    edit_after_creation(passes, 4)
    await passes.approved()
    assert EDITED not in names(passes)
    assert (await passes.plan()).operations == ()


async def test_a_platform_that_takes_a_value_its_own_way_is_believed_after_a_second_write(
    passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that the platform keeps in an unknown form of its own is not written again by the next run."""
    passes.sources[0].employ(generated(60, 3))
    platform = passes.platform.company
    update, add = platform.update_user, platform.add_user

    def own_way(fields: Record) -> Record:
        return {**fields, **({"name": f"P-{fields['name']}"} if "name" in fields else {})}

    monkeypatch.setattr(platform, "update_user", lambda fields: update(own_way(fields)))
    monkeypatch.setattr(platform, "add_user", lambda fields: add(own_way(fields)))
    await passes.approved()
    writes = len(passes.platform.calls)
    assert (await passes.plan()).operations == ()
    await passes.run()
    assert len(passes.platform.calls) == writes


async def test_more_edits_than_are_tried_are_drift_for_the_next_pass(passes: Passes) -> None:
    """Where more users are edited than a run tries again, the next run writes over the rest."""
    passes.sources[0].employ(generated(60, 3))
    edit_after_creation(passes, 30)
    await passes.approved()
    assert EDITED in names(passes)
    await passes.approved()
    assert EDITED not in names(passes)
    assert (await passes.plan()).operations == ()


async def test_where_drift_is_reported_nothing_is_written_a_second_time(passes: Passes) -> None:
    """Where drift is reported an edit after the write is neither written over nor taken for a form."""
    passes.decide(policy=Policy(remove_after=0, report_drift=frozenset({"name"})))
    passes.sources[0].employ(generated(5, 3))
    edited = edit_after_creation(passes, 2)
    await passes.approved()
    assert [call for call, _ in passes.platform.calls if call == "user/update"] == []
    assert len(edited) == 2
    with passes.store.reading() as work:
        assert all(not link.kept for link in work.links.all())
