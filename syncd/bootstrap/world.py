"""Everything that a run and its surroundings need, wired."""

import datetime as dt
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.app.ingest import Ingest
from syncd.app.notification import Notification, Notifier
from syncd.app.passwords import InitialPasswords
from syncd.app.ports import Platform
from syncd.app.pruning import Retention
from syncd.app.store_ports import Store as StorePort
from syncd.app.world import World
from syncd.bootstrap.decisions import decisions, initial_password, moment
from syncd.bootstrap.platforms import client
from syncd.bootstrap.sources import sources
from syncd.config.addresses import host_and_port
from syncd.config.loading import Loaded
from syncd.config.settings import Settings
from syncd.report.news import news_form
from syncd.shadow.store import Store, open_store

if TYPE_CHECKING:
    from syncd.events.serving import ListenerSettings
    from syncd.platform.observing import Observer


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """Open the store of a configuration, and close it afterwards."""
    store = open_store(settings.store.url.get_secret_value())
    try:
        yield store
    finally:
        store.close()


@asynccontextmanager
async def world(loaded: Loaded, store: StorePort, observer: "Observer | None" = None) -> AsyncIterator[World]:
    """Wire everything that a run needs; `observer` is told of the calls."""
    settings = loaded.settings
    with store.reading() as work:
        facts = work.facts.all()
    handover = Path(settings.platform.handover) if settings.platform.handover else None
    with ExitStack() as stack:
        passwords = InitialPasswords(handover, _timestamp, looks_only=settings.platform.read_only)
        stack.callback(passwords.close)
        async with client(settings, observer) as platform:
            yield World(
                sources=tuple(sources(settings, facts)),
                platform=platform,
                store=store,
                passwords=passwords,
                decisions=decisions(loaded),
                initial_password=initial_password(settings),
                clock=time.time,
                moment=lambda: moment(settings),
            )


def ingest(settings: Settings, store: StorePort, platform: Platform) -> Ingest:
    """Wire what ingest works with."""
    return Ingest(platform, store, time.time, settings.platform.callback.window)


def listener_settings(settings: Settings) -> "ListenerSettings":
    """Give how events are received; raises `ConfigurationError` where the keys of callbacks are missing."""
    from syncd.config.callback import callback_keys  # noqa: PLC0415 - slow to load, often not needed
    from syncd.events.serving import ListenerSettings  # noqa: PLC0415 - slow to load, often not needed

    chosen = settings.listener
    host, port = host_and_port(chosen.bind)
    return ListenerSettings(
        host=host,
        port=port,
        path=chosen.path,
        keys=callback_keys(settings),
        max_body=chosen.max_body,
        certificate=chosen.tls.cert if chosen.tls else "",
        key=chosen.tls.key if chosen.tls else "",
        trusted_proxies=chosen.trusted_proxies,
    )


def notification(settings: Settings, store: StorePort) -> Notification | None:
    """Make what tells people of runs; nothing where the configuration names nobody."""
    from syncd.telemetry.notifying import CommandNotifier, EveryNotifier, HttpNotifier  # noqa: PLC0415 - slow to load, often not needed

    chosen = settings.notify
    ways: list[Notifier] = []
    if chosen.command:
        ways.append(CommandNotifier(chosen.command, news_form, without_secrets(os.environ)))
    if url := chosen.url.get_secret_value():
        ways.append(HttpNotifier(url, news_form))
    return Notification(store, EveryNotifier(ways), chosen.on, time.time) if ways else None


def retention(settings: Settings) -> Retention:
    """Give how long things are kept; never shorter than guards and approvals look back."""
    counted = max(settings.limits.window, settings.policy.approval_life)
    return Retention(settings.retention.inbox, settings.retention.journal, counted, settings.retention.faces)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment for another program, without the configuration that may stand in ours."""
    return {name: value for name, value in environment.items() if not name.startswith("SYNCD_")}


def _timestamp() -> str:
    return dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat(timespec="seconds")
