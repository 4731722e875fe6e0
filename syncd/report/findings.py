"""Guards, conflicts and skips in words: what it is, with every number, and what to do."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from syncd.model.desired import Skip
from syncd.plan.values import Conflict, Guard
from syncd.report.messages import Words

HOLDS_ALL = "all"
SETTING = re.compile(r"limits\.[a-z_]+ = [\d.]+(?: %)?")


class Held(msgspec.Struct, frozen=True):
    """A guard's verdict. `figures` are its numbers by their labels; `detail` is the plan's own sentence."""

    name: str
    title: str
    help: str
    is_holding: bool
    figures: Mapping[str, str]
    detail: str


class Case(msgspec.Struct, frozen=True):
    """One entry that a finding is about."""

    who: str
    field: str
    value: str
    detail: str


class Finding(msgspec.Struct, frozen=True):
    """What is the matter with some entries, what to do, and the entries."""

    title: str
    help: str
    cases: tuple[Case, ...]


def held(guard: Guard, words: Words) -> Held:
    """Put a guard's verdict into words."""
    return Held(
        name=guard.name,
        title=words.word("guard_title", guard.name),
        help=words.texts.get(f"guard_help.{guard.name}", ""),
        is_holding=bool(guard.holds),
        figures={words.say(f"page.{label}"): text for label, text in _figures(guard, words).items() if text},
        detail=guard.message,
    )


def _figures(guard: Guard, words: Words) -> dict[str, str]:
    share = f"{guard.actual * 100 / guard.base:.1f} %" if guard.actual is not None and guard.base else ""
    return {
        "scope": _scope(guard, words),
        "about": _about(guard, words),
        "actual": _number(guard.actual),
        "base": _number(guard.base),
        "share": share,
        "limit": _limit(guard),
    }


def _scope(guard: Guard, words: Words) -> str:
    if guard.holds == HOLDS_ALL:
        return words.say("page.scope_all")
    return words.say("page.scope_some", count=len(guard.holds)) if guard.holds else words.say("page.scope_none")


def _about(guard: Guard, words: Words) -> str:
    """Say which operations a guard counts: of which kind, and what they do, to which field."""
    action, _, field = guard.action.partition(" ")
    named = [("kinds", guard.kind), ("action", action), ("field", field)]
    return words.say("page.colon").join(words.word(group, code) for group, code in named if code)


def _limit(guard: Guard) -> str:
    """Give the limit with its unit, which the plan's JSON has in the sentence alone."""
    found = SETTING.search(guard.message)
    return found.group() if found else _number(guard.limit)


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def findings_of_conflicts(conflicts: Iterable[Conflict], words: Words) -> tuple[Finding, ...]:
    """Put conflicts into words, those of one kind together."""
    return _together(
        "conflict",
        (
            (str(one.kind), Case(", ".join(one.keys), _fields(one.field, "", words), one.value, one.message))
            for one in conflicts
        ),
        words,
    )


def findings_of_skips(skips: Iterable[Skip], words: Words) -> tuple[Finding, ...]:
    """Put what was left out into words, what has one reason together."""
    return _together(
        "skip",
        (
            (one.reason, Case(one.locator or one.key, _fields(one.field, one.kind, words), "", one.message))
            for one in skips
        ),
        words,
    )


def _fields(fields: str, kind: str, words: Words) -> str:
    """Give the words for the fields that a finding names; of a conflict they may be several."""
    return words.say("list.comma").join(words.field(kind, field) for field in fields.split(", ") if field)


def _together(group: str, cases: Iterable[tuple[str, Case]], words: Words) -> tuple[Finding, ...]:
    found: dict[str, list[Case]] = {}
    for code, case in cases:
        found.setdefault(code, []).append(case)
    return tuple(
        Finding(words.word(f"{group}_title", code), words.texts.get(f"{group}_help.{code}", ""), tuple(those))
        for code, those in found.items()
    )
