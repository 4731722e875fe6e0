"""Text of others as a reader may see it: what steers a terminal or reorders a line is shown as an escape.

A name, a key or a message that holds ESC, CR, LF, C1 or bidirectional controls could else rewrite what somebody reads
before they approve (ECMA-48; Unicode, UAX #9).
"""

import re

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST = 4000
"""Characters of one value in a text: nobody reads more, and a name of a megabyte would push away what stands before."""


def visible(text: str) -> str:
    """Return a text of one line in which every control character is an escape; none is left out."""
    return STEERING.sub(_escape, text)


def visible_lines(text: str) -> str:
    """Return a text of several lines likewise; the ends of its lines stay."""
    return "\n".join(visible(line) for line in text.split("\n"))


def shortened(text: str, most: int = LONGEST) -> str:
    """Return a text with at most so many characters, and how many it has where that is more."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
