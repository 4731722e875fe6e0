"""The plan as JSON, version 1 (DESIGN 4), and back."""

from collections import Counter

import msgspec

from syncd.errors import SyncdError
from syncd.model.json_text import decoded, encoded
from syncd.plan.values import Action, Operation, Plan

VERSION = 1


def to_json(plan: Plan) -> bytes:
    """Give the plan as JSON text; the same plan gives the same bytes."""
    counts: dict[str, Counter[str]] = {"user": Counter(), "department": Counter()}
    for operation in plan.operations:
        counts.setdefault(operation.kind, Counter())[operation.action] += 1
    summary = {
        kind: {str(action): count[action] for action in Action if count[action]} for kind, count in counts.items()
    }
    body = msgspec.to_builtins(plan)
    document = {"version": VERSION, **{name: body[name] for name in _HEAD}, "summary": summary}
    document |= {name: body[name] for name in _PARTS}
    return encoded(document, indent=1)


_HEAD = ("fingerprint", "as_of", "store", "company", "config_fingerprint", "sources")
_PARTS = ("operations", "conflicts", "skipped", "unmanaged", "guards", "leaving")


class _Version(msgspec.Struct):
    version: int


def from_json(text: bytes) -> Plan:
    """Read a plan that `to_json` wrote; raise `SyncdError` where it is not one."""
    try:
        if decoded(text, _Version).version != VERSION:
            raise SyncdError(f"this plan file is not of version {VERSION}; make it anew with `syncd plan --out`")
        return decoded(text, Plan)
    except msgspec.DecodeError as error:
        raise SyncdError(f"this is not a plan file: {error}; make one with `syncd plan --out FILE`") from error


def by_id(plan: Plan) -> dict[str, Operation]:
    """Give the plan's operations by their id."""
    return {operation.id: operation for operation in plan.operations}
