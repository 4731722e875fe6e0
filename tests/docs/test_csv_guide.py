"""The guide to CSV files and workbooks is what happens, with its files, outputs and faults."""

import csv
import io
import re

import openpyxl
import pytest

from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site
from tests.kit.long_ago import write_long_ago

GUIDE = Guide("csv.md")
(CONFIGURATION,) = GUIDE.blocks("toml")
PEOPLE = GUIDE.files["people.csv"].encode()
CHANGED = {
    "cut in a row": PEOPLE[:-15],
    "cut in the last value": PEOPLE[:-3],
    "a quote that is not closed": PEOPLE.replace("Chloé".encode(), '"Chloé'.encode()),
    "a column that is gone": PEOPLE.replace(b"mobile", b"phone"),
    "a damaged character": PEOPLE.replace("娜".encode(), "娜".encode()[:2]),
}


@pytest.fixture(scope="module")
def site(guide_site: Site) -> Site:
    """Return an installation with the guide's configuration and files."""
    guide_site.configure(CONFIGURATION)
    for name, content in GUIDE.files.items():
        write_long_ago(guide_site.folder / name, content)
    return guide_site


def workbook(content: bytes) -> bytes:
    """Give the rows of a CSV file as a workbook, numbers as numbers."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sheet1"
    for row in csv.reader(io.StringIO(content.decode())):
        sheet.append([int(one) if one.isdecimal() else one or None for one in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_every_step_prints_what_the_guide_shows(site: Site) -> None:
    """Every step of the guide prints what it shows, with CSV and with Excel, but for times and ids of runs."""
    write_long_ago(site.folder / "people.xlsx", workbook(PEOPLE))
    good = (site.folder / "syncd.toml").read_text(encoding="utf-8")
    (site.folder / "excel.toml").write_text(good.replace("people.csv", "people.xlsx"), encoding="utf-8")
    steps = list(GUIDE.steps(site))
    assert len(steps) == 4
    for wanted, output in steps:
        assert re.fullmatch(wanted, output), output


@pytest.mark.parametrize("what", GUIDE.faults)
def test_every_fault_is_said_as_the_guide_says(site: Site, what: str) -> None:
    """Every fault of a CSV file ends with exit code 1 and the line that the guide shows."""
    assert GUIDE.faults.keys() == CHANGED.keys()
    write_long_ago(site.folder / "people.csv", CHANGED[what])
    broken = site.run("reconcile")
    write_long_ago(site.folder / "people.csv", PEOPLE)
    assert (broken.code, broken.fault.replace("`encoding`", "encoding")) == (1, f"syncd: {GUIDE.faults[what]}")
