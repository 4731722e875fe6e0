"""Reading the platform's lists into the shadow, without the directory."""

import asyncio

from syncd.app.bindings import Bindings, check_bindings
from syncd.app.completing_lists import completed, shadow_of
from syncd.app.draw_up import read_platform
from syncd.app.refreshing import refresh
from syncd.app.world import World
from syncd.plan.letter_case import as_listed


async def mirror_platform(world: World) -> None:
    """Let the shadow hold what the platform's lists show now.

    Raises `PlatformError`, `StoreError`, and `ConfigurationError` where the store belongs to another company.
    """
    asked_at = world.moment().now
    (mirror, _), company = await read_platform(world)
    with world.store.reading() as work:
        facts, links = work.facts.all(), work.links.all()
    check_bindings(Bindings.of(company, world.decisions.policy, ()), facts)
    mirror, _ = await completed(world.platform, mirror, as_listed(links, mirror), world.clock, shadow_of(world.store))
    await asyncio.to_thread(refresh, world.store, mirror, asked_at, links)
