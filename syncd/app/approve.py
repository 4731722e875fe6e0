"""Letting held operations pass, and taking that back (DESIGN 6, approval)."""

import msgspec

from syncd.app.records import Approval
from syncd.app.store_ports import Store, UnitOfWork
from syncd.errors import ApprovalUnknown
from syncd.model.actors import NOBODY, Actor
from syncd.model.audit import AuditAction, AuditEntry, Details
from syncd.plan.alteration import is_called
from syncd.plan.ids import DIGITS, FORMER_DIGITS
from syncd.plan.json_form import from_json
from syncd.plan.values import Plan


def grant(work: UnitOfWork, plan: Plan, approval: Approval) -> int:
    """Let the operations of a plan pass, and record who did; return how many they are. Append nothing after it."""
    ids = tuple(operation.id for operation in plan.operations)
    work.approvals.add(msgspec.structs.replace(approval, fingerprint=plan.fingerprint, operations=ids))
    guards = tuple(sorted({guard.name for guard in plan.guards}))
    details: Details = {"fingerprint": plan.fingerprint, "operations": len(ids), "guards": guards}
    entry = AuditEntry(AuditAction.APPROVED, details, {"reason": approval.reason})
    work.audit.append(approval.at, approval.by or NOBODY, (entry,))
    return len(ids)


def approve(store: Store, approval: Approval) -> int:
    """Approve the operations of a held plan, named by its fingerprint; give how many they are."""
    with store.unit_of_work() as work:
        plan = held_plan(work, approval.fingerprint)
        if plan is None:
            raise ApprovalUnknown(
                f"no held plan has the fingerprint {approval.fingerprint}; `syncd status` names those that are held; "
                f"what `syncd plan` shows is approved by `syncd reconcile --approve {approval.fingerprint}`"
            )
        count = grant(work, plan, approval)
        work.commit()
    return count


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
        if not count:
            raise ApprovalUnknown(f"no approval of {fingerprint} is open; `syncd approve --list` names those that are")
        details: Details = {"fingerprint": fingerprint, "operations": count}
        work.audit.append(at, actor, (AuditEntry(AuditAction.REVOKED, details, {"reason": reason}),))
        work.commit()
    return count
