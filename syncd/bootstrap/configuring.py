"""Noting which configuration a process uses, and who brought it."""

import time

from syncd.app.configuring import Configuration, note_configuration
from syncd.app.store_ports import Store
from syncd.bootstrap.actors import owner_of
from syncd.config.digests import changed_keys, digests
from syncd.config.loading import Loaded
from syncd.model.actors import Actor


def note_in_use(loaded: Loaded, store: Store, actor: Actor) -> None:
    """Record that this configuration is in use now, where it is another one than before. Raises `StoreError`."""
    found = Configuration(digests(loaded.settings), loaded.fingerprint, owner_of(loaded.path))
    note_configuration(store, found, actor, time.time(), changed_keys)
