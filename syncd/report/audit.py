"""Records of the audit log, for people and programs."""

from typing import Any

import msgspec

from syncd.app.auditing import Proof
from syncd.model.audit import AuditContent, AuditRecord, content
from syncd.report.messages import ENGLISH, Words


def audit_form(one: AuditRecord) -> dict[str, Any]:
    """Return a record as JSON: what it says, its hash, and its canonical form, of which that is made."""
    said = content(one)
    return {
        "number": one.number,
        "at": said.at.isoformat(timespec="microseconds"),
        "action": said.action,
        "actor": msgspec.to_builtins(said.actor),
        "details": dict(said.details),
        "personal": None if said.personal is None else dict(said.personal),
        "previous": said.previous,
        "hash": one.hash,
        "record": one.text,
    }


def audit_line(one: AuditRecord, words: Words = ENGLISH) -> str:
    """Return a record as a line for people."""
    said = content(one)
    reason = (said.personal or {}).get("reason", "")
    return words.say(
        "audit.line",
        number=one.number,
        at=words.moment(one.at),
        who=str(said.actor) or words.say("audit.itself"),
        action=words.word("audited", said.action),
        about=_about(said, words),
        reason=words.say("audit.reason", reason=reason) if reason else "",
    )


def _about(said: AuditContent, words: Words) -> str:
    told = [f"{name} {_value(value)}" for name, value in said.details.items() if value not in ("", (), [])]
    if said.personal is None:
        told.append(words.say("audit.taken_out"))
    else:
        told += [f"{name} {value}" for name, value in said.personal.items() if name != "reason"]
    return f": {', '.join(told)}" if told else ""


def _value(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def proof_form(proof: Proof) -> dict[str, Any]:
    """Return a proof as JSON."""
    fault = proof.fault
    return {
        "whole": fault is None,
        "records": proof.count,
        "first": proof.first,
        "head": str(proof.head) if proof.head else None,
        "fault": {"number": fault.number, "at": fault.at, "code": fault.code} if fault else None,
    }


def proof_text(proof: Proof, words: Words = ENGLISH) -> str:
    """Return a proof in words, with the head that is to be kept elsewhere."""
    fault = proof.fault
    if fault is not None:
        at = words.say("audit.of", at=words.moment(fault.at)) if fault.at is not None else ""
        return words.say("audit.fault", number=fault.number, at=at, why=words.word("audit_fault", fault.code))
    if proof.head is None:
        return words.say("audit.empty")
    pruned = words.say("audit.pruned", count=proof.first - 1) if proof.first > 1 else ""
    return words.say("audit.whole", count=proof.count, pruned=pruned, head=str(proof.head))
