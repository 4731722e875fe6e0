r"""What spreadsheets and databases put around a value, or in the place of one, when they write a table.

`="00017"` and a leading apostrophe keep a spreadsheet from taking a text for a number or a formula; `NULL` and `\N`
are what databases write for no value; `#N/A` is what a formula shows that fails.
"""

import re

NULLS = frozenset({"NULL", "\\N"})
ERRORS = frozenset(
    {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
_FORMULA = re.compile(r'\s*="((?:[^"]|"")*)"\s*\Z')
# Before letters it belongs to the name, as in 't Hooft.
_APOSTROPHE = re.compile(r"\s*'(?=[=+@-]|[\d\s().+/-]+\Z)")
_BEGINNINGS = "='"


def unwrapped(text: str) -> str:
    """Return a text without what a spreadsheet put around it."""
    if text.lstrip()[:1] not in _BEGINNINGS or not text.strip():
        return text
    if mark := _APOSTROPHE.match(text):
        text = text[mark.end() :]
    found = _FORMULA.match(text)
    return found[1].replace('""', '"') if found else text


def stands_for_nothing(text: str) -> bool:
    """Whether a text is what a database writes for no value, and nothing else."""
    return text.strip() in NULLS


def error_in(text: str) -> str:
    """Return the error that a text is, as a spreadsheet shows it, or empty text."""
    bare = text.strip() if text.lstrip()[:1] == "#" else ""
    return bare if bare in ERRORS else ""
