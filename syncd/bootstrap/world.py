"""Everything that a run needs, wired."""

import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from syncd.app.passwords import InitialPasswords
from syncd.app.store_ports import Store
from syncd.app.world import World
from syncd.bootstrap.decisions import decisions, initial_password, moment
from syncd.bootstrap.platforms import client, with_normal_ids
from syncd.bootstrap.sources import sources
from syncd.config.loading import Loaded
from syncd.config.permissions import changeable
from syncd.errors import ConfigurationError
from syncd.platform.observing import Observer


@asynccontextmanager
async def world(loaded: Loaded, store: Store, observer: Observer | None = None) -> AsyncIterator[World]:
    """Wire everything that a run needs; `observer` is told of the calls."""
    settings = loaded.settings
    with store.reading() as work:
        facts = work.facts.all()
    handover = Path(settings.platform.handover) if settings.platform.handover else None
    if handover and (why := changeable(handover)):
        raise ConfigurationError(f"platform.handover: others may change {handover}, so no password is written: {why}")
    with ExitStack() as stack:
        passwords = InitialPasswords(handover, _timestamp, looks_only=settings.platform.read_only)
        stack.callback(passwords.close)
        async with client(settings, observer) as platform:
            yield World(
                sources=tuple(sources(settings, facts)),
                platform=with_normal_ids(platform),
                store=store,
                passwords=passwords,
                decisions=decisions(loaded),
                initial_password=initial_password(settings),
                clock=time.time,
                moment=lambda: moment(settings),
            )


def _timestamp() -> str:
    return dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat(timespec="seconds")
