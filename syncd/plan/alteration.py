"""Whether a plan file is what was written: its fingerprint is that of its operations, and each of them has its id.

A file can be cut to some of its operations, or one of them be made another, while what stands in it says otherwise.
"""

from syncd.plan.ids import FORMER_DIGITS, fingerprint, former_fingerprint, former_id, operation_id
from syncd.plan.values import Action, Change, Operation, Plan, Reason


def content_id(operation: Operation) -> str:
    """Return the id that an operation has by what it does."""
    who = Change(operation.key, None) if operation.reason is Reason.REVERTED else Change(None, operation.key)
    adopted = {"key": who} if operation.action is Action.ADOPT else {}
    return operation_id(operation.kind, operation.platform_id, operation.action, {**operation.changes, **adopted})


def is_altered(plan: Plan) -> bool:
    """Tell whether a plan says something else of itself than its operations make, by this or a former version."""
    made = [content_id(one) for one in plan.operations]
    said = plan.fingerprint, [one.id for one in plan.operations]
    return said not in (
        (fingerprint(made), made),
        (former_fingerprint(made), [former_id(one) for one in made]),
    )


def is_called(plan: Plan, name: str) -> bool:
    """Tell whether a plan has this fingerprint, in the form of this version or of former ones; never its beginning."""
    ids = [content_id(one) if len(one.id) == FORMER_DIGITS else one.id for one in plan.operations]
    return name in (plan.fingerprint, fingerprint(ids), former_fingerprint(ids))
