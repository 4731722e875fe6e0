"""The store, as the configuration wants it."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.config.settings import Settings
from syncd.shadow.store import Store, open_store


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """Open the store of a configuration, and close it afterwards."""
    store = open_store(settings.store.url.get_secret_value())
    try:
        yield store
    finally:
        store.close()
