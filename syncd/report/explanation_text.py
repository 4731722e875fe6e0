"""An explanation as people read it: who, the entry, each field, presence, what follows, what is needed, the past."""

import unicodedata
from collections.abc import Iterator

from syncd.app.explain import Explained
from syncd.app.records import JournalLine
from syncd.mapping.rules import Spec
from syncd.model.objects import Kind
from syncd.plan.explanation import Explanation
from syncd.plan.values import Action, Operation, Reason
from syncd.plan.verdicts import FieldVerdict, Verdict
from syncd.report.explanation_form import meeting, presence, rooms, why_nothing
from syncd.report.faces import known_text
from syncd.report.plan_text import PLACES, SYMBOLS
from syncd.report.run_form import iso

OWNERSHIP = {
    "created": "created by syncd",
    "adopted": "adopted",
    "protected": "protected",
    "none": "not linked",
}
ORIGINS = {"refresh": "a refresh", "event": "an event", "write": "a write"}
EQUAL = "equal"
ROOT = "(root)"
WHY = {
    Reason.NEW: "the entry has no object on the platform yet",
    Reason.DIRECTORY_CHANGED: "the directory says something else than at the last run",
    Reason.PLATFORM_DRIFTED: "somebody changed it on the platform, and the directory says what it said",
    Reason.REMOVED_ON_PLATFORM: "somebody removed it on the platform",
    Reason.ADOPTED: "it stands on the platform already and matches the entry",
    Reason.LEFT: "the entry is gone from the directory",
    Reason.DISABLED: "the account is disabled in the directory",
    Reason.OUT_OF_SCOPE: "the entry no longer fulfils `when`",
    Reason.OUT_OF_SCOPE_BY_CONFIGURATION: "the configuration looks at other people than before",
    Reason.RETURNED: "whoever was locked or parked is back",
    Reason.GIVES_WAY: "the value goes to its new owner",
    Reason.REPLACED: "another entry claims the account",
    Reason.TEMPORARY: "a value in between, for two that change places",
    Reason.REVERTED: "an earlier run is undone",
}


def explanation_text(explained: Explained) -> str:
    """Give an explanation as lines for a terminal."""
    return "\n".join(_printable(line) for line in _lines(explained)) + "\n"


def _printable(line: str) -> str:
    """Show control characters as escapes: whoever edits an entry must not steer the reader's terminal."""
    return "".join(repr(one)[1:-1] if unicodedata.category(one) == "Cc" else one for one in line)


def _lines(explained: Explained) -> Iterator[str]:
    found = explained.explanation
    yield from _who(found)
    if explained.entry is not None:
        yield "Entry"
        yield from (f"    {name}: {', '.join(values)}" for name, values in explained.entry.items())
    yield "Fields"
    yield from (_field(explained, one) for one in found.verdicts)
    if explained.known is not None:
        origin = ORIGINS[explained.known.origin]
        yield f"    on the platform so since {iso(explained.known.as_of)} (from {origin})"
    yield "Presence"
    yield from _presence(explained)
    yield "What follows"
    yield from _operations(explained)
    if found.rooms or found.meetings:
        yield "Rooms and meetings to come"
        yield from (f"    {sentence}" for sentence in (*rooms(found), *map(meeting, found.meetings)))
    if explained.face is not None:
        yield "Face"
        yield f"    {known_text(explained.face)}"
    yield "History"
    yield from [_past(one) for one in explained.history] or ["    no operation on it yet"]


def _who(found: Explanation) -> Iterator[str]:
    who = found.who
    yield " ".join(filter(None, [str(who.kind), who.account, who.name]))
    if who.key:
        yield f"    {who.locator or 'locator not known'}"
        yield f"    key {who.key}, source {who.source}"
    platform = f"platform id {who.platform_id}, " if who.platform_id else ""
    yield f"    {platform}{OWNERSHIP[found.ownership]}, {found.state}"


def _field(explained: Explained, one: FieldVerdict) -> str:
    """Give field, rule, wanted value, what the platform holds, verdict; of what nobody asks only what is there."""
    found = explained.explanation
    wanted = f"{_rule(explained, one.field)} -> {_value(found, one.field, one.desired)}; "
    if one.verdict in (Verdict.UNMAPPED, Verdict.NOT_ASKED) or found.desired is None:
        wanted = ""
    there = _value(found, one.field, one.shadow) if found.shadow else "nothing"
    verdict = "" if one.verdict is Verdict.NOT_ASKED else f": {one.message or EQUAL}"
    return f"    {one.field}: {wanted}platform {there}{verdict}"


def _rule(explained: Explained, field: str) -> str:
    rules = explained.rules
    named = {Kind.USER: rules.user, Kind.DEPARTMENT: rules.department, Kind.ROOM: rules.room}
    spec: Spec = getattr(named[explained.explanation.who.kind], field, "")
    return spec if isinstance(spec, str) else ", else ".join(spec)


def _value(found: Explanation, field: str, value: str | None) -> str:
    if field in PLACES:
        return {"": ROOT, **found.departments}.get(value or "", value or "")
    return f'"{value or ""}"'


def _presence(explained: Explained) -> Iterator[str]:
    found, user = explained.explanation, explained.rules.user
    yield f"    {presence(found)}"
    if found.who.kind is Kind.USER and found.who.key:
        yield f"    by when: {user.when or '(everybody)'}, enabled: {user.enabled}"


def _operations(explained: Explained) -> Iterator[str]:
    found = explained.explanation
    if not found.operations:
        yield f"    nothing: {why_nothing(found)}"
    for one in found.operations:
        yield f"    {SYMBOLS[one.action]} {one.action} {one.kind} {one.name}  ({one.reason}: {WHY[one.reason]})"
        if one.action not in (Action.CREATE, Action.REMOVE):
            for field, change in one.changes.items():
                before, after = (_value(found, field, value) for value in (change.before, change.after))
                yield f"        {field}: {before} -> {after}"
        yield from _waits(found, one)
        if one.id in explained.approved:
            yield "        approved: it passes every guard at the next run"
    yield from (f"    held by {one.name}: {one.message}" for one in found.guards)
    if any(one.held_by for one in found.operations):
        yield f"    to approve the whole plan: syncd reconcile --approve {explained.fingerprint}"
    yield from _beside(found)


def _beside(found: Explanation) -> Iterator[str]:
    """Tell the conflicts and skips that no field and no reason has told yet."""
    told = {one.message for one in found.verdicts} | (set() if found.operations else {why_nothing(found)})
    messages = [one.message for one in (*found.conflicts, *found.contests)]
    messages += [one.message for one in found.skipped]
    yield from (f"    beside it: {message}" for message in messages if message not in told)


def _waits(found: Explanation, operation: Operation) -> Iterator[str]:
    for one in (found.waits_for[other] for other in operation.depends_on):
        held = f", which is held by {', '.join(one.held_by)}" if one.held_by else ""
        yield f"        waits for: {one.action} {one.kind} {one.name}{held}"


def _past(one: JournalLine) -> str:
    said = " ".join(filter(None, [one.code, one.message]))
    approved = ", approved" if one.approved else ""
    return f"    {iso(one.at)}  run {one.run}  {one.action} {one.outcome}{approved}{': ' + said if said else ''}"
