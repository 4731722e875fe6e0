"""What the tests of the store share."""

from collections.abc import Iterator

import pytest

from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Yield an empty, open store, once for each database."""
    upgrade(store_url)
    store = open_store(store_url)
    yield store
    store.close()
