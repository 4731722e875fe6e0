"""What the daemon needs beside its runs: how events are received and ingested, and how long things are kept."""

import time
from typing import TYPE_CHECKING

from syncd.app.ingest import Ingest
from syncd.app.ports import Platform
from syncd.app.pruning import Retention
from syncd.app.store_ports import Store
from syncd.config.addresses import host_and_port
from syncd.config.settings import Settings

if TYPE_CHECKING:
    from syncd.events.serving import ListenerSettings


def ingest(settings: Settings, store: Store, platform: Platform) -> Ingest:
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


def retention(settings: Settings) -> Retention:
    """Give how long things are kept; never shorter than guards and approvals look back."""
    counted = max(settings.limits.window, settings.policy.approval_life)
    kept = settings.retention
    return Retention(kept.inbox, kept.journal, counted, kept.faces, kept.audit)
