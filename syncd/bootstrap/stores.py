"""The store, as the configuration wants it."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.config.permissions import changeable
from syncd.config.settings import Settings
from syncd.errors import StoreError
from syncd.shadow.schema import shown, sqlite_path
from syncd.shadow.store import Store, open_store


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """Open the store of a configuration, and close it afterwards.

    Raises `StoreError` where it cannot be used, or where every user of the machine may change its file.
    """
    url = settings.store.url.get_secret_value()
    if (path := sqlite_path(url)) and (why := changeable(path)):
        raise StoreError(f"store {shown(url)}: others may change it, so nothing is done by it: {why}")
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()
