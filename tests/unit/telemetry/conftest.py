"""What tests of telemetry share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.testing.passes import Passes
from tests.kit.empty_stores import put_empty_store


@pytest.fixture
def passes(tmp_path: Path) -> Iterator[Passes]:
    """Return an installation in which nobody is employed yet."""
    put_empty_store(tmp_path)
    made = Passes(tmp_path)
    yield made
    made.close()
