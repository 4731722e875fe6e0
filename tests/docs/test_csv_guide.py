"""The guide to CSV files and workbooks is what happens, with its files, outputs and faults."""

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.serving import running
from tests.kit.installation.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "csv.md").read_text(encoding="utf-8")
FILES = {name: text.encode() for name, text in re.findall(r"```csv (\S+)\n(.*?)```", GUIDE, re.DOTALL)}
(CONFIGURATION,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
FAULTS = dict(re.findall(r"^\| ([^|`]+) \| `(.*)` \|$", GUIDE, re.MULTILINE))
PEOPLE = FILES["people.csv"]
CHANGED = {
    "cut in a row": PEOPLE[:-15],
    "cut in the last value": PEOPLE[:-3],
    "a quote that is not closed": PEOPLE.replace("Chloé".encode(), '"Chloé'.encode()),
    "a column that is gone": PEOPLE.replace(b"mobile", b"phone"),
    "a damaged character": PEOPLE.replace("娜".encode(), "娜".encode()[:2]),
}
RUN = re.compile(r"Run \S+:")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give an installation with the guide's configuration and files."""
    sandbox = Sandbox()
    with running(sandbox) as url:
        found = Site(tmp_path_factory.mktemp("guide"), sandbox, url)
        found.configure(CONFIGURATION)
        for name, content in FILES.items():
            put(found, name, content)
        yield found


def put(site: Site, name: str, content: bytes) -> None:
    """Write a file as if a while ago."""
    (site.folder / name).write_bytes(content)
    os.utime(site.folder / name, (0, 0))


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
    (site.folder / "people.xlsx").write_bytes(workbook(PEOPLE))
    os.utime(site.folder / "people.xlsx", (0, 0))
    good = (site.folder / "syncd.toml").read_text(encoding="utf-8")
    (site.folder / "excel.toml").write_text(good.replace("people.csv", "people.xlsx"), encoding="utf-8")
    steps = re.findall(r"```console\n\$ syncd (.*?)\n(.*?)```", GUIDE, re.DOTALL)
    assert len(steps) == 4
    for command, wanted in steps:
        words = [site.fingerprint() if word == "FINGERPRINT" else word for word in command.split()]
        output = "".join(f"{RUN.sub('Run …:', line)}\n" for line in site.run(*words).out.splitlines())
        parts = [r"(?:.*\n)*" if line == "…" else re.escape(line) + r"\n" for line in wanted.splitlines()]
        assert re.fullmatch("".join(parts), output), output


@pytest.mark.parametrize("what", FAULTS)
def test_every_fault_is_said_as_the_guide_says(site: Site, what: str) -> None:
    """Every fault of a CSV file ends with exit code 1 and the line that the guide shows."""
    assert FAULTS.keys() == CHANGED.keys()
    put(site, "people.csv", CHANGED[what])
    broken = site.run("reconcile")
    put(site, "people.csv", PEOPLE)
    assert (broken.code, broken.fault.replace("`encoding`", "encoding")) == (1, f"syncd: {FAULTS[what]}")
