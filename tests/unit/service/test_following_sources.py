"""The duty of incremental reading asks for whole passes."""

import asyncio
from pathlib import Path

import pytest
import structlog

from syncd.app.incremental import Incremental
from syncd.model.objects import Kind
from syncd.model.source import Changes
from syncd.plan.rules import Limit, Limits
from syncd.service import following_sources
from syncd.service.following_sources import FollowingSources
from syncd.telemetry.metrics import Metrics
from syncd.testing.company import Company, Person
from syncd.testing.passes import MemoryFeed, MemorySource, Passes
from tests.kit.empty_stores import put_empty_store
from tests.kit.waiting import until


class Deleting:
    """A feed of a directory from which somebody is deleted all the time."""

    name = "ldap"

    def begin(self) -> None:
        """Begin."""

    def changes(self, key_attribute: str) -> Changes:
        """Tell that somebody is gone."""
        del key_attribute
        return Changes(self.name, whole_read_due=True)

    def end(self) -> None:
        """End."""


async def test_however_often_somebody_is_deleted_one_whole_pass_at_a_time_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a source tells that somebody is gone, one whole pass at a time is asked for."""
    put_empty_store(tmp_path)
    passes = Passes(tmp_path, MemorySource())
    asked: list[float] = []
    await passes.approved()
    loop = asyncio.get_running_loop()
    incremental = Incremental(passes.world(), (Deleting(),))
    following = FollowingSources(
        incremental, lambda: asked.append(loop.time()), loop.time, Metrics("1", "1"), lambda: None
    )
    monkeypatch.setattr(following_sources, "APART", 0.1)
    await following.look(passes.stop)
    await following.look(passes.stop)
    await until(lambda: len(asked) == 2)
    assert asked[1] - asked[0] > 0.09
    monkeypatch.setattr(following_sources, "APART", 3600.0)
    for _ in range(50):
        await following.look(passes.stop)
    assert len(asked) == 2
    passes.close()


async def test_a_small_plan_that_a_guard_holds_is_logged_and_held_by_a_whole_pass(tmp_path: Path) -> None:
    """A change that a guard holds is logged, and a whole pass is asked for, which holds it."""
    put_empty_store(tmp_path)
    passes = Passes(tmp_path, MemorySource())
    (source,) = passes.sources
    people = {key: Person(key, key, "", "", "", "") for key in "abc"}
    source.employ(Company({}, people))
    await passes.approved()
    passes.decide(limits=Limits(by_kind={kind: {"update": Limit(0, None, 0)} for kind in Kind}))
    asked: list[str] = []
    feed = MemoryFeed(source.name)
    incremental = Incremental(passes.world(), (feed,))
    following = FollowingSources(
        incremental, lambda: asked.append("whole"), lambda: passes.now, Metrics("1", "1"), lambda: None
    )
    passes.now += 3600
    source.employ(Company({}, {**people, "a": Person("a", "新", "", "", "", "")}))
    feed.next = Changes(source.name, tuple(entry for entry in source.snapshot.users if entry.key == "a"))
    with structlog.testing.capture_logs() as lines:
        await following.look(passes.stop)
    assert [line["action"] for line in lines] == ["small_plan_held", "followed"]
    assert asked == ["whole"]
    assert (await passes.run()).run.outcome == "held"
    passes.close()
