"""Links whose entry and object are both gone; a list alone, which may have been cut, proves no object gone."""

import asyncio
from collections.abc import Sequence

from syncd.app.creation import look_at
from syncd.app.ports import Platform
from syncd.model.links import Link

AT_MOST = 100


async def confirmed_gone(platform: Platform, links: Sequence[Link]) -> tuple[Link, ...]:
    """Give the links of which the platform says, object by object, that there is none; the next runs ask for the rest.

    Raises `PlatformError`.
    """
    asked = links[:AT_MOST]
    found = await asyncio.gather(*(look_at(platform, link.kind, link.platform_id) for link in asked))
    return tuple(link for link, there in zip(asked, found, strict=True) if there is None)
