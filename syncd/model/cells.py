"""Texts as cells of a spreadsheet, in which none of them is a formula (OWASP, CSV injection)."""

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WITHIN = re.compile(f"([;\t\r\n])(?=[{''.join(map(re.escape, FORMULA))}])")
"""Where a spreadsheet that divides by another sign than the comma would see the beginning of a formula."""


def harmless_cell(value: str) -> str:
    """Return a text with an apostrophe before what a spreadsheet would take for the beginning of a formula."""
    apart = WITHIN.sub(r"\1'", value)
    return f"'{apart}" if apart.startswith(FORMULA) else apart
