"""The guide to databases is what happens, with its tables, outputs and faults."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

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
def database(guide_site: Site) -> Path:
    """Return the database with the guide's tables, in the folder of the guide's installation."""
    file = guide_site.folder / "hr.db"
    with closing(sqlite3.connect(file)) as base, base:
        base.executescript(GUIDE.files["hr.sql"])
    return file


@pytest.fixture
def site(guide_site: Site, database: Path) -> Site:
    """Return an installation with the guide's configuration, whatever another test has made of it."""
    guide_site.configure(CONFIGURATION)
    (guide_site.folder / "hr-url").write_text(f"sqlite:///{database.name}\n")
    return guide_site


def test_every_step_prints_what_the_guide_shows(site: Site) -> None:
    """Every step prints what the guide shows, but for times, folders and the ids of runs."""
    steps = [(wanted, output.replace(str(site.folder) + "/", "")) for wanted, output in GUIDE.steps(site)]
    assert len(steps) == 3
    for wanted, output in steps:
        assert re.fullmatch(wanted, output), output


@pytest.mark.parametrize("what", GUIDE.faults)
def test_every_fault_is_said_as_the_guide_says(site: Site, database: Path, what: str) -> None:
    """Every fault of a database ends with exit code 1 and the guide's line, and no row is lost."""
    assert GUIDE.faults.keys() == CHANGED.keys()
    configuration, url = CHANGED[what]
    site.configure(configuration)
    (site.folder / "hr-url").write_text(url)
    broken = site.run("reconcile")
    assert (broken.code, broken.fault.replace(str(site.folder) + "/", "")) == (1, f"syncd: {GUIDE.faults[what]}")
    with closing(sqlite3.connect(database)) as base:
        assert base.execute("SELECT count(*) FROM staff").fetchone() == (4,)
