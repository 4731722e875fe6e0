"""Every code that the program or the platform says, with what it means and what to do."""

import re
from collections.abc import Iterator

import msgspec

from syncd.errors import Refused, SyncdError
from syncd.report.messages import Words
from syncd.wire.codes import Code

GROUPS = ("exit", "platform", "error", "guard", "conflict", "skip", "why")
LISTED = frozenset(str(int(code)) for code in Code)


class Meaning(msgspec.Struct, frozen=True):
    """What a code means in one of the places where it may stand, and what to do."""

    group: str
    code: str
    title: str
    help: str = ""


def code_of(error: SyncdError) -> str:
    """Give the code by which `syncd error` knows an error: that of the platform, where its document lists it."""
    if isinstance(error, Refused) and error.code in LISTED:
        return error.code
    return name_of(Refused if isinstance(error, Refused) else type(error))


def name_of(kind: type[SyncdError]) -> str:
    """Give the code of a class of errors: its name in small letters, with underscores."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def meanings(code: str, words: Words) -> tuple[Meaning, ...]:
    """Give what a code means; more than one where several places know it, none where nobody does."""
    return tuple(one for one in every_meaning(words) if one.code == code.strip().lower())


def every_meaning(words: Words) -> Iterator[Meaning]:
    """Give every code, by group."""
    for group in GROUPS:
        prefix = "why." if group == "why" else f"{group}_title."
        for key, title in words.texts.items():
            if key.startswith(prefix):
                code = key.removeprefix(prefix)
                yield Meaning(group, code, title, words.texts.get(f"{group}_help.{code}", ""))


def meaning_text(one: Meaning, words: Words) -> str:
    """Give a meaning as lines for a terminal."""
    lines = [f"{one.code} ({words.word('codes', one.group)}): {one.title}", *([f"    {one.help}"] if one.help else [])]
    return "\n".join(lines) + "\n"
