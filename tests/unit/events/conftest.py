"""What tests of events share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.shadow.store import Store, open_store
from tests.kit.empty_stores import put_empty_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store, the file `syncd.db` in the test's folder."""
    opened = open_store(put_empty_store(tmp_path))
    yield opened
    opened.close()
