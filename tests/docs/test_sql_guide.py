"""The guide to databases is what happens, with its tables, outputs and faults."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site

GUIDE = Guide("sql.md")
CONFIGURATION = GUIDE.configuration
CHANGED = {
    "a column that is gone": (CONFIGURATION.replace("mobile, mail", "mobile AS phone, mail"), "sqlite:///hr.db"),
    "a query that cannot be": (CONFIGURATION.replace("FROM staff", "FROM people"), "sqlite:///hr.db"),
    "a query that writes": (re.sub("SELECT staff_no.*'active'", "DELETE FROM staff", CONFIGURATION), "sqlite:///hr.db"),
    "a file that is not there": (CONFIGURATION, "sqlite:///no.db"),
    "a URL that is none": (CONFIGURATION, "hr.example.org/staff"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give an installation with the guide's configuration and tables."""
    sandbox = Sandbox()
    with running(sandbox) as url:
        found = Site(tmp_path_factory.mktemp("guide"), sandbox, url)
        found.configure(CONFIGURATION)
        (found.folder / "hr-url").write_text("sqlite:///hr.db\n")
        with closing(sqlite3.connect(found.folder / "hr.db")) as base, base:
            base.executescript(GUIDE.files["hr.sql"])
        yield found


def test_every_step_prints_what_the_guide_shows(site: Site) -> None:
    """Every step prints what the guide shows, but for times, folders and the ids of runs."""
    steps = [(wanted, output.replace(str(site.folder) + "/", "")) for wanted, output in GUIDE.steps(site)]
    assert len(steps) == 3
    for wanted, output in steps:
        assert re.fullmatch(wanted, output), output


@pytest.mark.parametrize("what", GUIDE.faults)
def test_every_fault_is_said_as_the_guide_says(site: Site, what: str) -> None:
    """Every fault of a database ends with exit code 1 and the guide's line, and no row is lost."""
    assert GUIDE.faults.keys() == CHANGED.keys()
    configuration, url = CHANGED[what]
    site.configure(configuration)
    (site.folder / "hr-url").write_text(url)
    broken = site.run("reconcile")
    assert (broken.code, broken.fault.replace(str(site.folder) + "/", "")) == (1, f"syncd: {GUIDE.faults[what]}")
    with closing(sqlite3.connect(site.folder / "hr.db")) as base:
        assert base.execute("SELECT count(*) FROM staff").fetchone() == (4,)
