"""One company through every kind of source is one desired state, byte for byte."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from syncd.bootstrap.decisions import rules
from syncd.bootstrap.sources import sources
from syncd.config.loading import load
from syncd.mapping.desire import Moment, desire
from syncd.model.desired import Desired
from syncd.model.source import Grade
from syncd.testing.company import Company, generated, hard_day
from syncd.testing.slapd import Slapd
from tests.kit.servers.hr_database import SOURCE as SQL
from tests.kit.servers.hr_database import employ
from tests.kit.servers.hr_service import SOURCE as HTTP
from tests.kit.servers.hr_service import HrService

# Fixtures with a parameter ask for the server by its name, which shows in no signature.
pytestmark = pytest.mark.xdist_group("mariadb")

PLATFORM = '[platform]\nappkey = "k"\nappsecret = "s"\n'
TREE = 'base = "ou=people,dc=example,dc=com"\n[source.hr.users]\n[source.hr.departments]\n'
TABLES = '[mapping.user]\ndepartment = "unit"\n[mapping.department]\nparent = "parent"\n'
WAYS = ["csv", "xlsx", "ldif", "slapd", "sqlite", "postgresql", "mariadb", "http"]


@pytest.fixture(params=["as it was generated", "after a hard day"], scope="module")
def company(request: pytest.FixtureRequest) -> Company:
    """Return a company of some hundred people, and what a day makes of it."""
    found = generated(300, 40)
    return found if request.param == "as it was generated" else hard_day(found, 300)


@pytest.fixture(params=WAYS)
def source(request: pytest.FixtureRequest, company: Company, tmp_path: Path) -> Iterator[str]:
    """Yield the configuration of a source that has the company."""
    way: str = request.param
    if way in ("csv", "xlsx"):
        for name, content in (company.csv() if way == "csv" else company.xlsx()).items():
            (tmp_path / name).write_bytes(content)
            os.utime(tmp_path / name, (0, 0))
        files = f'users = {{path = "people.{way}"}}\ndepartments = {{path = "departments.{way}"}}\n'
        yield f'[source.hr]\ntype = "csv"\nkey = "entryUUID"\n{files}{TABLES}'
    elif way == "ldif":
        (tmp_path / "company.ldif").write_bytes(company.ldif())
        yield f'[source.hr]\ntype = "ldif"\npath = "company.ldif"\n{TREE}'
    elif way == "slapd":
        request.getfixturevalue("slapd_is_there")
        with Slapd(company.ldif()) as server:
            yield f'[source.hr]\ntype = "ldap"\nurls = "{server.url}"\n{TREE}'
    elif way == "http":
        with HrService() as service:
            service.employ(company)
            yield HTTP.format(url=service.url)
    else:
        sqlite = f"sqlite:///{tmp_path / 'hr.db'}"
        servers = {"postgresql": "empty_postgresql", "mariadb": "mariadb"}
        url = sqlite if way == "sqlite" else request.getfixturevalue(servers[way])
        employ(url, company)
        yield SQL.format(url=url)


def desired(folder: Path, configuration: str) -> Desired:
    """Return the desired state of what a configuration names."""
    (folder / "syncd.toml").write_text(configuration + PLATFORM)
    settings = load(None, {}, folder).settings
    (reader,) = sources(settings, {})
    snapshot = reader.read()
    assert snapshot.certificate.grade is Grade.WHOLE
    return desire([snapshot], {"hr": rules(settings, "hr")}, Moment(0))


def encoded(found: Desired) -> bytes:
    """Return a desired state as bytes, in the order of keys and without the places where entries stand."""
    without = msgspec.structs.replace(
        found,
        users=tuple(msgspec.structs.replace(one, locator="") for one in sorted(found.users, key=lambda one: one.key)),
        departments=tuple(
            msgspec.structs.replace(one, locator="") for one in sorted(found.departments, key=lambda one: one.key)
        ),
    )
    return msgspec.json.encode(msgspec.to_builtins(without, str_keys=True, order="deterministic"))


def test_every_way_gives_the_same_desired_state(source: str, company: Company, tmp_path: Path) -> None:
    """The desired state of a company does not depend on the kind of source that it is read from."""
    found = desired(tmp_path, source)
    (tmp_path / "wanted").mkdir()
    (tmp_path / "wanted" / "company.ldif").write_bytes(company.ldif())
    wanted = desired(tmp_path / "wanted", f'[source.hr]\ntype = "ldif"\npath = "company.ldif"\n{TREE}')
    assert len(wanted.users) == len(company.people)
    assert len(wanted.departments) == len(company.units)
    assert encoded(found) == encoded(wanted)
