"""Who is told of runs, as `syncd reconcile` does it."""

import json
import sys
from typing import Any

from syncd.testing.company import Company
from syncd.testing.site import Site

WRITE = "import os, sys; open('told', 'a').write(os.environ['SYNCD_EVENT'] + ' ' + sys.stdin.read() + chr(10))"


def told(site: Site) -> list[tuple[str, Any]]:
    """Give what people were told: the event and the run."""
    path = site.folder / "told"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [(event, json.loads(run)) for event, _, run in (line.partition(" ") for line in lines)]


def tail(*command: str) -> str:
    """Give the configuration of a command that is told."""
    return f"[notify]\ncommand = {json.dumps(command)}\n"


def test_a_held_run_a_fault_and_the_recovery_are_told_once_each(site: Site, company: Company) -> None:
    """By the run as JSON on the command's standard input."""
    site.configure(tail=tail(sys.executable, "-c", WRITE))
    site.employ(company)
    held = site.run("reconcile", "--json")
    assert site.run("reconcile").code == 3
    assert [(event, run["run"]) for event, run in told(site)] == [("held", held.json["run"])]
    assert told(site)[0][1] == held.json
    (site.folder / "company.ldif").rename(site.folder / "elsewhere.ldif")
    assert [site.run("reconcile").code, site.run("reconcile").code] == [1, 1]
    (site.folder / "elsewhere.ldif").rename(site.folder / "company.ldif")
    assert site.settle().code == 0
    assert [event for event, _ in told(site)] == ["held", "failed", "recovered"]
    failed = told(site)[1][1]
    assert (failed["outcome"], failed["exit"], failed["run"]) == ("failed", 1, "")
    assert "company.ldif" in failed["results"][0]["message"]


def test_a_command_that_fails_changes_nothing_of_the_run(site: Site, company: Company) -> None:
    """It is a note on standard error, and the next run tries again."""
    site.configure(tail=tail("/nowhere/mail"))
    site.employ(company)
    result = site.run("reconcile")
    assert result.code == 3
    assert "nobody was told of this run" in result.err
    assert "Traceback" not in result.err


def test_a_look_or_a_part_tells_nobody(site: Site, company: Company) -> None:
    """A dry run, and a run that somebody confined to one person."""
    site.configure(tail=tail(sys.executable, "-c", WRITE))
    site.employ(company)
    site.run("plan")
    site.run("reconcile", "--only", next(iter(company.people.values())).account)
    assert told(site) == []
