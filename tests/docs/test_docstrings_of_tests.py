"""Every test says in a whole sentence what must hold."""

import ast
import re

from tests.kit.names_of_tests import ROOT, functions

LEAST_WORDS = 5
SENTENCE = re.compile(r"""([A-Z0-9"'`].*?[.?](?:\)\.?)?)(?: |$)""")
NO_BEGINNINGS = frozenset(
    {"And", "But", "So", "Nor", "Or", "Then", "Else", "Otherwise", "Also", "Likewise", "With", "Without"}
    | {"Is", "Are", "Was", "Were", "Has", "Have", "Does", "Do", "Can", "May", "Must", "Which", "Whose", "Because"}
)
"""A sentence that begins so has no subject, or goes on with another one: the name of its test, most often."""


def fault(docstring: str | None) -> str:
    """Return what keeps a docstring from being a sentence, `""` where nothing does."""
    if not docstring:
        return "there is no docstring"
    first = " ".join(docstring.partition("\n\n")[0].split())
    found = SENTENCE.match(first)
    if not found:
        return "its first sentence has no capital letter or no full stop"
    words = found[1].split()
    if words[0].strip(",") in NO_BEGINNINGS:
        return f"a sentence does not begin with {words[0]!r}"
    if len(words) < LEAST_WORDS:
        return f"{len(words)} words are no sentence that can be understood without the test's name"
    return ""


def test_every_docstring_of_a_test_is_a_sentence() -> None:
    """Every test has a docstring whose first sentence is whole, as far as its words and marks can show."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    found = [
        f"{path.relative_to(ROOT)}::{name}: {why}"
        for path in files
        for name, function in functions(path)
        if (why := fault(ast.get_docstring(function)))
    ]
    assert files
    assert not found, "\n".join(found)


NO_SENTENCES = (
    None,
    "",
    "And no fault.",
    "Is 71002, whatever its arguments.",
    "It is named there.",
    "a file is read to its end.",
    "A file is read to its end",
    "With its type, its time and its digest.",
)
SENTENCES = (
    "`check` names every faulty part (I4).",
    "404 and 410 say that no picture exists.\n\nA list follows",
    '"17 " and 17 are one key. It is trimmed.',
    "A name is any text (it may be empty.)",
)


def test_what_is_no_sentence_is_told_from_what_is_one() -> None:
    """A docstring that is missing, short, without marks or without a subject is a fault, a sentence is none."""
    assert [docstring for docstring in NO_SENTENCES if not fault(docstring)] == []
    assert [docstring for docstring in SENTENCES if fault(docstring)] == []
