"""The duty of incremental reading asks for whole passes."""

import asyncio
from pathlib import Path

import pytest

from syncd.app.incremental import Incremental
from syncd.model.source import Changes
from syncd.service import following_sources
from syncd.service.following_sources import FollowingSources
from syncd.telemetry.metrics import Metrics
from syncd.testing.passes import MemorySource, Passes
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
