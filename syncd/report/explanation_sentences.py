"""The sentences of an explanation; JSON has the English ones, whatever language the text is in."""

from collections.abc import Iterator

import msgspec

from syncd.model.links import KEPT_FOR_GOOD
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import Kind
from syncd.plan.explanation import ABSENT, Explanation, Life, Seen
from syncd.plan.forms import form_of, is_opaque
from syncd.plan.values import Action, Operation
from syncd.plan.verdicts import FieldVerdict, Verdict
from syncd.report.messages import Words

PROTECTED = "protected"
MILLISECONDS = 1000
AS_WANTED = frozenset({Verdict.EQUAL, Verdict.UNMAPPED, Verdict.PLATFORM_FORM, Verdict.CHANGES})


class Sentence(msgspec.Struct, frozen=True):
    """What is said, and the plan's own sentence where it is about one: that is English in every language."""

    text: str
    original: str = ""


def finding(group: str, code: str, message: str, words: Words) -> Sentence:
    """Say a finding of the plan: in another language what it is and what to do."""
    title, told = words.word(f"{group}_title", code), words.word(f"{group}_help", code)
    return Sentence(words.say("explain.finding", title=title, help=told, message=message), message)


def presence(found: Explanation, words: Words) -> str:
    """Say whether the directory wants an object, and what becomes of who has left."""
    kind = words.word("kind", found.who.kind)
    word = words.say(f"seen.{found.life.seen}", kind=kind, disabled=found.policy.on_disabled)
    if not found.life.left:
        return word
    return words.say("explain.presence_left", presence=word, leaving=_leaving(found, words))


def _leaving(found: Explanation, words: Words) -> str:
    if found.who.kind is Kind.DEPARTMENT:
        return words.say("explain.goes_empty")
    since, removal = words.moment(found.life.since), _removal(found.life, words)
    return words.say("explain.left_since", since=since, policy=found.policy.on_leaver, removal=removal)


def _removal(life: Life, words: Words) -> str:
    if life.kept_until is not None:
        is_for_good = life.kept_until == KEPT_FOR_GOOD
        return words.say("explain.kept" if is_for_good else "explain.kept_until", until=words.moment(life.kept_until))
    if life.removed_at is None:
        return words.say("explain.never_removed")
    return words.say("explain.removed_after", at=words.moment(life.removed_at))


def protection(words: Words) -> str:
    """Say that a user is protected."""
    return words.say("explain.protected")


def rooms(found: Explanation, words: Words) -> list[str]:
    """Name the rooms that name a user or stand in a department."""
    key = "explain.room_names" if found.who.kind is Kind.USER else "explain.room_stands"
    return [words.say(key, name=one.fields.name or one.id) for one in found.rooms]


def meeting(one: KnownMeeting, words: Words) -> str:
    """Name a meeting to come with its times."""
    begin, end = _moment(one.begin_time, words), _moment(one.end_time, words)
    return words.say("explain.meeting", name=one.subject or one.id, begin=begin, end=end)


def _moment(milliseconds: int | None, words: Words) -> str:
    if milliseconds is None:
        return words.say("explain.unknown_time")
    return words.moment(milliseconds / MILLISECONDS, "minutes")


def why_nothing(found: Explanation, words: Words) -> Sentence:
    """Say why no operation follows."""
    return next(_whys(found, words))


def _whys(found: Explanation, words: Words) -> Iterator[Sentence]:
    """Give what can keep an object from being written; the first holds."""
    seen, kind = found.life.seen, words.word("kind", found.who.kind)
    if found.ownership == PROTECTED:
        yield Sentence(protection(words))
    yield from (finding("conflict", one.kind, one.message, words) for one in found.conflicts)
    if found.state == ABSENT and seen in NEVER_MADE:
        yield Sentence(words.say(f"never.{seen}", kind=kind))
    if seen is Seen.ACTIVE and found.state != ABSENT and all(one.verdict in AS_WANTED for one in found.verdicts):
        yield Sentence(words.say("explain.as_wanted"))
    yield from (finding("skip", one.reason, one.message, words) for one in found.skipped)
    if found.life.since is not None:
        removal = _removal(found.life, words)
        is_never = found.life.removed_at is None and found.life.kept_until is None
        yield Sentence(removal if is_never else words.say("explain.in_grace", removal=removal))
    yield Sentence(presence(found, words) if seen is not Seen.ACTIVE else words.say("explain.as_said"))


NEVER_MADE = frozenset({Seen.GONE, Seen.OUT_OF_SCOPE, Seen.DISABLED})


def verdict(found: Explanation, one: FieldVerdict, words: Words) -> Sentence:
    """Say what is thought of a field."""
    if one.verdict in OF_FINDINGS:
        return _of_finding(found, one, words)
    told = {
        "kind": found.who.kind,
        "form": words.word("form", form_of(one.desired or "", one.shadow or "")),
        "reason": _reason(found, one, words),
        "message": one.message,
    }
    return Sentence(words.say(f"verdict.{_code(found, one)}", **told))


OF_FINDINGS = frozenset({Verdict.CONTENDED, Verdict.UNMAPPABLE, Verdict.NOT_OURS, Verdict.LEFT_ALONE, Verdict.CONFLICT})


def _of_finding(found: Explanation, one: FieldVerdict, words: Words) -> Sentence:
    """Say the conflict or skip of the plan that a verdict repeats."""
    findings = [("conflict", str(it.kind), it.message) for it in found.conflicts]
    findings += [("skip", it.reason, it.message) for it in found.skipped]
    told = (finding(group, code, message, words) for group, code, message in findings if message == one.message)
    return next(told, Sentence(one.message))


def _code(found: Explanation, one: FieldVerdict) -> str:
    """Give a verdict as the words know it, which tell more of them apart than a program needs to."""
    if one.verdict is Verdict.PLATFORM_FORM and is_opaque(one.field, one.shadow or ""):
        return "own_address"
    writing = _writing(found, one)
    is_removed = one.verdict is Verdict.CHANGES and bool(writing) and writing[-1].action is Action.REMOVE
    return "goes" if is_removed else str(one.verdict)


def _reason(found: Explanation, one: FieldVerdict, words: Words) -> str:
    """Give why a field is written: by the last operation on it, for a temporary value is not what remains."""
    writing = _writing(found, one)
    return words.word("reason", writing[-1].reason) if writing else ""


def _writing(found: Explanation, one: FieldVerdict) -> list[Operation]:
    return [it for it in found.operations if one.field in it.changes]
