"""Who is told of runs, as the configuration wants it."""

import os
import time
from collections.abc import Mapping

from syncd.app.notification import Notification, Notifier
from syncd.app.store_ports import Store
from syncd.config.settings import Settings
from syncd.report.news import news_form


def notification(settings: Settings, store: Store) -> Notification | None:
    """Make what tells people of runs; nothing where the configuration names nobody."""
    chosen, url = settings.notify, settings.notify.url.get_secret_value()
    if not chosen.command and not url:
        return None
    from syncd.telemetry.notifying import CommandNotifier, EveryNotifier, HttpNotifier  # noqa: PLC0415 - slow to load, often not needed

    ways: list[Notifier] = []
    if chosen.command:
        ways.append(CommandNotifier(chosen.command, news_form, without_secrets(os.environ)))
    if url:
        ways.append(HttpNotifier(url, news_form))
    return Notification(store, EveryNotifier(ways), chosen.on, time.time)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment for another program, without the configuration that may stand in ours."""
    return {name: value for name, value in environment.items() if not name.startswith("SYNCD_")}
