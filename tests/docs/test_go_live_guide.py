"""The guide to going live is what happens on a platform with 300 users that somebody typed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from syncd.testing.company import generated, key_of
from tests.kit.installation.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "go-live.md").read_text(encoding="utf-8")
MATCHING, NEARLY, STRANGERS = 200, 40, 60
COMPANY = generated(MATCHING + NEARLY, 20)
RUN = re.compile(r"Run \S+:")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give an installation whose platform has 300 typed users."""
    sandbox = Sandbox()
    for number in range(MATCHING + NEARLY):
        person = COMPANY.people[key_of("person", number)]
        account = person.account if number < MATCHING else f"old.{number}"
        typed = {"account": account, "name": "typed", "memo": "by hand", "phone": person.phone, "email": person.email}
        sandbox.company.add_user({"id": f"T{number}", **typed})
    for number in range(STRANGERS):
        sandbox.company.add_user({"id": f"S{number}", "account": f"stranger{number}", "name": "Stranger"})
    with running(sandbox) as url:
        found = Site(tmp_path, sandbox, url)
        found.employ(COMPANY)
        yield found


def steps() -> list[tuple[list[str], list[str]]]:
    """Give the commands of the guide with the lines that it shows of each, `…` for what is left out."""
    blocks = re.findall(r"```console\n\$ syncd (.*?)\n(.*?)```", GUIDE, re.DOTALL)
    return [(command.split(), output.splitlines()) for command, output in blocks]


def is_shown(wanted: list[str], lines: list[str]) -> bool:
    """Tell whether an output is what the guide shows of it."""
    pattern = "".join(r"(?:.*\n)*" if line == "…" else re.escape(RUN.sub("Run …:", line)) + r"\n" for line in wanted)
    return re.fullmatch(pattern, "".join(RUN.sub("Run …:", line) + "\n" for line in lines)) is not None


def strangers(site: Site) -> list[dict[str, Any]]:
    """Give all that the platform has of the strangers."""
    return [dict(user) for user in site.sandbox.company.state.users.values() if user["id"].startswith("S")]


def test_every_step_shows_what_the_guide_says_and_nothing_of_the_strangers_is_touched(site: Site) -> None:
    """Every step shows what the guide says, makes nobody twice, and touches neither strangers nor typed memos."""
    before = strangers(site)
    assert len(steps()) == 7
    for command, wanted in steps():
        approved = [site.fingerprint() if word == "FINGERPRINT" else word for word in command]
        lines = site.run(*approved).out.splitlines()
        assert is_shown(wanted, lines), (command, lines[-12:])
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
