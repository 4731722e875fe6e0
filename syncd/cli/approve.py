"""approve: let the operations of a held plan pass."""

import time
from typing import Annotated

import msgspec
import typer

from syncd.app.approve import ApprovalRule, approve, revoke
from syncd.app.records import Approval
from syncd.bootstrap.actors import acting
from syncd.cli.session import deciding
from syncd.cli.terminal import ConfigOption, JsonOption, print_json, print_text, spoken
from syncd.errors import ConfigurationError
from syncd.report.run_form import iso


def approve_command(
    fingerprint: Annotated[str, typer.Argument(help="The fingerprint of a held plan.")] = "",
    config: ConfigOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the approval.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="Name the approvals that are open.")] = False,
    revoke_: Annotated[str, typer.Option("--revoke", metavar="FINGERPRINT", help="Take an approval back.")] = "",
    json: JsonOption = False,
) -> None:
    """Let the operations of a held plan pass at the next run.

    Examples: `syncd approve FINGERPRINT --reason "new office"`, `syncd approve --list`
    """
    if sum((bool(fingerprint), list_, bool(revoke_))) != 1:
        raise ConfigurationError("approve wants one of: a fingerprint, --list, --revoke FINGERPRINT")
    with deciding(config) as (loaded, store):
        now, actor = time.time(), acting()
        if fingerprint:
            policy = loaded.settings.policy
            rule = ApprovalRule(policy.approver, policy.approval_life)
            count = approve(store, Approval(fingerprint, (), str(actor), reason, now, actor), rule)
            key = "approve.done_by_daemon" if store.leader() else "approve.done"
            message = spoken().say(key, count=count, fingerprint=fingerprint)
        elif revoke_:
            count = revoke(store, revoke_, actor, now, reason)
            message = spoken().say("approve.revoked", count=count, fingerprint=revoke_)
        else:
            with store.reading() as work:
                found = work.approvals.all(now - loaded.settings.policy.approval_life)
            _list(found, json=json)
            return
    print_json({"operations": count}) if json else print_text(message + "\n")


def _list(found: tuple[Approval, ...], *, json: bool) -> None:
    if json:
        print_json([{**msgspec.structs.asdict(one), "at": iso(one.at)} for one in found])
        return
    words = spoken()
    lines = [
        words.say(
            "approve.line",
            fingerprint=one.fingerprint,
            count=len(one.operations),
            who=one.who,
            at=words.moment(one.at),
            reason=one.reason or words.say("approve.no_reason"),
        )
        for one in found
    ]
    print_text("\n".join(lines or [words.say("approve.none")]) + "\n")
