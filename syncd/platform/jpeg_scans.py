"""How many scans a jpg has: each is a pass over all of its pixels and may cost a few bytes (ITU-T T.81, annex B).

Encoders make ten of a progressive picture. A file that has hundreds of thousands of them decodes for hours.
"""

import re

MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""What is neither a byte of coded data nor a restart in it."""
SCAN, END = 0xDA, 0xD9
ALONE = frozenset({0x01, 0xD8})
"""Markers that no length follows, beside the end."""


def scans(content: bytes, most: int) -> int:
    """Count the scans of the first picture in a file, and no more of them than one above `most`."""
    count, place = 0, 0
    while count <= most and (found := MARKER.search(content, place)):
        (kind,) = found[1]
        if kind == END:
            break
        count += kind == SCAN
        length = 0 if kind in ALONE else int.from_bytes(content[found.end() : found.end() + 2])
        place = found.end() + length
    return count
