"""An explanation as people read it: who, the entry, each field, presence, what follows, what is needed, the past."""

from collections.abc import Iterator, Mapping

from syncd.app.explain import Explained, Past
from syncd.mapping.specs import Spec
from syncd.model.objects import Kind
from syncd.model.visible import shortened, visible
from syncd.plan.explanation import Explanation
from syncd.plan.values import Action, Change, Operation
from syncd.plan.verdicts import FieldVerdict, Verdict
from syncd.report.explanation_sentences import Sentence, finding, meeting, presence, rooms, verdict, why_nothing
from syncd.report.faces import known_text
from syncd.report.messages import ENGLISH, Words
from syncd.report.plan_text import PLACES, SYMBOLS

STEP = "    "


def explanation_text(explained: Explained, words: Words = ENGLISH) -> str:
    """Give an explanation as lines for a terminal."""
    return "\n".join(shortened(visible(line)) for line in _lines(explained, words)) + "\n"


def _lines(explained: Explained, words: Words) -> Iterator[str]:
    found = explained.explanation
    yield from _who(found, words)
    if explained.entry is not None:
        yield words.say("explain.entry")
        yield from (f"{STEP}{name}: {', '.join(values)}" for name, values in explained.entry.items())
    yield words.say("explain.fields")
    for one in found.verdicts:
        yield from _field(explained, one, words)
    if explained.known is not None:
        at, origin = words.moment(explained.known.as_of), words.word("origin", explained.known.origin)
        yield STEP + words.say("explain.as_of", at=at, origin=origin)
    yield words.say("explain.presence")
    yield from _presence(explained, words)
    yield words.say("explain.follows")
    yield from _operations(explained, words)
    yield from _around(explained, words)
    yield words.say("explain.history")
    past = [line for one in explained.history for line in _past(found, one, words)]
    yield from past or [STEP + words.say("explain.no_history")]


def _who(found: Explanation, words: Words) -> Iterator[str]:
    who = found.who
    yield " ".join(filter(None, [words.word("kind", who.kind), who.account, who.name]))
    if who.key:
        yield STEP + (who.locator or words.say("explain.no_locator"))
        yield STEP + words.say("explain.key", key=who.key, source=who.source)
    ownership, state = words.word("ownership", found.ownership), words.word("state", found.state)
    key = "explain.id" if who.platform_id else "explain.no_id"
    yield STEP + words.say(key, id=who.platform_id, ownership=ownership, state=state)


def _field(explained: Explained, one: FieldVerdict, words: Words) -> Iterator[str]:
    """Give field, rule, wanted value, what the platform holds, verdict; of what nobody asks only what is there."""
    found = explained.explanation
    there = _value(found, one.field, one.shadow, words) if found.shadow else words.say("explain.nothing_there")
    value = _value(found, one.field, one.desired, words)
    is_asked = one.verdict not in (Verdict.UNMAPPED, Verdict.NOT_ASKED) and found.desired is not None
    key = "explain.wanted" if is_asked else "explain.there"
    told = words.say(key, rule=_rule(explained, one.field, words), value=value, there=there)
    said = verdict(found, one, words) if one.verdict is not Verdict.NOT_ASKED else Sentence("")
    told += words.say("explain.verdict", verdict=said.text) if said.text else ""
    yield STEP + words.say("explain.field", field=words.field(found.who.kind, one.field), told=told)
    yield from _original(said, words)


def _original(said: Sentence, words: Words) -> Iterator[str]:
    """Give the plan's own sentence where it is in another language."""
    if words.translates and said.original:
        yield f"{STEP}{STEP}{said.original}"


def _rule(explained: Explained, field: str, words: Words) -> str:
    rules = explained.rules
    named = {Kind.USER: rules.user, Kind.DEPARTMENT: rules.department, Kind.ROOM: rules.room}
    spec: Spec = getattr(named[explained.explanation.who.kind], field, "")
    return spec if isinstance(spec, str) else words.say("explain.else").join(spec)


def _value(found: Explanation, field: str, value: str | None, words: Words) -> str:
    if field in PLACES:
        return {"": words.say("value.root"), **found.departments}.get(value or "", value or "")
    return f'"{value or ""}"'


def _presence(explained: Explained, words: Words) -> Iterator[str]:
    found, user = explained.explanation, explained.rules.user
    yield STEP + presence(found, words)
    if found.who.kind is Kind.USER and found.who.key:
        when = user.when or words.say("explain.everybody")
        yield STEP + words.say("explain.rules", when=when, enabled=user.enabled)


def _operations(explained: Explained, words: Words) -> Iterator[str]:
    found = explained.explanation
    if not found.operations:
        why = why_nothing(found, words)
        yield STEP + words.say("explain.nothing", why=why.text)
        yield from _original(why, words)
    for one in found.operations:
        yield from _operation(explained, one, words)
    for guard in found.guards:
        word, told = words.word("guard", guard.name), words.word("guard_help", guard.name)
        yield STEP + words.say("explain.held", word=word, help=told, message=guard.message)
        yield from _original(Sentence("", guard.message), words)
    if any(one.held_by for one in found.operations):
        yield STEP + words.say("explain.approve", command=f"syncd reconcile --approve {explained.fingerprint}")
    yield from _beside(found, words)


def _operation(explained: Explained, one: Operation, words: Words) -> Iterator[str]:
    found = explained.explanation
    yield STEP + words.say(
        "explain.operation",
        symbol=SYMBOLS[one.action],
        action=words.word("action", one.action),
        kind=words.word("kind", one.kind),
        name=one.name,
        reason=words.word("reason", one.reason),
        why=words.word("because", one.reason),
    )
    if one.action not in (Action.CREATE, Action.REMOVE):
        yield from _changes(found, one.changes, words)
    yield from (STEP * 2 + _wait(found.waits_for[other], words) for other in one.depends_on)
    if one.id in explained.approved:
        yield STEP * 2 + words.say("explain.passes")


def _wait(one: Operation, words: Words) -> str:
    held = words.say("explain.waits_held", guards=words.listed("guard", one.held_by)) if one.held_by else ""
    action, kind = words.word("action", one.action), words.word("kind", one.kind)
    return words.say("explain.waits", action=action, kind=kind, name=one.name, held=held)


def _beside(found: Explanation, words: Words) -> Iterator[str]:
    """Tell the conflicts and skips that no field and no reason has told yet."""
    told = {one.message for one in found.verdicts}
    told |= set() if found.operations else {why_nothing(found, words).original}
    findings = [("conflict", str(one.kind), one.message) for one in (*found.conflicts, *found.contests)]
    findings += [("skip", one.reason, one.message) for one in found.skipped]
    for group, code, message in findings:
        if message not in told:
            said = finding(group, code, message, words)
            yield STEP + words.say("explain.beside", finding=said.text)
            yield from _original(said, words)


def _around(explained: Explained, words: Words) -> Iterator[str]:
    """Tell the rooms and meetings that name the object, and its face."""
    found = explained.explanation
    if found.rooms or found.meetings:
        yield words.say("explain.around")
        yield from (STEP + one for one in rooms(found, words))
        yield from (STEP + meeting(one, words) for one in found.meetings)
    if explained.face is not None:
        yield words.say("explain.face")
        yield STEP + known_text(explained.face, words)


def _past(found: Explanation, past: Past, words: Words) -> Iterator[str]:
    """Tell what a run did, who let it pass, and the values before and after."""
    line, approval = past.line, past.approval
    said = " ".join(filter(None, [line.code, line.message]))
    approved = words.say("explain.was_approved") if line.approved else ""
    if approval is not None:
        reason = words.say("explain.said", said=approval.reason) if approval.reason else ""
        approved = words.say("explain.was_approved_by", who=approval.who, at=words.moment(approval.at), reason=reason)
    yield STEP + words.say(
        "explain.past",
        at=words.moment(line.at),
        run=line.run,
        action=words.word("action", line.action),
        outcome=words.word("outcome", line.outcome),
        approved=approved,
        said=words.say("explain.said", said=said) if said else "",
    )
    yield from _changes(found, past.changes, words)


def _changes(found: Explanation, changes: Mapping[str, Change], words: Words) -> Iterator[str]:
    for field, change in changes.items():
        before, after = (_value(found, field, value, words) for value in (change.before, change.after))
        told = after if change.before is None else f"{before} -> {after}"
        yield STEP * 2 + words.say("explain.field", field=words.field(found.who.kind, field), told=told)
