"""Payloads changed so that they stay what they are: BER whose lengths fit, archives whose check sums are right.

A fuzzer that changes bytes alone is refused at the first length or check sum, and never reaches what stands within.
Each mutation takes a payload, the most bytes that are wanted, a number to draw by, and what changes plain bytes.
"""

import io
import random
import zipfile
import zlib
from collections.abc import Callable

import msgspec

from syncd.directory.ber import Malformed, element, encoded

CONSTRUCTED = 0x20
PARTS_DEEP = 12
Change = Callable[[bytes, int], bytes]
Mutation = Callable[[bytes, int, int, Change], bytes]


class _Node(msgspec.Struct):
    """An element of BER: its tag, and its value or what stands in it."""

    tag: int
    value: bytes
    inner: "list[_Node]"

    def encoded(self) -> bytes:
        """Return its bytes, with lengths that fit."""
        return (
            encoded(self.tag, *(one.encoded() for one in self.inner)) if self.inner else encoded(self.tag, self.value)
        )


def messages_of_ber(payload: bytes, most: int, seed: int, change: Change) -> bytes:
    """Change one element anywhere in a row of messages, or leave one out, repeat it or put it elsewhere."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
    nodes = _nodes(payload, 0)
    if not nodes or draw.random() < 0.2:
        return change(payload, most)
    everywhere = list(_lists(nodes))
    chosen = draw.choice(everywhere)
    at = draw.randrange(len(chosen))
    match draw.randrange(6):
        case 0:
            del chosen[at]
        case 1:
            chosen[at:at] = _copy(draw.choice(chosen))
        case 2:
            draw.choice(everywhere).extend(_copy(chosen[at]))
        case 3:
            chosen[at] = msgspec.structs.replace(chosen[at], tag=draw.randrange(256))
        case _:
            bare = chosen[at].encoded()[2:] if chosen[at].inner else chosen[at].value
            chosen[at] = _Node(chosen[at].tag, change(bare, max(most - len(payload) + len(bare), 1)), [])
    made = b"".join(one.encoded() for one in nodes)
    return made if len(made) <= most else change(payload, most)


def _nodes(data: bytes, depth: int) -> list[_Node]:
    """Return the elements of a text, none where it is no BER."""
    found, at = [], 0
    try:
        while at < len(data):
            tag, start, stop = element(data, at, len(data))
            value = data[start:stop]
            inner = _nodes(value, depth + 1) if tag & CONSTRUCTED and depth < PARTS_DEEP else []
            found.append(_Node(tag, value, inner))
            at = stop
    except Malformed:
        return []
    return found


def _copy(node: _Node) -> list[_Node]:
    """Return the same once more: a node that stood in itself would have no end."""
    return _nodes(node.encoded(), 0)


def _lists(nodes: list[_Node]) -> list[list[_Node]]:
    return [nodes, *(inner for one in nodes if one.inner for inner in _lists(one.inner))]


def parts_of_archive(payload: bytes, most: int, seed: int, change: Change) -> bytes:
    """Change one part of an archive and pack it anew; what is no archive is changed as it is."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            parts = {one.filename: archive.read(one) for one in archive.infolist() if one.file_size <= most}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return change(payload, most)
    if not parts or draw.random() < 0.1:
        return change(payload, most)
    name = draw.choice(sorted(parts))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, change(content, most) if one == name else content)
    return packed.getvalue() if packed.tell() <= most else payload


def plain(payload: bytes, most: int, _seed: int, change: Change) -> bytes:
    """Change bytes anywhere."""
    return change(payload, most)
