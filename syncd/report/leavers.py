"""Who is in grace, as JSON (DESIGN 4, `leaving`) and as lines for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from syncd.model.links import KEPT_FOR_GOOD, Grace
from syncd.plan.grace import moment
from syncd.plan.values import Leaver
from syncd.report.messages import Words

SHOWN = 20
NO_DECISIONS: Mapping[str, Grace] = {}


def leaver_form(leaver: Leaver) -> dict[str, Any]:
    """Return the contract's JSON object."""
    return msgspec.to_builtins(leaver)  # type: ignore[no-any-return]


def leaver_lines(
    leavers: Sequence[Leaver],
    words: Words,
    decisions: Mapping[str, Grace] = NO_DECISIONS,
    shown: int = SHOWN,
) -> Iterator[str]:
    """Yield a heading and a line for each leaver; `decisions` has by platform id who kept or let go, and why."""
    if not leavers:
        return
    yield words.say("leaving.heading", count=len(leavers))
    for leaver in leavers[:shown]:
        yield leaver_line(leaver, words, decisions.get(leaver.platform_id))
    if len(leavers) > shown:
        yield words.say("leaving.more", count=len(leavers) - shown)


def leaver_line(leaver: Leaver, words: Words, decision: Grace | None = None) -> str:
    """Return one leaver as a line: who, since when and why, and what happens when."""
    return words.say(
        "leaving.line",
        kind=words.word("kind", leaver.kind),
        name=leaver.name or leaver.key,
        account=f" ({leaver.account})" if leaver.account else "",
        since=words.moment(leaver.since),
        why=words.word("why", leaver.reason),
        next=next_text(leaver, words),
        decision=_decision(decision, words),
    )


def next_text(leaver: Leaver, words: Words) -> str:
    """Return what happens to a leaver next, and when."""
    if leaver.kept_until == moment(KEPT_FOR_GOOD):
        return words.say("leaving.kept")
    if leaver.next is None:
        return words.say("leaving.never")
    key = "leaving.kept_until" if leaver.kept_until else "leaving.next"
    return words.say(key, at=words.moment(leaver.next.at), until=words.moment(leaver.kept_until))


def _decision(decision: Grace | None, words: Words) -> str:
    if decision is None or decision.decided_at is None:
        return ""
    reason = words.say("leaving.because", reason=decision.decided_because) if decision.decided_because else ""
    at = words.moment(decision.decided_at)
    return words.say("leaving.decided", who=decision.decided_by, at=at, reason=reason)
