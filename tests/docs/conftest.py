"""What tests of guides share: installations on a sandbox without quirks, and the series of a scrape."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.kit.installation.measured import Shown, everything, shown
from tests.kit.installation.site import Site


@pytest.fixture(scope="module")
def guide_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return an installation for all tests of a guide."""
    with _installation(tmp_path_factory.mktemp("guide")) as site:
        yield site


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Site]:
    """Return an installation for one test."""
    with _installation(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """Return each metric, with all that can be counted and with the listener's certificate."""
    file = tmp_path_factory.mktemp("certificate") / "cert.pem"
    file.write_bytes(trustme.CA().issue_cert("syncd.example.org").cert_chain_pems[0].bytes())
    return dict(shown(everything(str(file))))


@contextmanager
def _installation(folder: Path) -> Iterator[Site]:
    sandbox = Sandbox()
    with running(sandbox) as url:
        yield Site(folder, sandbox, url)
