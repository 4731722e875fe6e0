"""An explanation as JSON (DESIGN 4, `explain --json`); its sentences are English in every language."""

from collections.abc import Iterator
from typing import Any

import msgspec

from syncd.app.explain import Explained, Past
from syncd.app.records import Approval
from syncd.plan.explanation import Explanation, Seen
from syncd.plan.verdicts import Verdict
from syncd.report.explanation_sentences import PROTECTED, meeting, presence, protection, rooms
from syncd.report.faces import known_form
from syncd.report.messages import ENGLISH
from syncd.report.run_form import iso

TOLD_BY_FIELD = frozenset({Verdict.PLATFORM_FORM, Verdict.DRIFT_REPORTED, Verdict.OUT_OF_REACH, Verdict.WAITS})


def explanation_form(explained: Explained) -> dict[str, Any]:
    """Give an explanation as the contract's JSON object; what nobody says or holds is null."""
    found, known = explained.explanation, explained.known
    return {
        "kind": str(found.who.kind),
        "key": found.who.key or None,
        "source": found.who.source or None,
        "locator": found.who.locator or None,
        "platform_id": found.who.platform_id or None,
        "ownership": found.ownership,
        "state": found.state,
        "entry": explained.entry,
        "desired": msgspec.to_builtins(found.desired),
        "shadow": msgspec.to_builtins(found.shadow),
        "shadow_as_of": iso(known.as_of) if known else None,
        "shadow_origin": known.origin if known else None,
        "operations": msgspec.to_builtins(found.operations),
        "findings": [
            {"reason": reason, "field": field, "message": message} for reason, field, message in findings(found)
        ],
        "history": [_past(one) for one in explained.history],
        "face": known_form(explained.face) if explained.face else None,
    }


def _past(past: Past) -> dict[str, Any]:
    approval = past.approval
    line: dict[str, Any] = msgspec.to_builtins(past.line)
    return line | {
        "at": iso(past.line.at),
        "changes": msgspec.to_builtins(past.changes),
        "approval": _approval(approval) if approval else None,
    }


def _approval(approval: Approval) -> dict[str, Any]:
    by = msgspec.to_builtins(approval.by)
    return {"who": approval.who, "at": iso(approval.at), "reason": approval.reason, "by": by}


def findings(found: Explanation) -> Iterator[tuple[str, str, str]]:
    """Give reason, field and sentence of all that is to be known of an object beside what it should be and is."""
    yield from ((str(one.kind), one.field, one.message) for one in found.conflicts)
    yield from ((str(one.kind), one.field, one.message) for one in found.contests)
    yield from ((one.reason, one.field, one.message) for one in found.skipped)
    for one in found.verdicts:
        if one.verdict in TOLD_BY_FIELD:
            yield str(one.verdict), one.field, one.message
    if found.life.seen is not Seen.ACTIVE:
        yield str(found.life.left or found.life.seen), "", presence(found, ENGLISH)
    if found.ownership == PROTECTED:
        yield PROTECTED, "", protection(ENGLISH)
    yield from (("held", "", f"{one.name}: {one.message}") for one in found.guards)
    yield from (("room_reference", "", sentence) for sentence in rooms(found, ENGLISH))
    yield from (("meetings", "", meeting(one, ENGLISH)) for one in found.meetings)
