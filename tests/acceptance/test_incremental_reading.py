"""The tests change a directory server beside the daemon, which brings each change over without a scheduled pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ldap3 import MODIFY_REPLACE, Connection

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.testing.company import Company, key_of
from syncd.testing.slapd import Slapd
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.settings import ADMIN
from tests.kit.installation.site import Site
from tests.kit.waiting import comes

SOURCE = """[source.ldap]
type = "ldap"
urls = ["{url}"]
base = "ou=people,dc=example,dc=com"
[source.ldap.departments]
[source.ldap.rooms]
filter = "(objectClass=room)"
[mapping.room]
name = "cn"
address = "roomNumber"
users = "description"
"""
TAIL = """[policy]
on_configuration = "apply"
remove_after = "0d"
[limits]
create = {{}}
remove = {{}}
update = {{}}
[schedule]
reconcile = "1h"
refresh = "1h"
prune = "off"
incremental = "{incremental}"
[listener]
bind = "127.0.0.1:0"
"""
PEOPLE = "ou=people,dc=example,dc=com"
ANNA = key_of("person", 1)
pytestmark = pytest.mark.company(people=60, departments=10)


@contextmanager
def serving(folder: Path, slapd: Slapd, company: Company, incremental: str = "1s") -> Iterator[Site]:
    """Run the daemon before a platform that holds the company."""
    sandbox = Sandbox()
    with running(sandbox) as url:
        site = Site(folder, sandbox, url)
        site.configure(SOURCE.format(url=slapd.url), tail=TAIL.format(incremental=incremental) + ADMIN)
        with Daemon(site) as daemon:
            assert comes(lambda: site.shown == site.wanted(company)), daemon.said
            yield site


@pytest.fixture(params=["told by the server", "asked for by time"])
def served(
    request: pytest.FixtureRequest, tmp_path: Path, slapd_is_there: object, company: Company
) -> Iterator[tuple[Site, Slapd]]:
    """Return an installation and its directory server, which tells of changes or does not."""
    del slapd_is_there
    with Slapd(company.ldif()) as slapd:
        if request.param == "told by the server":
            slapd.tell_changes()
        with serving(tmp_path, slapd, company) as site:
            yield site, slapd


@contextmanager
def changing(slapd: Slapd) -> Iterator[Connection]:
    """Return a connection that may change everything."""
    with slapd.connection() as connection:
        yield connection


def shows(site: Site, account: str, **fields: str) -> bool:
    """Wait until the platform shows this of somebody."""

    def found() -> bool:
        users = {user["account"]: user for user in site.sandbox.company.state.users.values()}
        return account in users and all(users[account][name] == value for name, value in fields.items())

    return comes(found)


def test_a_change_of_a_person_arrives(served: tuple[Site, Slapd], company: Company) -> None:
    """A person who is changed is on the platform before the next whole pass is due, and history tells of a run."""
    site, slapd = served
    account = company.people[ANNA].account
    with changing(slapd) as connection:
        connection.modify(company.person_dn(ANNA), {"title": [(MODIFY_REPLACE, ["总监"])]})  # type: ignore[no-untyped-call]
        assert shows(site, account, position="总监")
        connection.modify(company.person_dn(ANNA), {"title": [(MODIFY_REPLACE, ["顾问"])]})  # type: ignore[no-untyped-call]
        assert shows(site, account, position="顾问")
    assert site.run("history", "--json").json[0]["outcome"] == "done"
    assert comes(lambda: site.run("plan", "--exit-code").code == 0)


def test_somebody_new_and_somebody_who_moved_and_was_renamed_arrive(
    served: tuple[Site, Slapd], company: Company
) -> None:
    """A new person in a new department arrives, and a person who is moved and renamed stays the same user."""
    site, slapd = served
    ids = set(site.sandbox.company.state.users)
    with changing(slapd) as connection:
        unit = f"ou=新部门,{PEOPLE}"
        connection.add(unit, "organizationalUnit")  # type: ignore[no-untyped-call]
        new = {"uid": "xin", "cn": "新人", "sn": "新", "mail": "xin@example.com"}
        connection.add(f"uid=xin,{unit}", "inetOrgPerson", new)  # type: ignore[no-untyped-call]
        assert shows(site, "xin", name="新人", email="xin@example.com")
        connection.modify_dn(company.person_dn(ANNA), "uid=anna.new", new_superior=unit)
        assert shows(site, "anna.new", name=company.people[ANNA].name)
    assert len(set(site.sandbox.company.state.users) - ids) == 1
    assert site.shown["xin"][4] == site.shown["anna.new"][4] == ("新部门",)
    assert comes(lambda: site.run("plan", "--exit-code").code == 0)


def test_rooms_arrive_and_go_like_people(served: tuple[Site, Slapd], company: Company) -> None:
    """Rooms that are new, changed or deleted are so on the platform before the next whole pass is due."""
    site, slapd = served
    account, place = company.people[ANNA].account, f"cn=大会议室,{company.unit_dn(company.people[ANNA].department)}"

    def rooms() -> dict[object, tuple[object, int]]:
        return {room["name"]: (room["address"], len(room["userIds"])) for room in site.sandbox.company.list_rooms()}

    with changing(slapd) as connection:
        connection.add(place, "room", {"roomNumber": "1/F", "description": account})  # type: ignore[no-untyped-call]
        assert comes(lambda: rooms() == {"大会议室": ("1/F", 1)}), rooms()
        connection.modify(place, {"roomNumber": [(MODIFY_REPLACE, ["2/F"])]})  # type: ignore[no-untyped-call]
        assert comes(lambda: rooms() == {"大会议室": ("2/F", 1)}), rooms()
        assert comes(lambda: site.run("plan", "--exit-code").code == 0)
        connection.delete(place)  # type: ignore[no-untyped-call]
    assert comes(lambda: rooms() == {}), rooms()


def test_who_is_deleted_goes_by_a_whole_pass_that_is_asked_for_at_once(
    served: tuple[Site, Slapd], company: Company
) -> None:
    """A deleted person is removed before the next whole pass is due (DESIGN 6, guards)."""
    site, slapd = served
    account = company.people[ANNA].account
    with changing(slapd) as connection:
        connection.delete(company.person_dn(ANNA))  # type: ignore[no-untyped-call]
    assert comes(lambda: account not in {user["account"] for user in site.sandbox.company.state.users.values()})


def test_a_department_that_moves_takes_everybody_with_it(served: tuple[Site, Slapd], company: Company) -> None:
    """The people of a department that is renamed are below its new name before the next whole pass is due."""
    site, slapd = served
    key = company.people[ANNA].department
    before = company.path(key)
    place = ",".join([*(f"ou={name}" for name in reversed(before)), PEOPLE])
    with changing(slapd) as connection:
        connection.modify_dn(place, "ou=改名部")
    account = company.people[ANNA].account
    assert comes(lambda: site.shown[account][4] == (*before[:-1], "改名部"))
    assert comes(lambda: site.run("plan", "--exit-code").code == 0)
