"""What the tests of the use cases share: an installation in one process, and a loop that a scene runs in."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncd.testing.passes import Passes


@pytest.fixture
def passes(tmp_path: Path) -> Iterator[Passes]:
    """Return an installation whose directory and platform are empty; it is closed afterwards."""
    with closing(Passes(tmp_path)) as made:
        yield made


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """Return what runs coroutines one after the other in one loop; it is closed afterwards."""
    with asyncio.Runner() as made:
        yield made
