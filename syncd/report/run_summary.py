"""A run in one sentence, with its operations counted and the command that shows more; English, as all JSON is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncd.app.records import RunRecord
from syncd.model.visible import shortened, visible
from syncd.plan.values import Action, Operation, Plan
from syncd.report.messages import ENGLISH, Words

HELD = "held"
FAILED = frozenset({"failed", "partial"})
NOT_DONE = ("failed", "skipped", "pending")
PLURAL_FROM = 2
BROKEN = "a source could not be read to its end, so that its people stay as they are"
OTHERS = {
    "unproven": "a source was not proven whole, so that nothing follows from what it lacks; `syncd check` says why",
    "interrupted": "interrupted; the next run goes on",
}
Counts = dict[str, dict[str, int]]


def counted(operations: Iterable[Operation]) -> Counts:
    """Return how many operations there are by kind and action, as the summary of a plan has them."""
    found: dict[str, Counter[str]] = {}
    for operation in operations:
        found.setdefault(operation.kind, Counter())[operation.action] += 1
    return {
        str(kind): {str(action): count[action] for action in Action if count[action]} for kind, count in found.items()
    }


def summary_form(record: RunRecord, plan: Plan, results: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the operations of a run by kind and action, a sentence about it, and the command that shows more."""
    return {
        "summary": counted(plan.operations),
        "message": sentence(record, plan, results),
        "command": command(record, plan),
    }


def command(record: RunRecord, plan: Plan) -> str:
    """Return the command that shows what a person has to know: of what waits the plan, else the run."""
    if record.outcome == HELD and plan.operations:
        return f"syncd show {plan.fingerprint}"
    return f"syncd show {record.run}" if record.run else "syncd check"


def sentence(record: RunRecord, plan: Plan, results: Sequence[Mapping[str, str]]) -> str:
    """Return how a run ended in one sentence, which names what others wrote with escapes and not at any length."""
    return shortened(visible(_sentence(record, plan, results)))


def _sentence(record: RunRecord, plan: Plan, results: Sequence[Mapping[str, str]]) -> str:
    if not record.run:
        return next((one["message"] for one in results if one["message"]), "no run came about")
    outcomes = {one["id"]: one["outcome"] for one in results}
    done = _listed(one for one in plan.operations if outcomes.get(one.id) == "done")
    if record.outcome == "done":
        return f"carried out: {done}" if done else "nothing to do"
    if record.outcome == HELD:
        told = _held([one for one in plan.operations if outcomes.get(one.id) == HELD])
    elif record.outcome in FAILED:
        told = _failed(results)
    else:
        told = OTHERS.get(record.outcome or "", str(record.outcome))
    return f"{told}; carried out: {done}" if done else told


def _held(waiting: Sequence[Operation]) -> str:
    guards = ", ".join(sorted({name for one in waiting for name in one.held_by}))
    return f"waiting for a person, held by {guards}: {_listed(waiting)}" if waiting else BROKEN


def _failed(results: Sequence[Mapping[str, str]]) -> str:
    found = [one for outcome in NOT_DONE for one in results if one["outcome"] == outcome]
    number = f"{len(found)} operations" if len(found) >= PLURAL_FROM else "an operation"
    return f"{number} failed or waited; the first: {found[0]['message']}" if found else BROKEN


def _listed(operations: Iterable[Operation], words: Words = ENGLISH) -> str:
    return ", ".join(
        words.say("terminal.total", count=count, kinds=words.word("kinds", kind), action=words.word("action", action))
        for kind, actions in counted(operations).items()
        for action, count in actions.items()
    )
