"""Dashboard and alert rules ask for what is there, as Prometheus understands it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.kit.installation.measured import Shown

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "syncd.json").read_text("utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
GUIDE = (ROOT / "docs" / "guides" / "monitoring.md").read_text("utf-8")
OF_GRAFANA = {"$__rate_interval": "5m", "$job": "syncd"}
OF_PROMETHEUS = {"up": frozenset({"job", "instance"})}
OF_A_TARGET = frozenset({"job", "instance"})
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Give every query, with where it stands."""
    for panel in PANELS:
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in OF_GRAFANA.items():
                text = text.replace(name, value)
            yield panel["title"], text
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)


def selectors(node: Any) -> Iterator[Any]:  # noqa: ANN401 - the library's syntax tree has no common class
    """Give every selector of series in a query."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    if isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    for name in ("expr", "lhs", "rhs"):
        if (below := getattr(node, name, None)) is not None:
            yield from selectors(below)
    for argument in getattr(node, "args", ()):
        yield from selectors(argument)


@pytest.fixture
def labels(scraped: dict[str, Shown]) -> dict[str, frozenset[str]]:
    """Return the labels of every series that there is."""

    def of(one: Shown) -> frozenset[str]:
        return frozenset({*one.labels, *({"le"} if one.kind == "histogram" else ())})

    found = {name: of(one) for one in scraped.values() for name in one.series}
    return {**found, **OF_PROMETHEUS}


def test_every_query_is_promql_and_asks_for_series_that_exist(labels: dict[str, frozenset[str]]) -> None:
    """Every query of dashboard and alerts is PromQL and asks for series and labels that the program has."""
    wrong = []
    for where, query in queries():
        asked = list(selectors(promql_parser.parse(query)))
        if not asked:
            wrong.append((where, "asks for no series"))
        for selector in asked:
            known = labels.get(selector.name, frozenset())
            used = {matcher.name for matcher in selector.matchers.matchers}
            if selector.name not in labels or not used <= known | OF_A_TARGET:
                wrong.append((where, f"{selector.name} {sorted(used - known)}"))
    assert wrong == []


def test_every_alert_says_what_it_is_and_where_its_remedy_stands() -> None:
    """Every alert has a severity and annotations, and its remedy is a section of the guide."""
    wrong = [
        rule["alert"]
        for rule in RULES
        if rule["labels"]["severity"] not in ("info", "warning", "critical")
        or rule["annotations"].keys() != {"summary", "description", "runbook"}
        or rule["annotations"]["runbook"] != f"docs/guides/monitoring.md#{rule['alert'].lower()}"
        or f"\n### {rule['alert']}\n" not in GUIDE
    ]
    assert wrong == []


def test_the_guide_has_no_section_of_an_alert_that_is_gone() -> None:
    """The guide has exactly one section for each alert, in the order of the rules."""
    assert re.findall(r"^### (Syncd\w+)$", GUIDE, re.MULTILINE) == [rule["alert"] for rule in RULES]


def test_every_alert_is_made_to_come_by_a_test_of_prometheus_own_tool() -> None:
    """The file for Prometheus' own test tool makes every alert fire, in the order of the rules."""
    _, bad = yaml.safe_load((ROOT / "tests" / "full" / "alerts.yaml").read_text("utf-8"))["tests"]
    (firing,) = bad["promql_expr_test"]
    told = [re.findall(r'alertname="(\w+)"', one["labels"]) for one in firing["exp_samples"]]
    assert told == [[rule["alert"]] for rule in RULES]


def test_the_dashboard_names_no_installation() -> None:
    """The dashboard lets its viewer choose data source and job, and each panel has a title and description."""
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    assert all(panel["title"] and panel["description"] for panel in PANELS)
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "job"]


def test_no_panel_covers_another() -> None:
    """No panel covers another on the grid of 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken
        taken |= cells
