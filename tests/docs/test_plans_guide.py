"""The guide to plans says what the code does."""

import re
from pathlib import Path

from syncd.cli.reporting import FORMATS
from syncd.report.messages import VARIABLES
from syncd.report.plan_csv import COLUMNS

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "plans.md").read_text(encoding="utf-8")


def test_every_column_is_in_the_guide() -> None:
    """The guide has exactly the columns of a plan's CSV, in their order."""
    table = GUIDE.split("\n| column | holds |\n")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", " ".join(rows))) == COLUMNS


def test_every_form_is_in_the_guide() -> None:
    """The guide has every format of `plan`, where the terminal's is the one without an option."""
    assert {*re.findall(r"syncd plan --format (\w+) >", GUIDE), "terminal", "json"} == set(FORMATS)


def test_the_variables_of_the_language_are_in_the_guide() -> None:
    """The guide names the variables of the language in the order in which they count."""
    told = GUIDE.split("`auto`: the language of ")[1].split(".\n")[0]
    assert tuple(re.findall(r"`(\w+)`", told)) == VARIABLES
