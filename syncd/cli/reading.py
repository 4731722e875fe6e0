"""Running what only reads both sides."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from syncd.app.stopping import Stop, unless_stopped
from syncd.app.world import World
from syncd.bootstrap.decisions import with_read_only
from syncd.bootstrap.world import world
from syncd.cli.stopping import run_until_stopped
from syncd.config.loading import Loaded
from syncd.shadow.store import Store

Value = TypeVar("Value")


def look(loaded: Loaded, store: Store, reading: Callable[[World], Coroutine[Any, Any, Value]]) -> tuple[Value, int]:
    """Run what only reads both sides, with every writing call refused; a signal ends it at once (I10)."""

    async def work(stop: Stop) -> Value:
        async with world(with_read_only(loaded), store) as everything:
            return await unless_stopped(stop, reading(everything))

    return run_until_stopped(loaded, work)
