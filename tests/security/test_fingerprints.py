"""What is approved has a name of 128 bits; the shorter ones of former versions are known, and never a beginning."""

import json
import sqlite3
from pathlib import Path

import pytest

from syncd.plan.ids import former_fingerprint, former_id
from syncd.testing.company import Company
from tests.kit.installation.site import Site


def as_former(text: str) -> tuple[str, str]:
    """Return a plan as a former version wrote it, and the fingerprint that it then has."""
    plan = json.loads(text)
    ids = [one["id"] for one in plan["operations"]]
    fingerprint = former_fingerprint(ids)
    text = text.replace(plan["fingerprint"], fingerprint)
    for one in ids:
        text = text.replace(one, former_id(one))
    return text, fingerprint


def make_former(path: Path) -> str:
    """Let held plans and approvals of a store be those of a former version; return the fingerprint that is held."""
    with sqlite3.connect(path) as store:
        held = ""
        for fingerprint, plan in store.execute("SELECT fingerprint, plan FROM held_plans").fetchall():
            text, held = as_former(plan.decode())
            store.execute(
                "UPDATE held_plans SET fingerprint = ?, plan = ? WHERE fingerprint = ?",
                (held, text.encode(), fingerprint),
            )
        store.execute(
            "UPDATE approvals SET fingerprint = substr(fingerprint, 1, 16), operation = substr(operation, 1, 16)"
        )
    store.close()
    return held


def test_ids_and_fingerprints_have_128_bits(site: Site, company: Company) -> None:
    """Every operation's id and every fingerprint has 32 hex digits."""
    site.employ(company)
    plan = site.run("plan", "--json").json
    names = [plan["fingerprint"], *(one["id"] for one in plan["operations"])]
    assert {len(one) for one in names} == {32}
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("command", ["approve", "reconcile --approve"])
@pytest.mark.parametrize("named", ["then", "now"])
def test_a_held_plan_of_a_former_version_is_known_by_either_name(
    site: Site, company: Company, command: str, named: str
) -> None:
    """A plan that a former version held is shown and approved by the name that it gave, and by the one of now."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    now, former = site.fingerprint(), make_former(site.folder / "syncd.db")
    name = former if named == "then" else now
    assert site.run("show", name).code == 0
    assert site.run(*command.split(), name).code == 0
    assert site.run("reconcile").code == 0
    assert site.shown == site.wanted(company)


def test_a_held_plan_of_now_is_known_by_its_former_name(site: Site, company: Company) -> None:
    """Whoever was told of a plan by a former version approves it by that name, also after it was held anew."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    plan = site.run("plan", "--json").json
    former = former_fingerprint(one["id"] for one in plan["operations"])
    assert site.run("show", former).code == 0
    assert site.run("approve", former).code == 0
    (approval,) = site.run("approve", "--list", "--json").json
    assert approval["fingerprint"] == plan["fingerprint"]
    assert site.run("reconcile").code == 0
    assert site.shown == site.wanted(company)


def test_an_approval_of_a_former_version_lets_pass_and_is_used_up(site: Site, company: Company) -> None:
    """An approval of a former version lets its operations pass once, and runs and people are shown with it."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    assert site.run("approve", site.fingerprint(), "--reason", "first sync").code == 0
    make_former(site.folder / "syncd.db")
    assert len(site.run("approve", "--list", "--json").json) == 1
    assert site.run("reconcile").code == 0
    assert site.shown == site.wanted(company)
    assert site.run("approve", "--list", "--json").json == []
    account = next(iter(company.people.values())).account
    (line,) = site.run("explain", account, "--json").json["history"]
    assert line["approval"]["reason"] == "first sync"


def test_a_plan_file_of_a_former_version_is_shown_and_applied(site: Site, company: Company) -> None:
    """A plan file of a former version is whole, is shown, and is carried out; a changed one is known as ever."""
    site.employ(company)
    assert site.run("plan", "--out", "plan.json").code == 0
    file = site.folder / "plan.json"
    text, former = as_former(file.read_text())
    file.write_text(text)
    shown = site.run("show", "plan.json")
    assert f"--approve {former}" in shown.out
    plan = json.loads(text)
    (site.folder / "cut.json").write_text(json.dumps({**plan, "operations": plan["operations"][:3]}))
    assert "--approve" not in site.run("show", "cut.json").out
    done = site.run("apply", "plan.json", "--approve", former)
    assert done.code == 0, done
    assert site.shown == site.wanted(company)


def test_the_beginning_of_a_fingerprint_approves_nothing(site: Site, company: Company) -> None:
    """No beginning of a fingerprint approves, revokes or shows a plan, however long it is."""
    site.employ(company)
    assert site.run("reconcile").code == 3
    whole = site.fingerprint()
    for length in (0, 1, 8, 15, 16, 31):
        if length:
            assert site.run("reconcile", "--approve", whole[:length]).code == 3
            assert site.run("show", whole[:length]).code == 1
        assert site.run("approve", whole[:length]).code in (1, 3)
    assert site.run("approve", "--list", "--json").json == []
    assert site.shown == {}
