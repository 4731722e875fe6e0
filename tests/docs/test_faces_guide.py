"""The guide to faces is what happens, with its configuration, commands and limits."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from syncd.app.face_giving import MOST_AGAIN, MOST_FAULTS, MOST_TROUBLES
from syncd.config.sections import Schedule
from syncd.directory.csv_table import LARGEST_CELL
from syncd.mapping.faces import Form, face_rule
from syncd.platform.fitting import LEAST_SIDE, MOST_BYTES, MOST_PIXELS, MOST_PIXELS_WHOLE, MOST_SCANS, READABLE
from syncd.testing.company import Company, Person, Unit, key_of
from syncd.testing.likenesses import likeness
from tests.kit.installation.site import Site

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "faces.md").read_text(encoding="utf-8")
(CONFIGURATION,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
STEPS = [
    (command, output)
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    for command, output in re.findall(r"\$ syncd (.*)\n((?:(?!\$ ).*\n)*)", block)
]
RUN = re.compile(r"Run \S+:")
NUMBER = re.compile(
    r"\d+ bytes|It has \d{4,}|as: jpeg, \d+ x \d+"
)  # the library that makes a jpg may be another version
UNIT = key_of("unit", 1)
PEOPLE = {
    key_of("person", number): Person(account, name, "", "", "", UNIT)
    for number, (account, name) in enumerate((("wang.fang", "王芳"), ("li.na", "李娜"), ("zhang.wei", "张伟")))
}


@pytest.fixture
def site(fresh_site: Site) -> Site:
    """Return an installation with the guide's configuration, three people and their pictures."""
    fresh_site.employ(Company({UNIT: Unit("研发部")}, PEOPLE))
    photos = fresh_site.folder / "photos"
    photos.mkdir()
    (photos / "readme.txt").write_text("pictures of people")
    fresh_site.configure(tail=CONFIGURATION)
    fresh_site.settle()
    (photos / "wang.fang.jpg").write_bytes(likeness(1))
    (photos / "li.na.jpg").write_bytes(likeness(2, 96, 96))
    (photos / "zhang.wei.jpg").write_bytes(likeness(3, 200, 200))
    for name, size in (("small", 200), ("tiny", 96)):
        (fresh_site.folder / f"{name}.jpg").write_bytes(likeness(1, size, size))
    return fresh_site


def test_every_step_prints_what_the_guide_shows(site: Site) -> None:
    """Every step prints what the guide shows, but for the ids of runs and sizes in bytes."""
    assert len(STEPS) == 4
    for command, wanted in STEPS:
        found = RUN.sub("Run …:", site.run(*command.split()).out)
        assert NUMBER.sub("N", found) == NUMBER.sub("N", wanted)


def test_the_numbers_are_those_of_the_program() -> None:
    """The limits, formats, tries and times in the guide are those of the program."""
    for said in (
        f"Below {LEAST_SIDE} pixels a side",
        f"{MOST_PIXELS:,}\npixels ({MOST_PIXELS_WHOLE:,} where it is no jpg)",
        f"{MOST_BYTES:,} bytes or {MOST_SCANS} scans",
        {5: "five calls in a row"}[MOST_FAULTS],
        {3: "three times at most"}[MOST_AGAIN],
        {"30m": "30 minutes unless said"}[str(Schedule().faces)],
        f"{LARGEST_CELL:,} characters in a cell",
        f"the first {MOST_TROUBLES} whose faces were not given",
    ):
        assert said in GUIDE
    assert [one.upper() for one in re.findall(r": (JPEG.*?) are read", GUIDE.replace("\n", " "))] == [
        ", ".join(READABLE[:-1]) + f" AND {READABLE[-1]}"
    ]


def test_what_people_are_told_is_as_the_schema_says() -> None:
    """The guide's example of what `[notify]` tells fits the schema of a run."""
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    schema = json.loads((Path(__file__).parents[2] / "syncd" / "schemas" / "run.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(example))


def test_every_rule_that_is_shown_is_one() -> None:
    """Every rule of a face in the guide is valid and of the form that the table says."""
    rules = re.findall(r'`"(\S[^`]*)"`', GUIDE.split("| `face` |")[1].split("\n\n")[0])
    assert [face_rule(one).form for one in rules] == [Form.ATTRIBUTE] * 3 + [Form.PATH, Form.URL]
