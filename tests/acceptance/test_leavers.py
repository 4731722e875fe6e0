"""Whoever leaves, or is left out by the configuration, stands in every plan with the day, before anything happens."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncd.testing.company import Company
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import SOURCE, Site
from tests.kit.schema_checks import valid
from tests.kit.waiting import comes

DAY = dt.timedelta(days=1)
LONG = '[policy]\nremove_after = "7d"\n'
WRITE = "import os, sys; open('told', 'a').write(os.environ['SYNCD_EVENT'] + ' ' + sys.stdin.read() + chr(10))"
BY_CONFIGURATION = "out_of_scope_by_configuration"


def without(company: Company, *keys: str) -> Company:
    """Return the company without these people."""
    return msgspec.structs.replace(
        company, people={key: person for key, person in company.people.items() if key not in keys}
    )


def two(company: Company) -> tuple[list[str], list[str]]:
    """Return the keys and accounts of two people."""
    keys = list(company.people)[:2]
    return keys, [company.people[key].account for key in keys]


def scope_without(company: Company, way: str) -> tuple[str, str]:
    """Return a source and a tail of a configuration that leaves two people out in one of several ways."""
    keys, accounts = two(company)
    dns = [company.person_dn(key) for key in keys]
    first, second = accounts
    return {
        "when": (SOURCE, f"[mapping.user]\nwhen = \"{{{{ uid not in ('{first}', '{second}') }}}}\"\n"),
        "exclude": (SOURCE.replace("base =", f"exclude = {json.dumps(dns)}\nbase ="), ""),
        "filter": (
            SOURCE.replace(
                "[source.file.users]\n",
                f'[source.file.users]\nfilter = "(&(uid=*)(!(|(uid={first})(uid={second}))))"\n',
            ),
            "",
        ),
    }[way]


@pytest.mark.parametrize("way", ["when", "exclude", "filter"])
def test_a_scope_that_leaves_people_out_is_held_and_told_by_person(site: Site, company: Company, way: str) -> None:
    """A configuration that leaves people out is held, names each with reason and day, and does nothing unasked."""
    site.configure(tail=LONG)
    site.employ(company)
    assert site.settle().code == 0
    before, calls = site.shown, len(site.sandbox.calls)
    _, accounts = two(company)
    source, tail = scope_without(company, way)
    site.configure(source, tail + LONG)
    plan = site.run("plan", "--json").json
    valid(plan, "plan.json")
    assert {(op["action"], op["reason"]) for op in plan["operations"]} == {("leave", BY_CONFIGURATION)}
    assert sorted(leaver["account"] for leaver in plan["leaving"]) == sorted(accounts)
    as_of = dt.datetime.fromisoformat(plan["as_of"])
    for leaver in plan["leaving"]:
        assert (leaver["kind"], leaver["reason"], leaver["kept_until"]) == ("user", BY_CONFIGURATION, None)
        assert leaver["next"] == {"action": "remove", "at": (as_of + 7 * DAY).isoformat()}
        assert leaver["since"] == plan["as_of"]
    held = site.run("reconcile")
    assert held.code == 3
    assert "HELD by configuration" in held.out
    assert all(account in held.out for account in accounts)
    assert site.run("reconcile").code == 3, "holding it does not accept the configuration"
    assert site.settle().code == 0
    again = site.run("reconcile")
    assert again.code == 0
    assert "In grace (2)" in again.out
    assert "Nothing to do: the platform holds what the directory wants" not in again.out
    assert (site.shown, len(site.sandbox.calls)) == (before, calls), "nothing is written to the platform"


def planned(site: Site) -> set[tuple[str, str]]:
    """Return what a plan does, and why."""
    return {(op["action"], op["reason"]) for op in site.run("plan", "--json").json["operations"]}


def test_the_reason_stays_to_the_removal(site: Site, company: Company) -> None:
    """Somebody whom the configuration put out of scope is removed for that reason when the grace is over."""
    site.configure(tail=LONG)
    site.employ(company)
    assert site.settle().code == 0
    source, tail = scope_without(company, "filter")
    site.configure(source, tail + LONG)
    assert site.settle().code == 0
    site.configure(source, tail + '[policy]\nremove_after = "1s"\non_configuration = "apply"\n')
    assert comes(lambda: planned(site) == {("remove", BY_CONFIGURATION)})


def test_leavers_stand_in_every_report_alike(site: Site, company: Company) -> None:
    """Plan, `leavers`, status, export, page and metrics agree about who is in grace."""
    keys, accounts = two(company)
    site.configure(tail=LONG + APPLY_AT_ONCE.partition("\n")[2])
    site.employ(company)
    assert site.settle().code == 0
    site.employ(without(company, *keys))
    done = site.run("reconcile", "--json").json
    assert (done["outcome"], done["counts"]) == ("done", {"done": 2})
    leavers = site.run("leavers", "--json").json
    assert sorted(leaver["account"] for leaver in leavers) == sorted(accounts)
    assert site.run("plan", "--json").json["leaving"] == leavers
    status = site.run("status", "--json").json
    valid(status, "status.json")
    assert (status["objects"]["user"]["leaving"], status["leaving"]) == (2, leavers)
    lines = [json.loads(line) for line in site.run("export").out.splitlines()]
    assert sorted(line["key"] for line in lines if line["state"] == "left") == sorted(keys)
    pages = (("plan", "--format", form) for form in ("html", "markdown"))
    for command in (("leavers",), ("status",), ("plan",), *pages):
        told = site.run(*command).out
        assert all(company.people[key].name in told for key in keys), command
    site.employ(company)
    assert site.run("reconcile").code == 0
    assert (site.run("leavers", "--json").json, site.run("leavers").out) == ([], "nobody is in grace\n")


def test_a_part_of_a_plan_without_operations_says_that_it_is_a_part(site: Site, company: Company) -> None:
    """A plan for chosen people that has nothing to do does not say so of the whole platform."""
    keys, accounts = two(company)
    site.configure(tail=LONG)
    site.employ(company)
    assert site.settle().code == 0
    site.employ(without(company, keys[0]))
    told = site.run("plan", "--only", accounts[1]).out
    assert "Nothing to do for the chosen part." in told
    assert "Nothing to do: the platform" not in told


def in_grace(site: Site, company: Company, policy: str) -> str:
    """Put one person in grace and return the account."""
    keys, accounts = two(company)
    site.configure(tail=LONG)
    site.employ(company)
    assert site.settle().code == 0
    site.employ(without(company, keys[0]))
    assert site.run("reconcile").code == 0
    site.configure(tail=f'[policy]\non_configuration = "apply"\n{policy}')
    return accounts[0]


def test_keep_stops_the_clock_for_good_or_until_a_day(site: Site, company: Company) -> None:
    """Whoever is kept is not removed when the grace is over: until the end of a day in the time zone, or for good."""
    account = in_grace(site, company, 'remove_after = "1s"\n[schedule]\ntimezone = "Asia/Shanghai"\n')
    calls = len(site.sandbox.calls)
    until = dt.date(2033, 5, 31)
    kept = site.run("keep", account, "--until", until.isoformat(), "--reason", "育儿假", "--json")
    end = dt.datetime.combine(until, dt.time(16), dt.UTC).isoformat()
    assert (kept.json["kept_until"], kept.json["next"]) == (end, {"action": "remove", "at": end})
    assert site.run("reconcile").code == 0
    assert "育儿假" in site.run("leavers").out
    assert site.run("keep", company.people[two(company)[0][0]].name).code == 0
    (leaver,) = site.run("leavers", "--json").json
    assert (leaver["next"], leaver["account"]) == (None, account)
    assert site.run("plan", "--json").json["operations"] == []
    assert len(site.sandbox.calls) == calls, "nothing is written to the platform"
    assert site.run("let-go", account).code == 0
    assert [op["action"] for op in site.run("plan", "--json").json["operations"]] == ["remove"]


def test_let_go_ends_the_grace_under_guards(site: Site, company: Company) -> None:
    """Whoever is let go is removed by the next run, which guards may hold as ever."""
    account = in_grace(site, company, 'remove_after = "7d"\n')
    calls = len(site.sandbox.calls)
    gone = site.run("let-go", account, "--reason", "离职手续已办")
    assert (gone.code, account in gone.out) == (0, True)
    assert len(site.sandbox.calls) == calls
    assert site.run("reconcile").code == 0
    assert account not in site.shown
    assert site.run("leavers", "--json").json == []


@pytest.mark.parametrize("command", ["keep", "let-go"])
def test_who_is_not_in_grace_is_neither_kept_nor_let_go(site: Site, company: Company, command: str) -> None:
    """`keep` and `let-go` of somebody who is not in grace say so and change nothing."""
    in_grace(site, company, "")
    there = two(company)[1][1]
    refused = site.run(command, there)
    assert (refused.code, refused.error) == (1, "not_leaving")
    assert there in refused.fault


@pytest.mark.parametrize("date", ["tomorrow", "2001-01-01", "2027-02-30"])
def test_a_day_that_is_none_or_over_is_refused(site: Site, company: Company, date: str) -> None:
    """`keep --until` takes a day to come, as ISO 8601 writes it."""
    account = in_grace(site, company, "")
    assert site.run("keep", account, "--until", date).code == 1
    assert site.run("leavers", "--json").json[0]["kept_until"] is None


def test_who_is_kept_before_a_held_grace_begins_never_begins_it(site: Site, company: Company) -> None:
    """Somebody whom a held plan would let go of can be kept, and the plan has no operation on them any more."""
    site.configure(tail=LONG)
    site.employ(company)
    assert site.settle().code == 0
    _, (first, second) = two(company)
    source, tail = scope_without(company, "when")
    site.configure(source, tail + LONG)
    assert site.run("reconcile").code == 3
    assert site.run("keep", first).code == 0
    plan = site.run("plan", "--json").json
    assert {op["platform_id"] for op in plan["operations"]} == {
        leaver["platform_id"] for leaver in plan["leaving"] if leaver["account"] == second
    }


def told(folder: Path) -> list[tuple[str, Any]]:
    """Return what people were told: the event and the JSON."""
    lines = (folder / "told").read_text(encoding="utf-8").splitlines()
    return [(event, json.loads(text)) for event, _, text in (line.partition(" ") for line in lines)]


def test_people_are_told_when_a_grace_begins_and_before_it_ends(site: Site, company: Company) -> None:
    """`[notify]` tells of each leaver once when the grace begins, and once within the last day."""
    keys, accounts = two(company)
    notify = f"[notify]\ncommand = {json.dumps([sys.executable, '-c', WRITE])}\n"
    policy = '[policy]\non_configuration = "apply"\nremove_after = "{}"\n'
    site.configure(tail=policy.format("7d") + notify)
    site.employ(company)
    assert site.settle().code == 0
    site.employ(without(company, *keys))
    assert [site.run("reconcile").code for _ in range(2)] == [0, 0]
    site.configure(tail=policy.format("1h") + notify)
    assert [site.run("reconcile").code for _ in range(2)] == [0, 0]
    events = [(event, document) for event, document in told(site.folder) if event == "leaving"]
    found = [
        [sorted(leaver["account"] for leaver in document[name]) for name in ("leaving", "ending")]
        for _, document in events
    ]
    assert found == [[sorted(accounts), []], [[], sorted(accounts)]]


def test_an_unproven_read_without_operations_is_no_good_run(site: Site, company: Company) -> None:
    """A run whose read is not proven whole and that would do nothing ends as unproven, exit 3, and is told once."""
    notify = f"[notify]\ncommand = {json.dumps([sys.executable, '-c', WRITE])}\n"
    site.configure(tail='[policy]\nremove_after = "never"\n' + notify)
    site.employ(company)
    assert site.settle().code == 0
    good = site.run("status").out.partition("last good run: ")[2].partition("\n")[0]
    site.employ(without(company, *list(company.people)[10:]))
    for _ in range(2):
        run = site.run("reconcile", "--json")
        valid(run.json, "run.json")
        assert (run.code, run.json["outcome"], run.json["exit"], run.json["results"]) == (3, "unproven", 3, [])
    assert site.run("plan", "--exit-code").code == 3
    assert "Nothing to do: the platform holds" not in site.run("plan").out
    status = site.run("status")
    assert f"last good run: {good}" in status.out
    assert "unproven" in status.out
    assert [event for event, document in told(site.folder) if document["outcome"] == "unproven"] == ["held"]
    assert site.run("leavers", "--json").json == []
