"""The tests run `syncd revert` as its user does."""

from syncd.testing.company import Company, hard_day
from tests.kit.installation.conversation import converse
from tests.kit.installation.site import Site

OPEN = """[policy]
remove_after = "0d"
on_configuration = "apply"
[limits]
remove = {}
update = {}
create = {}
clear = {}
"""


def test_a_run_is_shown_undone_held_and_done_again_by_approval(site: Site, company: Company) -> None:
    """`revert` writes nothing in a dry run, then undoes a run, and what was undone is held until it is approved."""
    site.configure(tail=OPEN)
    site.employ(company)
    assert site.settle().code == 0
    before = site.shown
    site.employ(hard_day(company, 120))
    run = site.run("reconcile", "--json").json["run"]
    after, done = site.shown, len(site.sandbox.calls)
    looked = site.run("revert", run, "--dry-run")
    assert (looked.code, len(site.sandbox.calls)) == (0, done)
    assert "reverted" in looked.out
    undone = site.run("revert", run)
    assert (undone.code, site.shown) == (0, before)
    assert "without their meetings" in undone.out
    held = site.run("reconcile")
    assert (held.code, site.shown) == (3, before)
    assert f"undid of run {run}" in held.out
    assert site.settle().code == 0
    assert site.shown == after
    assert site.refused == []


def test_undoing_a_first_sync_is_held_by_the_limits_and_says_how_to_go_on(site: Site, company: Company) -> None:
    """The undoing of a first sync is held with exit code 3, removes nobody, and names the command that approves it."""
    site.employ(company)
    run = site.settle().out.rsplit("Run ", 1)[1].split(":")[0]
    held = site.run("revert", run, "--json")
    assert (held.code, held.json["outcome"]) == (3, "held")
    assert len(site.shown) == len(company.people)
    told = site.run("revert", run)
    assert f"syncd revert RUN --approve {held.json['plan']}" in told.out
    assert site.run("revert", run, "--approve", held.json["plan"]).code == 0
    assert site.shown == {}


def test_a_run_that_is_not_there_is_one_line(site: Site) -> None:
    """`revert` of an unknown run ends with exit code 1 and one line that points to `syncd history`."""
    result = site.run("revert", "20200101")
    assert result.code == 1
    assert "syncd history names the runs" in result.fault.replace("`", "")


def test_read_only_undoes_nothing(site: Site, company: Company) -> None:
    """`revert` with `read_only` is held with exit code 3 and writes nothing."""
    site.employ(company)
    run = site.settle().out.rsplit("Run ", 1)[1].split(":")[0]
    site.configure(tail=OPEN, platform="read_only = true")
    calls = len(site.sandbox.calls)
    assert site.run("revert", run).code == 3
    assert len(site.sandbox.calls) == calls


def test_who_sits_at_a_terminal_is_asked_before_anything_is_undone(site: Site, company: Company) -> None:
    """`revert` on a terminal shows the plan and asks: nothing is undone after "n", all after "y" or by `--yes`."""
    site.configure(tail=OPEN)
    site.employ(company)
    assert site.settle().code == 0
    before = site.shown
    site.employ(hard_day(company, 120))
    run = site.run("reconcile", "--json").json["run"]
    after = site.shown
    code, screen = converse(site.folder, ["revert", run], [("Undo this? [y/N]", "n")])
    assert code == 0, screen
    assert "nothing was undone" in screen
    assert site.shown == after
    code, screen = converse(site.folder, ["revert", run], [("Undo this? [y/N]", "y")])
    assert code == 0, screen
    assert screen.count("Plan: ") == 1, "what was shown before the question is not shown again"
    assert site.shown == before
    again = site.run("reconcile", "--json").json["plan"]
    run = site.run("reconcile", "--approve", again, "--json").json["run"]
    code, screen = converse(site.folder, ["revert", run, "--yes"], [])
    assert (code, site.shown) == (0, before), screen
