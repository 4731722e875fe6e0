"""Letting held operations pass, and taking that back (DESIGN 6, approval)."""

from syncd.app.records import Approval
from syncd.app.store_ports import Store
from syncd.errors import ApprovalUnknown
from syncd.plan.json_form import from_json


def approve(store: Store, approval: Approval) -> int:
    """Approve the operations of a held plan, named by its fingerprint; give how many they are."""
    with store.unit_of_work() as work:
        held = work.held.get(approval.fingerprint)
        if held is None:
            raise ApprovalUnknown(
                f"no held plan has the fingerprint {approval.fingerprint}; `syncd status` names those that are held; "
                f"what `syncd plan` shows is approved by `syncd reconcile --approve {approval.fingerprint}`"
            )
        ids = tuple(operation.id for operation in from_json(held.plan).operations)
        work.approvals.add(Approval(approval.fingerprint, ids, approval.who, approval.reason, approval.at))
        work.commit()
    return len(ids)


def revoke(store: Store, fingerprint: str) -> int:
    """Withdraw an approval; give how many operations it still let pass."""
    with store.unit_of_work() as work:
        count = work.approvals.revoke(fingerprint)
        work.commit()
    if not count:
        raise ApprovalUnknown(f"no approval of {fingerprint} is open; `syncd approve --list` names those that are")
    return count
