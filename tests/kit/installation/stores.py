"""The store of an installation, opened by a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncd.app.records import InboxEvent
from syncd.shadow.store import Store, open_store
from tests.kit.installation.site import Site

ALL = 1_000_000


def default_store(site: Site) -> str:
    """Return the URL of the store that an installation has by default."""
    return f"sqlite:///{site.folder / 'syncd.db'}"


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Return a store that is closed at the end."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def inbox(url: str) -> tuple[InboxEvent, ...]:
    """Return every event in the inbox of a store."""
    with opened(url) as store, store.reading() as work:
        return work.inbox.latest(ALL)
