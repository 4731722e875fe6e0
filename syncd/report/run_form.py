"""A run as JSON (DESIGN 4, a run) and as text."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from syncd.app.ports import Settled
from syncd.app.records import Approval, RunRecord
from syncd.plan.json_form import by_id
from syncd.plan.values import Operation, Plan
from syncd.report.columns import padded
from syncd.report.messages import ENGLISH, Words

VERSION = 1
SHOWN = 20
OUTCOME_COLUMNS = 12
PENDING = "pending"
DONE = "done"
TROUBLES = frozenset({"failed", "skipped"})


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


def approvals_form(approvals: Sequence[Approval]) -> dict[str, Any]:
    """Return who let operations of a run pass, when and why; nothing where nobody had to."""
    told = [
        {
            "fingerprint": each.fingerprint,
            "operations": len(each.operations),
            "who": each.who,
            "at": iso(each.at),
            "reason": each.reason,
            "by": msgspec.to_builtins(each.by),
        }
        for each in approvals
    ]
    return {"approvals": told} if told else {}


def approval_text(approval: Approval, words: Words = ENGLISH) -> str:
    """Return an approval in words: who, when, how many operations and why."""
    return words.say(
        "terminal.approval",
        who=approval.who,
        at=words.moment(approval.at),
        count=len(approval.operations),
        reason=approval.reason or words.say("approve.no_reason"),
    )


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


def is_told(result: Mapping[str, str]) -> bool:
    """Tell whether people are to know how an operation ended: it failed, or was done and there is more to say."""
    return result["outcome"] in TROUBLES or (result["outcome"] == DONE and bool(result["message"]))


def run_text(
    record: RunRecord,
    plan: Plan,
    results: Sequence[Mapping[str, str]],
    words: Words = ENGLISH,
    approvals: Sequence[Approval] = (),
) -> str:
    """Give a run as lines for a terminal: what failed first, who approved, then the totals."""
    approved = (words.say("terminal.approved", approval=approval_text(each, words)) for each in approvals)
    return "\n".join((*_lines(record, plan, results, words), *approved)) + "\n"


def _lines(record: RunRecord, plan: Plan, results: Sequence[Mapping[str, str]], words: Words) -> Iterator[str]:
    operations = by_id(plan)
    bad = [one for one in results if is_told(one)]
    for one in bad[:SHOWN]:
        operation = operations.get(one["id"])
        what = _what(operation, words) if operation else one["id"]
        outcome = words.word("outcome", one["outcome"])
        yield words.say("terminal.result", outcome=outcome, what=what, message=one["message"])
    if len(bad) > SHOWN:
        yield words.say("terminal.more", count=len(bad) - SHOWN, run=record.run)
    outcome = words.word("run", record.outcome)
    yield words.say("terminal.run", run=record.run, outcome=outcome, counts=counts_text(record.counts, words))


def _what(operation: Operation, words: Words) -> str:
    action, kind = words.word("action", operation.action), words.word("kind", operation.kind)
    return words.say("terminal.object", action=action, kind=kind, name=operation.name, place=operation.locator)


def counts_text(counts: Mapping[str, int], words: Words = ENGLISH) -> str:
    """Give how many operations ended how, in words."""
    told = (
        words.say("terminal.count", count=number, outcome=words.word("outcome", outcome))
        for outcome, number in sorted(counts.items())
    )
    return words.say("list.comma").join(told) or words.say("terminal.no_count")


def run_line(record: RunRecord, words: Words = ENGLISH, approvals: Sequence[Approval] = ()) -> str:
    """Return a run as one line of the history, with who approved it and why."""
    outcome = padded(words.word("run", record.outcome), OUTCOME_COLUMNS)
    told = (
        words.say("history.approved", who=each.who, reason=each.reason or words.say("approve.no_reason"))
        for each in approvals
    )
    return (
        f"{record.run}  {words.moment(record.started_at)}  {outcome} {counts_text(record.counts, words)}{''.join(told)}"
    )


def iso(moment: float | None) -> str | None:
    """Give a time as ISO 8601 in UTC."""
    return None if moment is None else dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(timespec="seconds")
