"""The page of metrics has every metric as a scrape shows it, and no other."""

import re
from pathlib import Path

import pytest

from syncd.app.receiving import Receipt
from syncd.app.records import EventState
from syncd.model.faces import FaceState
from syncd.model.links import LinkState
from syncd.model.objects import Kind
from syncd.model.source import Grade
from syncd.plan.values import Action
from syncd.telemetry.metrics import CODES, OTHER
from tests.kit.installation.measured import Shown

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
METRICS = re.findall(r"^\| `(syncd_\w+)` \| (\w+) \| (.*?) \| (.+) \|$", PAGE, re.MULTILINE)
LABELS = dict(re.findall(r"^\| `([a-z]+)` \| (.+) \|$", PAGE, re.MULTILINE))


def test_every_metric_has_its_row(scraped: dict[str, Shown]) -> None:
    """Every metric has its row with type, labels and meaning, in the order of a scrape."""
    found = [
        (name, one.kind, ", ".join(f"`{label}`" for label in one.labels), one.meaning)
        for name, one in scraped.items()
        if name.startswith("syncd_")
    ]
    assert found == METRICS


def test_every_label_has_its_row() -> None:
    """Every label but those of the build has its row, and there is no other row."""
    used = {label for _, _, labels, _ in METRICS for label in re.findall(r"`(\w+)`", labels)}
    assert used - {"version", "schema"} == set(LABELS)


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("kind", Kind),
        ("action", Action),
        ("receipt", Receipt),
        ("grade", Grade),
        ("state", [*LinkState, *EventState, *FaceState, "unmanaged"]),
    ],
)
def test_the_values_of_a_label_are_those_of_the_program(label: str, values: object) -> None:
    """The values of a label on the page are those of the program."""
    assert set(re.findall(r"`(\w+)`", LABELS[label])) == {str(one) for one in values}  # type: ignore[attr-defined]


def test_the_codes_are_those_that_are_counted() -> None:
    """The codes on the page are those that are counted; a range stands for consecutive numbers."""
    told = set(re.findall(r"`(\w+)`", LABELS["code"]))
    assert told == {one for one in CODES if not re.match(r"710(0[2-9]|1[0-2])", one)} | {OTHER}
