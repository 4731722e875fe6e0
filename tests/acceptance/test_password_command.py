"""`syncd password` gives one linked user a new password, which only the handover file learns."""

import csv
import stat

import pytest

from syncd.testing.company import Company
from tests.kit.installation.site import Site

HANDOVER = 'handover = "handover.csv"\n'
LOCK = '[policy]\non_leaver = "lock"\n'


@pytest.fixture
def synced(site: Site, company: Company) -> Site:
    """Return an installation that was synced, with a handover file."""
    site.configure(platform=HANDOVER)
    site.employ(company)
    assert site.settle().code == 0
    return site


def lines(site: Site) -> list[list[str]]:
    """Return the lines of the handover file: account, name, password, time."""
    with (site.folder / "handover.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def changed(site: Site) -> set[str]:
    """Return the accounts of those whose password was changed after they were made."""
    state = site.sandbox.company.state
    return {user["account"] for key, user in state.users.items() if state.passwords.get(key) == "changed"}


def test_one_user_gets_a_new_password_and_only_the_handover_file_has_it(synced: Site, company: Company) -> None:
    """A new password is the last line of the handover file, and stands in no output; nobody else's is changed."""
    person = next(iter(company.people.values()))
    before = lines(synced)
    for who in (person.account, person.name):
        done = synced.run("password", who)
        assert (done.code, person.account in done.out) == (0, True)
    *_, first, last = lines(synced)
    assert len(lines(synced)) == len(before) + 2
    assert (first[:2], last[:2]) == ([person.account, person.name], [person.account, person.name])
    assert len({first[2], last[2], ""}) == 3
    assert last[2] not in done.out + done.err
    assert changed(synced) == {person.account}
    assert stat.S_IMODE((synced.folder / "handover.csv").stat().st_mode) == 0o600
    assert synced.run("plan", "--json").json["operations"] == []


def test_nobody_gets_one_who_must_not(synced: Site, company: Company) -> None:
    """Nobody who is unknown, protected or locked gets a password, and nobody at all where nobody would learn it."""
    (_, person), (other, leaver) = list(company.people.items())[:2]
    before, calls = lines(synced), len(synced.sandbox.calls)
    assert synced.run("password", "nobody").error == "no_password_given"
    synced.configure(platform=HANDOVER, tail=f'[policy]\nprotected = ["{person.account}"]\n')
    assert "is protected" in synced.run("password", person.account).fault
    synced.configure(platform=HANDOVER + "read_only = true\n")
    assert "platform.read_only is true" in synced.run("password", person.account).fault
    synced.configure()
    assert "platform.handover is empty" in synced.run("password", person.account).fault
    assert (lines(synced), len(synced.sandbox.calls)) == (before, calls)
    synced.configure(platform=HANDOVER, tail=LOCK)
    people = {key: each for key, each in company.people.items() if key != other}
    synced.employ(Company(company.units, people))
    assert synced.settle().code == 0
    assert "is locked" in synced.run("password", leaver.account).fault
