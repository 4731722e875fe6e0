"""An explanation as JSON (DESIGN 4, `explain --json`), and the sentences that JSON and text share."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from syncd.app.explain import Explained
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Kind
from syncd.plan.explanation import ABSENT, Explanation, Life, Seen
from syncd.plan.verdicts import Verdict
from syncd.report.faces import known_form
from syncd.report.run_form import iso

PROTECTED = "protected"
MILLISECONDS = 1000
AS_WANTED = frozenset({Verdict.EQUAL, Verdict.UNMAPPED, Verdict.PLATFORM_FORM, Verdict.CHANGES})
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
        "history": [msgspec.to_builtins(one) | {"at": iso(one.at)} for one in explained.history],
        "face": known_form(explained.face) if explained.face else None,
    }


def findings(found: Explanation) -> Iterator[tuple[str, str, str]]:
    """Give reason, field and sentence of all that is to be known of an object beside what it should be and is."""
    yield from ((str(one.kind), one.field, one.message) for one in found.conflicts)
    yield from ((str(one.kind), one.field, one.message) for one in found.contests)
    yield from ((one.reason, one.field, one.message) for one in found.skipped)
    for one in found.verdicts:
        if one.verdict in TOLD_BY_FIELD:
            yield str(one.verdict), one.field, one.message
    if found.life.seen is not Seen.ACTIVE:
        yield str(found.life.left or found.life.seen), "", presence(found)
    if found.ownership == PROTECTED:
        yield PROTECTED, "", _PROTECTED
    yield from (("held", "", f"{one.name}: {one.message}") for one in found.guards)
    yield from (("room_reference", "", sentence) for sentence in rooms(found))
    yield from (("meetings", "", meeting(one)) for one in found.meetings)


def presence(found: Explanation) -> str:
    """Say whether the directory wants an object, and what becomes of who has left."""
    word = _PRESENCE[found.life.seen].format(kind=found.who.kind, disabled=found.policy.on_disabled)
    return f"{word}; {_leaving(found)}" if found.life.left else word


def _leaving(found: Explanation) -> str:
    if found.who.kind is Kind.DEPARTMENT:
        return "the department goes once it holds nothing any more"
    return f'left since {iso(found.life.since)} (policy.on_leaver = "{found.policy.on_leaver}"), {_removal(found.life)}'


def _removal(life: Life) -> str:
    if life.removed_at is None:
        return 'never removed (policy.remove_after = "never")'
    return f"removed by the first run after {iso(life.removed_at)}"


def rooms(found: Explanation) -> list[str]:
    """Name the rooms that name a user or stand in a department."""
    verb = "names this user" if found.who.kind is Kind.USER else "stands in this department"
    return [f"room {one.fields.name or one.id} {verb}" for one in found.rooms]


def meeting(one: KnownMeeting) -> str:
    """Name a meeting to come with its times."""
    return f"meeting {one.subject or one.id} from {_moment(one.begin_time)} to {_moment(one.end_time)}"


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "an unknown time"
    return dt.datetime.fromtimestamp(milliseconds / MILLISECONDS, dt.UTC).isoformat(timespec="minutes")


def why_nothing(found: Explanation) -> str:
    """Say why no operation follows."""
    return next(_whys(found))


def _whys(found: Explanation) -> Iterator[str]:
    """Give what can keep an object from being written; the first holds."""
    seen = found.life.seen
    if found.ownership == PROTECTED:
        yield _PROTECTED
    yield from (one.message for one in found.conflicts)
    if found.state == ABSENT and seen in _ABSENT:
        yield _ABSENT[seen].format(kind=found.who.kind)
    if seen is Seen.ACTIVE and found.state != ABSENT and all(one.verdict in AS_WANTED for one in found.verdicts):
        yield "the platform holds what the directory wants"
    yield from (one.message for one in found.skipped)
    if found.life.since is not None:
        yield _removal(found.life) if found.life.removed_at is None else f"in grace, {_removal(found.life)}"
    yield presence(found) if seen is not Seen.ACTIVE else "what differs is left as it is, as said of each field"


_PROTECTED = "protected: nothing of this user is ever changed (id 1, administrators, policy.protected)"
_PRESENCE = {
    Seen.ACTIVE: "in the directory, in scope and enabled",
    Seen.DISABLED: 'disabled in the directory (policy.on_disabled = "{disabled}")',
    Seen.OUT_OF_SCOPE: "out of scope: the entry does not fulfil `when`",
    Seen.UNMAPPABLE: "in the directory, but it cannot be mapped; its {kind} stays as it is",
    Seen.GONE: "no longer in the directory",
    Seen.UNREAD: "its source could not be read whole, so its {kind} stays as it is",
    Seen.NO_ENTRY: "no entry is linked to it, so it is never changed; to change that: syncd link KEY ID",
}
_ABSENT = {
    Seen.GONE: "neither the entry nor the {kind} is there any more; the next run forgets the link",
    Seen.OUT_OF_SCOPE: "out of scope: the entry does not fulfil `when`, so no {kind} is made for it",
    Seen.DISABLED: "disabled in the directory, so no {kind} is made for it",
}
