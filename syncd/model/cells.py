"""Texts as cells of a spreadsheet, in which none of them is a formula (OWASP, CSV injection)."""

import re

from syncd.model.visible import visible

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CONTROL = re.compile(r"[^\t\r\n]+")
WITHIN = re.compile(f"([;\t\r\n])(?=[{''.join(map(re.escape, FORMULA))}])")
"""Where a spreadsheet that divides by another sign than the comma would see the beginning of a formula."""


def harmless_cell(value: str) -> str:
    """Return a text with an apostrophe before what a spreadsheet would take for the beginning of a formula.

    What steers a terminal is shown as an escape, but for the ends of lines and tabs, which a cell may have.
    """
    value = CONTROL.sub(lambda found: visible(found[0]), value)
    apart = WITHIN.sub(r"\1'", value)
    return f"'{apart}" if apart.startswith(FORMULA) else apart
