"""Somebody who is gone can be forgotten: nothing in the files of the store tells of them any more."""

import json
import signal
import sqlite3
from pathlib import Path

import msgspec

from syncd.testing.company import Company
from tests.kit.installation.callbacks import event
from tests.kit.installation.listening import LISTENER, ListenProcess, configure
from tests.kit.installation.site import Site
from tests.kit.waiting import comes

AT_ONCE = '[policy]\non_configuration = "apply"\nremove_after = "0d"\n[limits]\nremove = {}\n'


def left(site: Site, company: Company) -> tuple[str, str, tuple[str, ...]]:
    """Let somebody be created, changed, told of by an event, and leave; return key, platform id and what is theirs."""
    configure(site, listener=LISTENER + AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    key, person = next(iter(company.people.items()))
    platform_id = next(
        one["platform_id"] for one in map(json.loads, site.run("export").out.splitlines()) if one["key"] == key
    )
    renamed = msgspec.structs.replace(person, phone="13911112222", name="欧阳忘忧")
    site.employ(msgspec.structs.replace(company, people={**company.people, key: renamed}))
    assert site.settle().code == 0
    with ListenProcess(site, "listen") as listen:
        with listen.sender() as sender:
            value = [{"id": platform_id, "name": "欧阳忘忧", "loginName": person.account, "phone": "13911112222"}]
            assert sender.send(event(value=[*value, {"id": "F" * 32, "name": "别人"}]))
        assert comes(lambda: '"pending"' not in site.run("events", "list", "--json").out)
        assert listen.stop(signal.SIGTERM) == 0
    site.employ(msgspec.structs.replace(company, people={k: v for k, v in company.people.items() if k != key}))
    assert site.settle().code == 0
    theirs = (key, platform_id, person.account, person.phone, "13911112222", person.email, "欧阳忘忧")
    return key, platform_id, theirs


def told_of(folder: Path, words: tuple[str, ...]) -> dict[str, list[str]]:
    """Return which of these the store's files have, as bytes."""
    files = sorted(folder.glob("syncd.db*"))
    return {
        file.name: found for file in files if (found := [one for one in words if one.encode() in file.read_bytes()])
    }


def test_nothing_is_left_of_somebody_who_is_forgotten(site: Site, company: Company) -> None:
    """After `forget` no file of the store has key, id, account, phone, mail or name, and runs are shown as before."""
    key, _, theirs = left(site, company)
    assert told_of(site.folder, theirs), "the store tells of them before"
    looked = site.run("forget", key, "--dry-run", "--json").json
    assert looked["forgotten"] is False
    assert looked["runs"] >= 3
    assert looked["events"] == 1
    assert told_of(site.folder, theirs), "looking takes nothing out"
    assert site.run("forget", key, "--yes", "--json").json == {**looked, "forgotten": True}
    assert told_of(site.folder, theirs) == {}
    body = json.loads(site.run("events", "show", "1").out)
    assert [one["name"] for one in body["value"]] == ["别人"], "what the event told of others stays"
    for run in site.run("history", "--json").json:
        shown = site.run("show", run["run"])
        assert shown.code == 0
        assert site.run("revert", run["run"], "--dry-run").code == 0
    assert site.run("reconcile").code == 0, "runs go on"
    again = site.run("forget", key, "--yes")
    assert again.code == 1
    assert "nothing in the store tells of" in again.fault


def test_who_is_still_there_is_not_forgotten(site: Site, company: Company) -> None:
    """Somebody in the directory or on the platform is not forgotten, and nothing is changed."""
    site.configure(tail=AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    key, person = next(iter(company.people.items()))
    before = sqlite3.connect(site.folder / "syncd.db").execute("SELECT count(*) FROM journal").fetchone()
    for who in (key, person.account, person.name, company.person_dn(key)):
        found = site.run("forget", who, "--yes")
        assert found.code == 1
        assert "is still there" in found.fault
    assert sqlite3.connect(site.folder / "syncd.db").execute("SELECT count(*) FROM journal").fetchone() == before


def test_nobody_is_forgotten_unasked(site: Site, company: Company) -> None:
    """Nothing is taken out without --yes where there is nobody to ask."""
    key, _, theirs = left(site, company)
    found = site.run("forget", key)
    assert found.code == 1
    assert "--yes" in found.fault
    assert told_of(site.folder, theirs)
