"""The guide to going live is what happens on a platform with 300 users that somebody typed."""

import re
from typing import Any

import pytest

from syncd.testing.company import generated, key_of
from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site

GUIDE = Guide("go-live.md")
MATCHING, NEARLY, STRANGERS = 200, 40, 60
COMPANY = generated(MATCHING + NEARLY, 20)


@pytest.fixture
def site(fresh_site: Site) -> Site:
    """Return an installation whose platform has 300 typed users."""
    platform = fresh_site.sandbox.company
    for number in range(MATCHING + NEARLY):
        person = COMPANY.people[key_of("person", number)]
        account = person.account if number < MATCHING else f"old.{number}"
        typed = {"account": account, "name": "typed", "memo": "by hand", "phone": person.phone, "email": person.email}
        platform.add_user({"id": f"T{number}", **typed})
    for number in range(STRANGERS):
        platform.add_user({"id": f"S{number}", "account": f"stranger{number}", "name": "Stranger"})
    fresh_site.employ(COMPANY)
    return fresh_site


def strangers(site: Site) -> list[dict[str, Any]]:
    """Give all that the platform has of the strangers."""
    return [dict(user) for user in site.sandbox.company.state.users.values() if user["id"].startswith("S")]


def test_every_step_shows_what_the_guide_says_and_nothing_of_the_strangers_is_touched(site: Site) -> None:
    """Every step shows what the guide says, makes nobody twice, and touches neither strangers nor typed memos."""
    before = strangers(site)
    steps = list(GUIDE.steps(site))
    assert len(steps) == 7
    for wanted, output in steps:
        assert re.fullmatch(wanted, output), output
    state = site.sandbox.company.state
    assert strangers(site) == before
    assert len(state.users) == 1 + MATCHING + NEARLY + STRANGERS
    assert {user["memo"] for user in state.users.values() if user["id"].startswith("T")} == {"by hand"}
    assert {account: one for account, one in site.shown.items() if account in COMPANY.wanted()} == COMPANY.wanted()


def test_it_can_be_taken_back_as_the_guide_says(site: Site) -> None:
    """A reverted first run leaves every field as it was typed, and no department."""
    typed = {one["id"]: dict(one) for one in site.sandbox.company.state.users.values()}
    site.run("link", "--by", "email")
    run = site.run("reconcile", "--approve", site.fingerprint(), "--json").json["run"]
    plan = site.run("revert", run, "--json").json["plan"]
    assert site.run("revert", run, "--approve", plan).code == 0
    assert {one["id"]: dict(one) for one in site.sandbox.company.state.users.values()} == typed
    assert site.sandbox.company.state.departments == {}
