"""What several files of acceptance tests ask for."""

import msgspec
import pytest

from syncd.testing.company import Company, generated
from tests.kit.installation.site import SECRET, Site


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks of these tests."""
    config.addinivalue_line("markers", "company(people, departments): how large the fixture `company` is")


@pytest.fixture
def company(request: pytest.FixtureRequest, company: Company) -> Company:
    """Return a company of the size that the mark `company` states, or of the usual one."""
    mark = request.node.get_closest_marker("company")
    return generated(**mark.kwargs) if mark else company


@pytest.fixture
def takes_every_face(site: Site) -> None:
    """Make the platform take every face until a test says otherwise, whatever its other quirks."""
    site.sandbox.quirks = msgspec.structs.replace(site.sandbox.quirks, faces="taken")


@pytest.fixture
def platform_flags(site: Site) -> list[str]:
    """Return the flags of `init` that name the platform, for an installation that has no configuration yet."""
    (site.folder / "syncd.toml").unlink()
    (site.folder / "secret").write_text(SECRET)
    return ["--appkey", "sandbox", "--appsecret-file", "secret", "--platform-url", site.url]
