"""Every report has its words in both languages."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from syncd.app.apply import Outcome
from syncd.app.bindings import MEANINGS
from syncd.app.records import EventState
from syncd.app.run_ends import READ_ONLY
from syncd.model.faces import FaceState
from syncd.model.links import LinkState, Ownership
from syncd.model.objects import Kind
from syncd.model.source import Grade
from syncd.plan import adoption, guards
from syncd.plan.departments_by_path import AMBIGUOUS
from syncd.plan.draft import DEPARTMENT_FIELDS, USER_FIELDS
from syncd.plan.explanation import ABSENT, NONE, UNLINKED, Seen
from syncd.plan.forms import Form
from syncd.plan.values import Action, ConflictKind, Reason
from syncd.plan.verdicts import Verdict
from syncd.report import english
from syncd.report.explanation_sentences import NEVER_MADE, OF_FINDINGS
from syncd.report.messages import CHINESE, ENGLISH, TABLES, Words, words_for
from syncd.service.duties import Duty

SYNCD = Path(english.__file__).parents[1]
HAN = re.compile(r"[\u4e00-\u9fff]")
IN_PLACE_OF_A_SENTENCE = {"message", "word", "title", "help", "kind", "form", "reason"}
SPOKEN = {
    "explain",
    "note",
    "history",
    "approve",
    "store",
    "rebind",
    "link",
    "events",
    "init",
    "standing",
    "demo",
    "face_check",
}
BY_CODE = ("standing.duty.",)
NAMES = ("english", "chinese")
RUNS = ("done", "held", "partial", "failed", "locked", "interrupted", "")


@cache
def calls() -> tuple[ast.Call, ...]:
    """Return every call in the code."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(SYNCD.glob("*/*.py"))]
    return tuple(node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))


def said(places: Mapping[str, int], keyword: str) -> set[str]:
    """Give the texts that stand in the code where these are called: at this place, or under this keyword."""
    found = set()
    for call in calls():
        place = places.get(call.func.id, -1) if isinstance(call.func, ast.Name) else -1
        named = [one.value for one in call.keywords if one.arg == keyword and place >= 0]
        found.update([*named, *(call.args[place : place + 1] if place >= 0 else ())])
    return {one.value for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def skip_reasons() -> set[str]:
    """Give every reason for which the code leaves an entry, or a field of it, as it is."""
    return said({"Unmappable": 0, "Left": 1, "Unreadable": 1, "Skip": 3, "Mismatch": 0}, "reason") | {AMBIGUOUS}


def guard_names() -> set[str]:
    """Give the name of every guard that the code knows."""
    return said({"Guard": 0, "_guard": 0}, "name") | {adoption.GUARD, READ_ONLY}


def sayings() -> Iterator[tuple[str, set[str]]]:
    """Give the texts that the code says by name, with the values that it gives; not where a mapping has those."""
    for call in calls():
        given = {one.arg for one in call.keywords}
        if isinstance(call.func, ast.Attribute) and call.func.attr == "say" and None not in given:
            keys = [
                node.value
                for node in ast.walk(call.args[0])
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            yield from ((key, {str(name) for name in given}) for key in keys if key in ENGLISH.texts)


def taken(words: Words, key: str) -> set[str]:
    """Give the values that a text has room for."""
    return {name for _, name, _, _ in Formatter().parse(words.texts[key]) if name}


def codes() -> Iterator[tuple[str, str]]:
    """Give every code that a plan or run may hold, with the groups of words that must have it."""
    groups: Mapping[str, Iterable[object]] = {
        "kind kinds": Kind,
        "action": [*Action, *(group.partition(" ")[0] for group in guards.GROUPS.values()), "clear", "replaced"],
        "reason why because": Reason,
        "field": [*USER_FIELDS, *DEPARTMENT_FIELDS],
        "conflict conflict_title conflict_help": ConflictKind,
        "skip skip_title skip_help": sorted(skip_reasons()),
        "guard guard_title guard_help": sorted(guard_names()),
        "outcome": Outcome,
        "seen": Seen,
        "verdict": set(Verdict) - OF_FINDINGS,
        "never": NEVER_MADE,
        "form": Form,
        "event": EventState,
        "face_outcome": FaceState,
        "ownership": [*Ownership, NONE],
        "state": [*LinkState, UNLINKED, ABSENT],
        "standing.duty": Duty,
        "fact": MEANINGS,
        "grade": Grade,
        "run": RUNS,
    }
    for names, found in groups.items():
        yield from ((group, str(code)) for group in names.split() for code in found)


def test_both_languages_have_every_key() -> None:
    """English and Chinese have the same keys; a text that only one has would end a report in the other."""
    for in_english, in_chinese in zip(*TABLES.values(), strict=True):
        assert in_english.keys() == in_chinese.keys()


@pytest.mark.parametrize("tables", TABLES.values(), ids=TABLES)
def test_no_table_hides_a_text_of_another(tables: tuple[Mapping[str, str], ...]) -> None:
    """Each key of a language stands in one of its tables only."""
    keys = [key for table in tables for key in table]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_both_languages_take_the_same_values() -> None:
    """Both languages take the same values, unless Chinese has its own words in place of the plan's sentence."""
    differing = []
    for key in ENGLISH.texts:
        in_english, in_chinese = taken(ENGLISH, key), taken(CHINESE, key)
        allowed = IN_PLACE_OF_A_SENTENCE if "message" in in_english else set()
        if not in_english ^ in_chinese <= allowed:
            differing.append((key, in_english, in_chinese))
    assert differing == []


def test_every_text_of_a_command_is_used() -> None:
    """Every text of a command stands in the code, except those that are chosen by a code."""
    code = "".join(path.read_text("utf-8") for path in SYNCD.glob("*/*.py") if path.stem.split("_")[-1] not in NAMES)
    spoken = [key for key in ENGLISH.texts if key.partition(".")[0] in SPOKEN and not key.startswith(BY_CODE)]
    assert [key for key in spoken if f'"{key}"' not in code] == []


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_whoever_says_a_text_gives_every_value_that_it_takes(words: Words) -> None:
    """Whoever says a text gives every value that it takes, in either language."""
    assert [(key, given) for key, given in sayings() if not taken(words, key) <= given] == []


def test_chinese_is_chinese() -> None:
    """Every Chinese text that has Latin words has Chinese characters too, so none was left in English."""
    words = {
        key: text for key, text in CHINESE.texts.items() if re.search(r"[a-zA-Z]{2}", re.sub(r"\{.*?\}", "", text))
    }
    assert [key for key, text in words.items() if not HAN.search(text)] == []


def test_every_code_has_words() -> None:
    """Every code that a plan or run may hold has words in both languages."""
    keys = [f"{group}.{code}" for group, code in codes()]
    lacking = [(words.lang, key) for words in (ENGLISH, CHINESE) for key in keys if key not in words.texts]
    assert lacking == []
    assert len(keys) > 200


def test_the_codes_are_found() -> None:
    """The search for skip reasons and guards in the code finds those that are known to be there."""
    assert {"no_value", "contended", "disabled", "not_empty", "no_key", "unknown_department"} <= skip_reasons()
    assert {"limits", "certificate", "configuration", "replaced", "meetings", "room_reference"} <= guard_names()


def test_a_code_of_a_newer_program_is_shown_as_it_is() -> None:
    """A code without words is shown as it is, because a plan may come from a newer program."""
    assert CHINESE.word("why", "from_the_future") == "from_the_future"


@pytest.mark.parametrize(
    ("lang", "environ", "expected"),
    [
        ("zh", {"LC_ALL": "en_US.UTF-8"}, CHINESE),
        ("en", {"LC_ALL": "zh_CN.UTF-8"}, ENGLISH),
        ("auto", {}, ENGLISH),
        ("auto", {"LANG": "zh_CN.UTF-8"}, CHINESE),
        ("auto", {"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "de_DE.UTF-8"}, CHINESE),
        ("auto", {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, ENGLISH),
    ],
)
def test_the_language_is_the_configured_one_or_the_terminals(
    lang: str, environ: dict[str, str], expected: object
) -> None:
    """The configured language counts; `auto` takes LC_ALL before LC_MESSAGES before LANG (POSIX, 8.2)."""
    assert words_for(lang, environ) is expected
