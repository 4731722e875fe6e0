"""A plan or run as CSV (RFC 4180): a line per changed field, for spreadsheets; the words are those of the JSON."""

import csv
import io
from collections.abc import Iterator, Mapping

from syncd.model.cells import harmless_cell
from syncd.plan.values import Change, Operation
from syncd.report.contents import FIELDS_OF_PLACES, Subject
from syncd.report.places import Places, path, places

COLUMNS = (
    "operation",
    "kind",
    "action",
    "reason",
    "source",
    "key",
    "locator",
    "platform_id",
    "name",
    "field",
    "before",
    "after",
    "before_path",
    "after_path",
    "held_by",
    "outcome",
    "code",
    "message",
)
ROOT = "/"
NO_CHANGE = Change(None, None)


def plan_csv(subject: Subject) -> str:
    """Give the lines; what changes no field, such as a lock, has one line without a field.

    A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection).
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    around = places(subject.plan.operations, subject.departments)
    results = {one["id"]: one for one in subject.results}
    for operation in subject.plan.operations:
        for line in _lines(operation, around, results.get(operation.id, {})):
            writer.writerow({name: harmless_cell(value) for name, value in line.items()})
    return text.getvalue()


def _lines(operation: Operation, around: Places, result: Mapping[str, str]) -> Iterator[dict[str, str]]:
    whole = {
        "operation": operation.id,
        "kind": str(operation.kind),
        "action": str(operation.action),
        "reason": str(operation.reason),
        "source": operation.source,
        "key": operation.key,
        "locator": operation.locator,
        "platform_id": operation.platform_id,
        "name": operation.name,
        "held_by": " ".join(operation.held_by),
        **{name: result.get(name, "") for name in ("outcome", "code", "message")},
    }
    for field, change in operation.changes.items() or [("", NO_CHANGE)]:
        yield {**whole, "field": field, **_values(field, change, around)}


def _values(field: str, change: Change, around: Places) -> dict[str, str]:
    values = {"before": change.before or "", "after": change.after or ""}
    if field in FIELDS_OF_PLACES:
        if change.before is not None:
            values["before_path"] = path(around.before, change.before, ROOT)
        if change.after is not None:
            values["after_path"] = path(around.after, change.after, ROOT)
    return values
