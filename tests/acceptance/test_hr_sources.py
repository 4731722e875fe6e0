"""The tests sync a company whose directory is a database or an HTTP service."""

from collections.abc import Callable, Iterator

import pytest

from syncd.testing.company import Company, hard_day
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.settings import ADMIN, APPLY_AT_ONCE, REMOVE_AT_ONCE
from tests.kit.installation.site import Site
from tests.kit.servers.hr_database import SOURCE as SQL
from tests.kit.servers.hr_database import employ
from tests.kit.servers.hr_service import SOURCE as HTTP
from tests.kit.servers.hr_service import HrService
from tests.kit.waiting import comes

Employ = Callable[[Company], None]


@pytest.fixture
def service() -> Iterator[HrService]:
    """Return a service."""
    with HrService() as found:
        yield found


@pytest.fixture(params=["sql", "http"])
def hires(request: pytest.FixtureRequest, site: Site, service: HrService) -> Employ:
    """Return what makes the source hold a company, once for each kind, with the installation configured for it."""
    if request.param == "http":
        service.has_tags = True
        site.configure(HTTP.format(url=service.url), tail=REMOVE_AT_ONCE)
        return service.employ
    site.configure(SQL.format(url="sqlite:///hr.db"), tail=REMOVE_AT_ONCE)
    return lambda company: employ(f"sqlite:///{site.folder}/hr.db", company)


def test_the_platform_becomes_and_stays_what_the_source_says(site: Site, hires: Employ, company: Company) -> None:
    """The platform shows what the source says, also after a hard day, and a second run plans nothing (I1)."""
    hires(company)
    assert site.settle().code == 0
    assert site.shown == site.wanted(company)
    day = hard_day(company, 120)
    hires(day)
    assert site.settle().code == 0
    assert site.shown == site.wanted(day)
    assert site.refused == []
    calls = len(site.sandbox.calls)
    again = site.run("reconcile", "--json")
    assert (again.code, again.json["results"], len(site.sandbox.calls)) == (0, [], calls)
    assert site.run("plan", "--exit-code").code == 0


def test_a_broken_read_is_exit_1_and_writes_nothing(site: Site, service: HrService, company: Company) -> None:
    """A broken read ends a run with exit code 1, a source without people is held, and neither writes (I4)."""
    site.configure(HTTP.format(url=service.url), tail=REMOVE_AT_ONCE)
    service.employ(company)
    assert site.settle().code == 0
    calls = len(site.sandbox.calls)
    service.faults = {len(service.asked) + 2: lambda reply: setattr(reply, "status", 500)}
    broken = site.run("reconcile")
    assert (broken.code, "answers HTTP 500, which is no list" in broken.fault) == (1, True)
    service.lists["/people"] = []
    held = site.run("reconcile")
    assert (held.code, "HELD by certificate" in held.out, len(site.sandbox.calls)) == (3, True, calls)


def test_the_daemon_asks_a_service_for_what_changed(site: Site, service: HrService, company: Company) -> None:
    """The daemon asks a service pass by pass whether its lists have changed, and brings over what has."""
    service.has_tags = True
    service.employ(company)
    tail = f'{APPLY_AT_ONCE}{ADMIN}[schedule]\nreconcile = "1s"\n'
    site.configure(HTTP.format(url=service.url), tail=tail)
    with Daemon(site) as running:
        assert comes(lambda: site.shown == site.wanted(company)), running.said
        assert comes(lambda: service.statuses[-4:] == [304] * 4), running.said
        service.lists["/people"][0]["title"] = "Neu"
        assert comes(lambda: "Neu" in {position for _, _, _, position, _ in site.shown.values()}), running.said
        assert running.stop() == 0


def test_no_secret_is_in_what_commands_say(site: Site, service: HrService, company: Company) -> None:
    """No command says the secrets of a service, neither when all is well nor when nothing works (I8)."""
    secrets = {"url_file": f"{service.url}?key=heikel", "token_file": "streng"}
    for name, value in secrets.items():
        (site.folder / name).write_text(value)
    lines = 'url_file = "url_file"\nauth = "bearer"\ntoken_file = "token_file"'
    site.configure(HTTP.format(url=service.url).replace(f'url = "{service.url}"', lines))
    service.employ(company)
    said = [site.run(*words) for words in (("check",), ("plan",), ("reconcile", "--json"))]
    service.auth = "bearer"
    said.append(site.run("plan"))
    said.append(site.run("check"))
    assert [result.code for result in said] == [0, 0, 3, 1, 1]
    for result in said:
        assert "heikel" not in result.out + result.err
        assert "streng" not in result.out + result.err


def test_init_writes_a_configuration_for_a_database(site: Site, platform_flags: list[str]) -> None:
    """`init` writes a configuration for a database, where departments may be text in the rows of people."""
    (site.folder / "hr-url").write_text("sqlite:///hr.db")
    select = "SELECT 1 AS id, 'wang.fang' AS account, '王芳' AS name, '' AS phone, '' AS email, '' AS position, "
    query = f"{select} '研发部/一组' AS department"
    flags = ["--source", "sql", "--url-file", "hr-url", "--query", query, "--key", "id", *platform_flags]
    assert site.run("init", *flags).code == 0
    assert "unable to open database file" in site.run("check").out
    (site.folder / "hr.db").touch()
    checked = site.run("check")
    assert "mapping: 1 users and 2 departments mapped" in checked.out, checked.out
    assert "--query is missing" in site.run("init", *flags[:4], "--out", "other.toml").fault


def test_init_writes_a_configuration_for_a_service(site: Site, service: HrService, platform_flags: list[str]) -> None:
    """`init` writes a configuration for a service, with a list of departments where one is named."""
    (site.folder / "hr-url").write_text(service.url)
    service.paging, person = "one", {"id": 1, "account": "a", "name": "A", "phone": "", "email": "", "position": ""}
    service.lists = {
        "/people": [{**person, "department": "D1"}],
        "/units": [{"department": "D1", "name": "研发部", "parent": None}],
    }
    flags = ["--source", "http", "--url-file", "hr-url", "--path", "/people", "--items", "/data/list", "--key", "id"]
    flags += ["--departments", "/units", *platform_flags]
    assert site.run("init", *flags).code == 0
    checked = site.run("check")
    assert (checked.code, "mapping: 1 users and 1 departments mapped" in checked.out) == (0, True), checked.out
