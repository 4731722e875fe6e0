"""Fixtures of all tests of the client."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture
def quick() -> Iterator[None]:
    """Let retries follow each other at once, three attempts at most."""
    with stamina.set_testing(True, attempts=3):
        yield
