"""The tests repeat accidents that have deleted companies elsewhere: they are held, and done only once approved."""

from collections.abc import Callable

import msgspec
import pytest

from syncd.sandbox.forms import kept as kept_by
from syncd.testing.company import Company
from tests.kit.installation.settings import REMOVE_AT_ONCE
from tests.kit.installation.site import SOURCE, Site
from tests.kit.schema_checks import valid


def half(company: Company) -> Company:
    """Return the company without every other person."""
    kept = {key: person for place, (key, person) in enumerate(company.people.items()) if place % 2}
    return msgspec.structs.replace(company, people=kept)


def nobody(company: Company) -> Company:
    """Return the company without anybody."""
    return msgspec.structs.replace(company, people={})


@pytest.mark.parametrize("accident", [half, nobody])
def test_people_who_vanish_are_held_and_go_once_approved(
    site: Site, company: Company, accident: Callable[[Company], Company]
) -> None:
    """The removal of half or all of the people is held, and is done once it is approved."""
    site.configure(tail=REMOVE_AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    calls = len(site.sandbox.calls)
    left = accident(company)
    site.employ(left)
    held = site.run("reconcile")
    assert held.code == 3
    assert "HELD by certificate" in held.out
    assert "HELD by limits: remove of" in held.out
    assert len(site.sandbox.calls) == calls, "nothing is written"
    (waiting,) = site.run("status", "--json").json["held"]
    assert waiting["guards"] == ["certificate", "limits"]
    assert site.run("approve", waiting["fingerprint"], "--reason", "the office was closed").code == 0
    assert site.run("reconcile").code == 0
    assert site.shown == site.wanted(left)
    assert site.run("approve", "--list").out == "no approval is open\n", "each is used up when it succeeds"


def test_a_run_tells_who_approved_what_it_did_and_why(site: Site, company: Company) -> None:
    """A run that somebody approved says who did so and why, in every form, as do history, explain, status and log."""
    site.employ(company)
    done = site.run("reconcile", "--approve", site.fingerprint(), "--reason", "首次上线")
    assert done.code == 0
    last = site.run("history", "--json").json[0]["run"]
    shown = site.run("show", last, "--json").json
    valid(shown, "run.json")
    (approval,) = shown["approvals"]
    assert (approval["reason"], approval["operations"]) == ("首次上线", len(shown["results"]))
    for form in ("terminal", "html", "markdown"):
        told = site.run("show", last, "--format", form).out
        assert "首次上线" in told
        assert approval["who"] in told.replace("\\", "").replace("<!-- -->", "")
    for listed in (site.run("history", "--json").json[0], site.run("status", "--json").json["last_run"]):
        assert listed["approvals"] == shown["approvals"]
    for command in ("history", "status"):
        assert f"approved by {approval['who']}: 首次上线" in site.run(command).out
    explained = site.run("explain", next(iter(company.people)), "--json").json
    valid(explained, "explain.json")
    (made,) = explained["history"]
    assert (made["approval"]["who"], made["approval"]["reason"]) == (approval["who"], "首次上线")
    assert made["changes"]["name"]["before"] is None
    assert f"approved by {approval['who']}" in site.run("explain", next(iter(company.people))).out
    assert "approvals" not in site.run("reconcile", "--json").json
    assert "approvals" not in site.run("history", "--json").json[0]


def test_a_wrong_base_too_high_is_held(site: Site, company: Company) -> None:
    """A base that is too high is held; once approved, it puts all people below one more department."""
    site.employ(company)
    assert site.settle().code == 0
    before, calls = site.shown, len(site.sandbox.calls)
    site.configure(SOURCE.replace("ou=people,", ""))
    held = site.run("reconcile")
    assert held.code == 3
    assert "HELD by configuration" in held.out
    assert (site.shown, len(site.sandbox.calls)) == (before, calls)
    assert site.settle().code == 0
    shown = kept_by(site.sandbox.quirks, {"name": "people"})["name"]
    assert {path[:1] for *_, path in site.shown.values()} == {(shown,)}


def test_a_wrong_base_too_low_is_held(site: Site, company: Company) -> None:
    """A base that is too low is held by three guards, and removes people only once it is approved."""
    site.configure(tail=REMOVE_AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    before, calls = site.shown, len(site.sandbox.calls)
    site.configure(SOURCE.replace("ou=people", "ou=部门 1,ou=people"), REMOVE_AT_ONCE)
    held = site.run("reconcile")
    assert held.code == 3
    for guard in ("certificate", "configuration", "limits"):
        assert f"HELD by {guard}" in held.out
    assert (site.shown, len(site.sandbox.calls)) == (before, calls)
    assert site.settle().code == 0
    assert 0 < len(site.shown) < len(before)


def test_a_mistyped_attribute_is_held(site: Site, company: Company) -> None:
    """A mistyped attribute that would clear everybody's phone is held by three guards until it is approved."""
    site.employ(company)
    assert site.settle().code == 0
    before, calls = site.shown, len(site.sandbox.calls)
    site.configure(tail='[mapping.user]\nphone = "mobil"\n')
    held = site.run("reconcile")
    assert held.code == 3
    for guard in ("certificate", "configuration", "limits: clear phone"):
        assert f"HELD by {guard}" in held.out
    assert (site.shown, len(site.sandbox.calls)) == (before, calls)
    assert site.settle().code == 0
    # Some platforms let no phone become empty; that is then not tried again.
    takes_no_clearing = "phone" in site.sandbox.quirks.empty_ignored
    left = {phone for _, phone, *_ in before.values()} if takes_no_clearing else {""}
    assert {phone for _, phone, *_ in site.shown.values()} == left
    assert site.run("plan", "--json").json["operations"] == []


def test_a_mistyped_required_attribute_skips_everybody_and_changes_nobody(site: Site, company: Company) -> None:
    """A mistyped required attribute skips all people and removes nobody, for they are present (I12)."""
    site.configure(tail=REMOVE_AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    before, calls = site.shown, len(site.sandbox.calls)
    site.configure(tail=REMOVE_AT_ONCE + '[mapping.user]\naccount = "udi"\n')
    result = site.run("reconcile", "--strict")
    assert result.code == 4
    assert "HELD" not in result.out
    assert result.out.count("skipped user no_value") == 120
    assert (site.shown, len(site.sandbox.calls)) == (before, calls)


def test_a_plan_within_the_limits_passes_without_a_person(site: Site, company: Company) -> None:
    """A plan within the limits, such as one with four leavers, is carried out without an approval."""
    site.configure(tail=REMOVE_AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    left = msgspec.structs.replace(company, people=dict(list(company.people.items())[4:]))
    site.employ(left)
    assert site.run("reconcile").code == 0
    assert site.shown == site.wanted(left)


def test_an_approval_is_of_that_plan_only(site: Site, company: Company) -> None:
    """An approval covers only what its plan had; what is new is held, and an unknown fingerprint ends with 3."""
    site.employ(company)
    assert site.run("reconcile", "--approve", "0123456789abcdef").code == 3
    first = site.run("reconcile", "--json")
    assert first.code == 3
    assert site.run("approve", first.json["plan"]).code == 0
    more = msgspec.structs.replace(next(iter(company.people.values())), account="another", phone="1", email="a@b")
    site.employ(
        msgspec.structs.replace(company, people={**company.people, "f0000000-0000-4000-8000-000000000001": more})
    )
    held = site.run("reconcile")
    assert held.code == 3
    assert "1 held" in held.out
    assert "140 done" in held.out


def test_an_approval_can_be_taken_back(site: Site, company: Company) -> None:
    """A plan whose approval was taken back is held, and nothing is written."""
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert held.code == 3
    fingerprint = held.json["plan"]
    assert "140 operations" in site.run("approve", fingerprint).out
    assert fingerprint in site.run("approve", "--list").out
    assert site.run("approve", "--revoke", fingerprint).code == 0
    assert site.run("reconcile").code == 3
    assert site.sandbox.calls == []
