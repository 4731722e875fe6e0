"""What the tests of a platform share."""

from collections.abc import Iterator

import pytest

from tests.kit.platforms import Platform, served_platform


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Yield a platform whose server runs for all tests of one module."""
    with served_platform() as platform:
        yield platform
