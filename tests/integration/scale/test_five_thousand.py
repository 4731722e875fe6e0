"""Five thousand people in two hundred departments are synced from a real slapd to the sandbox, on both databases."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncd.model.objects import Kind
from syncd.plan.ids import derived_id
from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.shadow.schema import upgrade
from syncd.testing.company import Company, generated, hard_day, shown_by
from syncd.testing.slapd import Slapd

PEOPLE, DEPARTMENTS = 5000, 200
CONFIGURATION = """[source.directory]
type = "ldap"
urls = ["{url}"]
base = "ou=people,dc=example,dc=com"

[source.directory.departments]

[platform]
url = "{platform}"
appkey = "sandbox"
appsecret = "sandbox-secret"
rate = 0
concurrency = 16

[store]
url = "{store}"

[policy]
remove_after = "0d"
"""
Command = Callable[..., tuple[int, bytes]]


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    """Yield an empty platform and its URL."""
    sandbox = Sandbox()
    with running(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def syncd(tmp_path: Path) -> Command:
    """Return what runs a command as its user does; another exit code than the wanted one fails the test."""

    def run(*arguments: str, code: int = 0) -> tuple[int, bytes]:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "syncd", *arguments], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == code, done.stdout.decode()[-2000:] + done.stderr.decode()[-2000:]
        assert b"Traceback" not in done.stderr
        return done.returncode, done.stdout

    return run


def shown(sandbox: Sandbox) -> object:
    """Return what the platform shows of everybody."""
    return shown_by(sandbox.company.state.users, sandbox.company.state.departments)


def ids_by_key(company: Company) -> dict[str, str]:
    """Return the platform id of every account, as its key derives it."""
    return {one.account: derived_id("syncd", Kind.USER, ("directory", key)) for key, one in company.people.items()}


def made_and_removed(sandbox: Sandbox, since: int) -> dict[str, int]:
    """Return how many were made and removed after so many calls: whoever stays is neither."""
    names = Counter(name for name, *_ in sandbox.calls[since:])
    return {name: count for name, count in names.items() if not name.endswith("/update")}


@pytest.mark.usefixtures("slapd_is_there")
def test_a_first_sync_and_a_hard_day_reach_the_wanted_state(
    tmp_path: Path, sandbox: tuple[Sandbox, str], syncd: Command, store_url: str
) -> None:
    """A first sync and a hard day are refused no call, keep identities, and leave nothing to write (I1, I5)."""
    platform, url = sandbox
    company = generated(PEOPLE, DEPARTMENTS)
    upgrade(store_url)

    def read_from(server: Slapd) -> None:
        text = CONFIGURATION.format(url=server.url, platform=url, store=store_url)
        (tmp_path / "syncd.toml").write_text(text, encoding="utf-8")

    with Slapd(company.ldif()) as server:
        read_from(server)
        syncd("reconcile", code=3)
        assert platform.calls == []
        fingerprint = json.loads(syncd("plan", "--json")[1])["fingerprint"]
        syncd("reconcile", "--approve", fingerprint)
        assert shown(platform) == company.wanted()
        calls = len(platform.calls)
        assert calls == PEOPLE + DEPARTMENTS
        syncd("reconcile")
        assert len(platform.calls) == calls, "the second run writes nothing"
    after = hard_day(company, PEOPLE)
    with Slapd(after.ldif()) as server:
        read_from(server)
        syncd("reconcile")
        assert shown(platform) == after.wanted()
        state = platform.company.state
        assert {user["account"]: key for key, user in state.users.items() if key != "1"} == ids_by_key(after)
        assert set(state.departments) == {
            derived_id("syncd", Kind.DEPARTMENT, ("directory", key)) for key in after.units
        }
        assert made_and_removed(platform, calls) == {"user/add": 12, "user/remove": 10, "dept/add": 1, "dept/remove": 1}
        calls = len(platform.calls)
        syncd("reconcile")
        assert len(platform.calls) == calls, "the run after the day writes nothing"
    assert [call for call in platform.calls if call[2] != 10000] == []
