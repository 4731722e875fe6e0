"""The command that lets a held plan pass."""

from syncd.plan.values import Plan, Reason

READ_ONLY = "read_only"


def approval_command(plan: Plan) -> str:
    """Return the command that approves exactly this plan; empty where nothing is held, or no approval would help.

    A plan without a fingerprint is one that somebody altered. Under `platform.read_only` no approval would help: such
    a plan is not kept, and nothing is approved.
    """
    holding = [guard for guard in plan.guards if guard.holds]
    if not plan.fingerprint or not holding or any(guard.name == READ_ONLY for guard in holding):
        return ""
    is_inverse = any(one.reason is Reason.REVERTED for one in plan.operations)
    return f"syncd {'revert RUN' if is_inverse else 'reconcile'} --approve {plan.fingerprint}"
