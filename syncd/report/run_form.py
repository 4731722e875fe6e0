"""A run as JSON (DESIGN 4, a run) and as text."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncd.app.ports import Settled
from syncd.app.records import RunRecord
from syncd.plan.values import Plan

VERSION = 1
SHOWN = 20
PENDING = "pending"


def run_form(record: RunRecord, results: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Give a run as the contract's JSON object."""
    return {
        "version": VERSION,
        "run": record.run,
        "started_at": iso(record.started_at),
        "finished_at": iso(record.finished_at),
        "outcome": record.outcome,
        "exit": record.exit,
        "plan": record.fingerprint,
        "results": list(results),
        "counts": dict(record.counts),
    }


def settled_results(results: Sequence[Settled]) -> list[dict[str, str]]:
    """Give the outcomes of a run that has just ended."""
    return [
        {"id": one.operation.id, "outcome": str(one.outcome), "code": one.code, "message": one.message}
        for one in results
    ]


def stored_results(plan: Plan, journal: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Give the outcomes of a run from its plan and its journal: what has no line was held, or is pending."""
    found = []
    for operation in plan.operations:
        line = journal.get(operation.id)
        if line is None:
            outcome = "held" if operation.held_by else PENDING
            message = f"held by {', '.join(operation.held_by)}" if operation.held_by else ""
            found.append({"id": operation.id, "outcome": outcome, "code": "", "message": message})
        else:
            found.append({"id": operation.id, **{name: line[name] for name in ("outcome", "code", "message")}})
    return found


def run_text(record: RunRecord, plan: Plan, results: Sequence[Mapping[str, str]]) -> str:
    """Give a run as lines for a terminal: what failed first, then the totals."""
    return "\n".join(_lines(record, plan, results)) + "\n"


def _lines(record: RunRecord, plan: Plan, results: Sequence[Mapping[str, str]]) -> Iterator[str]:
    operations = {operation.id: operation for operation in plan.operations}
    bad = [one for one in results if one["outcome"] in ("failed", "skipped")]
    for one in bad[:SHOWN]:
        operation = operations.get(one["id"])
        what = f"{operation.action} {operation.kind} {operation.name} ({operation.locator})" if operation else one["id"]
        yield f"{one['outcome']}: {what}: {one['message']}"
    if len(bad) > SHOWN:
        yield f"and {len(bad) - SHOWN} more: syncd show {record.run}"
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(record.counts.items())) or "nothing to do"
    yield f"Run {record.run}: {record.outcome or 'not finished'}: {counts}."


def run_line(record: RunRecord) -> str:
    """Give a run as one line of the history."""
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(record.counts.items())) or "nothing to do"
    return f"{record.run}  {iso(record.started_at)}  {record.outcome or 'not finished':<12} {counts}"


def iso(moment: float | None) -> str | None:
    """Give a time as ISO 8601 in UTC."""
    return None if moment is None else dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="seconds")
