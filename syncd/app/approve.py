"""Letting held operations pass, and taking that back (DESIGN 6, approval)."""

from collections.abc import Mapping

import msgspec

from syncd.app.configuring import Bringer, bringers, helps, is_enough, wants_another
from syncd.app.records import FIRST_APPROVALS, Approval
from syncd.app.store_ports import Store, UnitOfWork
from syncd.app.world import Decisions
from syncd.errors import ApprovalRefused, ApprovalUnknown
from syncd.model.actors import NOBODY, Actor
from syncd.model.audit import AuditAction, AuditEntry, Details
from syncd.plan.alteration import is_called
from syncd.plan.ids import DIGITS, FORMER_DIGITS
from syncd.plan.json_form import from_json
from syncd.plan.values import Plan


class ApprovalRule(msgspec.Struct, frozen=True):
    """Who approves what the configuration causes: `anyone`, or an `other`; `life` is an approval's, in seconds."""

    approver: str = "anyone"
    life: float = 259200.0


def rule_of(decisions: Decisions) -> ApprovalRule:
    """Return the rule that the configuration has."""
    return ApprovalRule(decisions.approver, decisions.approval_life)


class _First(msgspec.Struct, frozen=True):
    person: str
    at: float


def grant(work: UnitOfWork, plan: Plan, approval: Approval, rule: ApprovalRule) -> int:
    """Let the operations of a plan pass, and record who did, and commit; return how many they are.

    Raises `ApprovalRefused` where somebody else has to approve, alone or as well; what one person of two has said is
    kept then.
    """
    facts = work.facts.all()
    is_caused = any(guard.name == "configuration" for guard in plan.guards)
    if is_caused and wants_another(facts, rule.approver):
        _check_approvers(work, facts, plan, approval, rule)
    ids = tuple(operation.id for operation in plan.operations)
    work.approvals.add(msgspec.structs.replace(approval, fingerprint=plan.fingerprint, operations=ids))
    guards = tuple(sorted({guard.name for guard in plan.guards}))
    details: Details = {"fingerprint": plan.fingerprint, "operations": len(ids), "guards": guards}
    entry = AuditEntry(AuditAction.APPROVED, details, {"reason": approval.reason})
    work.audit.append(approval.at, approval.by or NOBODY, (entry,))
    work.commit()
    return len(ids)


def _check_approvers(
    work: UnitOfWork, facts: Mapping[str, str], plan: Plan, approval: Approval, rule: ApprovalRule
) -> None:
    """Raise `ApprovalRefused` unless each change of the configuration has been approved by somebody else by now."""
    person = approval.by.person if approval.by else ""
    if not person:
        raise ApprovalRefused(
            f'policy.approver is "other", and nobody knows who approves: {approval.who or "this process"} is root, a '
            "service or a container. Sign in under an account of your own, and use sudo"
        )
    # Of a configuration from before this was noted nobody knows who brought it.
    brought = bringers(facts) or (Bringer("", 0.0),)
    known = msgspec.json.decode(facts.get(FIRST_APPROVALS, "{}"), type=dict[str, tuple[_First, ...]])
    known = {name: open_ for name, some in known.items() if (open_ := _open(some, approval.at - rule.life))}
    first = known.pop(plan.fingerprint, ())
    if is_enough(brought, frozenset((person, *(one.person for one in first)))):
        work.facts.put({FIRST_APPROVALS: _json(known)})
        return
    if not helps(brought, person):
        raise ApprovalRefused(
            f"{person} brought the configuration that causes this, so somebody else has to approve it "
            '(policy.approver is "other")'
        )
    again = (*(one for one in first if one.person != person), _First(person, approval.at))
    work.facts.put({FIRST_APPROVALS: _json({**known, plan.fingerprint: again})})
    details: Details = {"fingerprint": plan.fingerprint, "operations": len(plan.operations), "person": person}
    entry = AuditEntry(AuditAction.APPROVED_FIRST, details, {"reason": approval.reason})
    work.audit.append(approval.at, approval.by or NOBODY, (entry,))
    work.commit()
    why = "nobody knows who changed the configuration" if not all(one.person for one in brought) else "both changed it"
    raise ApprovalRefused(
        f"the approval of {person} is noted, and one more person has to approve {plan.fingerprint}: {why} "
        '(policy.approver is "other")'
    )


def _open(some: tuple[_First, ...], since: float) -> tuple[_First, ...]:
    return tuple(one for one in some if one.at >= since)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def approve(store: Store, approval: Approval, rule: ApprovalRule) -> int:
    """Approve the operations of a held plan, named by its fingerprint; give how many they are."""
    with store.unit_of_work() as work:
        plan = held_plan(work, approval.fingerprint)
        if plan is None:
            raise ApprovalUnknown(
                f"no held plan has the fingerprint {approval.fingerprint}; `syncd status` names those that are held; "
                f"what `syncd plan` shows is approved by `syncd reconcile --approve {approval.fingerprint}`"
            )
        return grant(work, plan, approval, rule)


def held_plan(work: UnitOfWork, fingerprint: str) -> Plan | None:
    """Return the held plan of this fingerprint, which may be one that a former version gave it; nothing if none is."""
    held = work.held.get(fingerprint)
    if held is not None:
        return from_json(held.plan)
    if len(fingerprint) not in (DIGITS, FORMER_DIGITS):
        return None
    return next(
        (plan for plan in (from_json(one.plan) for one in work.held.all()) if is_called(plan, fingerprint)), None
    )


def revoke(store: Store, fingerprint: str, actor: Actor, at: float, reason: str = "") -> int:
    """Withdraw an approval; give how many operations it still let pass."""
    with store.unit_of_work() as work:
        count = work.approvals.revoke(fingerprint)
        firsts = msgspec.json.decode(work.facts.all().get(FIRST_APPROVALS, "{}"), type=dict[str, tuple[_First, ...]])
        if (first := firsts.pop(fingerprint, None)) is not None:
            work.facts.put({FIRST_APPROVALS: _json(firsts)})
        if not (count or first):
            raise ApprovalUnknown(f"no approval of {fingerprint} is open; `syncd approve --list` names those that are")
        details: Details = {"fingerprint": fingerprint, "operations": count}
        work.audit.append(at, actor, (AuditEntry(AuditAction.REVOKED, details, {"reason": reason}),))
        work.commit()
    return count
