"""Numbers in texts that others wrote: what no number of a directory or a service can be is none.

Python reads more than they mean: digits of every script, underscores, several signs; and it refuses what is longer than
4,300 digits with an error of its own.
"""

import re

NUMBER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
"""The 64 bits of Active Directory's large integers have 19 digits (MS-ADTS, 3.1.1.2.2.2)."""


def whole_number(text: str) -> int | None:
    """Return the whole number that a text is, in ASCII digits with or without a minus; `None` where it is none."""
    return int(text) if NUMBER.fullmatch(text) else None
