"""The tests run `syncd serve` beside a platform that tells of every change."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from syncd.model.objects import Mirror
from syncd.testing.company import Company
from tests.kit.installation.callbacks import AES_KEY, SETTINGS, TOKEN
from tests.kit.installation.calls import Caller
from tests.kit.installation.listening import LISTENER, ListenProcess
from tests.kit.installation.moments import SlowCalls
from tests.kit.installation.settings import ADMIN
from tests.kit.installation.site import Site
from tests.kit.installation.stores import default_store, opened
from tests.kit.waiting import comes

# A pass at the start would write over what an administrator changes before a test can see it.
QUIET = f'[schedule]\nreconcile = "off"\nrefresh = "off"\n{ADMIN}'
pytestmark = pytest.mark.company(people=20, departments=4)


def shadow(site: Site) -> Mirror:
    """Return what the shadow holds."""
    with opened(default_store(site)) as store, store.reading() as work:
        return work.shadow.mirror()


def ids(site: Site) -> dict[str, str]:
    """Return the platform ids by account."""
    return {user["account"]: user["id"] for user in site.sandbox.company.state.users.values()}


@contextmanager
def served(site: Site, tail: str = "", command: str = "serve") -> Iterator[ListenProcess]:
    """Start the daemon, and make the platform tell it of changes."""
    site.configure(tail=f"{tail}{SETTINGS}{LISTENER}{QUIET}")
    with ListenProcess(site, command, command) as process:
        asked = {"url": process.url, "token": TOKEN, "aes_key": AES_KEY}
        saved = Caller(site.sandbox, site.url).own("POST", "callback", asked)
        assert saved.get("url") == process.url, saved
        yield process


@pytest.fixture
def serving(site: Site, company: Company) -> Iterator[ListenProcess]:
    """Return an installation that is in step with its platform, served."""
    site.employ(company)
    assert site.settle().code == 0
    with served(site) as process:
        yield process


def test_what_somebody_changes_is_seen_and_what_the_directory_says_stands_again(
    site: Site, serving: ListenProcess, company: Company
) -> None:
    """Fields, departments and removals that somebody changes on the platform are seen, and are put right again."""
    users = ids(site)
    changed, other, gone = (users[person.account] for person in list(company.people.values())[:3])
    platform = site.sandbox.company
    calls = SlowCalls(site, "user/update", 2.0)
    platform.update_user({"id": changed, "position": "主管"})
    assert comes(lambda: {user.id: user.fields.position for user in shadow(site).users}[changed] == "主管"), (
        serving.said
    )
    platform.update_user({"id": other, "departmentId": ""})
    platform.remove_user({"userId": gone})
    calls.end()
    assert comes(lambda: site.shown == company.wanted()), serving.said
    assert ids(site) == users
    assert serving.stop(signal.SIGTERM) == 0
    assert site.run("plan", "--json").json["operations"] == []
    assert "small_plan" in serving.said


def test_what_only_the_platform_knows_arrives_in_the_shadow_and_is_left_alone(
    site: Site, serving: ListenProcess
) -> None:
    """What is added, changed and removed on the platform alone arrives in the shadow."""
    del serving
    platform = site.sandbox.company
    user = platform.add_user({"name": "来客", "account": "guest", "password": "x"})["id"]
    department = platform.add_department({"name": "外部"})["id"]
    room = platform.add_room({"name": "东厅"})["id"]

    def names() -> dict[str, str]:
        found = shadow(site)
        people = {user.id: user.fields.name for user in found.users}
        places = {department.id: department.fields.name for department in found.departments}
        return people | places | {room.id: room.fields.name for room in found.rooms}

    assert comes(lambda: {user, department, room} <= names().keys())
    platform.update_user({"id": user, "name": "客人"})
    platform.update_department({"id": department, "name": "外部合作"})
    platform.update_room({"id": room, "name": "西厅"})
    wanted = {user: "客人", department: "外部合作", room: "西厅"}
    assert comes(lambda: wanted.items() <= names().items())
    platform.remove_user({"userId": user})
    platform.remove_department({"deptId": department})
    platform.remove_room({"roomId": room})
    assert comes(lambda: not {user, department, room} & names().keys())


def test_drift_that_is_only_reported_stays_and_stands_in_the_status(site: Site, company: Company) -> None:
    """A change on the platform stands in the status and stays as it is where `on_drift` is `report`."""
    report = '[policy]\non_drift = "report"\n'
    site.configure(tail=report)
    site.employ(company)
    assert site.settle().code == 0
    changed = ids(site)[next(iter(company.people.values())).account]
    with served(site, report) as process:
        site.sandbox.company.update_user({"id": changed, "position": "主管"})
        assert comes(lambda: site.run("status", "--json").json["drift"] == 1)
        assert process.stop() == 0
    assert site.sandbox.company.state.users[changed]["position"] == "主管"


def test_listen_writes_nothing(site: Site, company: Company) -> None:
    """`listen` ingests what the platform tells of, and writes nothing to the platform."""
    site.employ(company)
    assert site.settle().code == 0
    calls = len(site.sandbox.calls)
    changed = ids(site)[next(iter(company.people.values())).account]
    with served(site, "", "listen") as process:
        site.sandbox.company.update_user({"id": changed, "position": "主管"})
        assert comes(lambda: site.run("status", "--json").json["drift"] == 1)
        assert process.stop() == 0
    assert len(site.sandbox.calls) == calls


def test_check_sends_itself_a_signed_event(site: Site, company: Company) -> None:
    """`check` tells whether the callback address is answered by a listener, by nobody or by another program."""
    site.employ(company)
    with served(site, command="listen") as process:
        url = process.url
        port = url.split(":")[2].split("/")[0]
        keys = SETTINGS + f'url = "{url}"\n[listener]\nbind = "127.0.0.1:{port}"\n'
        site.configure(tail=keys)
        found = {part["what"]: part for part in site.run("check", "--json").json}
        assert found["callback"]["ok"]
        assert f"{url} answers a signed check_url" in found["callback"]["message"]
        assert process.stop() == 0
    with socket.socket() as held:  # so that nobody else listens there
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", int(port)))
        gone = {part["what"]: part for part in site.run("check", "--json").json}["callback"]
    assert (gone["ok"], "start `syncd serve`" in gone["message"]) == (False, True)
    site.configure(tail=SETTINGS + f'url = "{site.url}/callback"\n')
    other = {part["what"]: part for part in site.run("check", "--json").json}["callback"]
    assert (other["ok"], "without a sealed success" in other["message"]) == (False, True)
