"""What commands begin with: the configuration, its language and its store."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.bootstrap.stores import opened_store
from syncd.cli.terminal import Chosen, note, spoken
from syncd.config.loading import Loaded, load
from syncd.errors import ConfigurationError
from syncd.shadow.schema import shown
from syncd.shadow.store import Store


def configured(config: Path | None) -> Loaded:
    """Load the configuration, speak its language, and name it and its store on standard error."""
    loaded = load(config or Chosen.config, os.environ, Path.cwd())
    Chosen.lang, Chosen.zone = loaded.settings.log.lang, loaded.settings.schedule.timezone
    store = shown(loaded.settings.store.url.get_secret_value())
    note(spoken().say("note.in_use", configuration=loaded.path, store=store))
    return loaded


def configured_if_there(config: Path | None) -> Loaded | None:
    """Load the configuration where one can be used; one that is named must be."""
    try:
        return configured(config)
    except ConfigurationError as error:
        if config or Chosen.config:
            raise
        note(spoken().say("note.no_configuration", error=error))
        return None


@contextmanager
def deciding(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store for what somebody decides; afterwards people are told (`[notify]`)."""
    with opened(config) as (loaded, store):
        try:
            yield loaded, store
        finally:
            if "audit" in loaded.settings.notify.on:
                from syncd.bootstrap.notifications import notification  # noqa: PLC0415 - rarely needed
                from syncd.service.notifying import tell_of_decisions  # noqa: PLC0415 - likewise

                tell_of_decisions(notification(loaded.settings, store), note)


@contextmanager
def opened(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store."""
    loaded = configured(config)
    with opened_store(loaded.settings) as store:
        yield loaded, store
