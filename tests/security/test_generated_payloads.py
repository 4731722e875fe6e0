"""Payloads made by chance, the same ones each time, for every reader of what others wrote.

`tests/full/fuzzing` lets the same readers read for an hour, steered by what a payload reaches.
"""

import random

import pytest

from tests.full.fuzzing.readers import READERS
from tests.kit.failures import Failures

TIMES = {"workbook": 40, "http": 250}
USUAL = 1500
"""Payloads made of each that a reader begins with; to read a workbook, or an answer of HTTP, takes longer."""


def changed(payload: bytes, draw: random.Random, words: tuple[bytes, ...]) -> bytes:
    """Return a payload with a few bytes taken out, put in, doubled or replaced."""
    found = bytearray(payload)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(found) + 1)
        until = min(len(found), at + draw.choice((1, 1, 2, 8, 64)))
        match draw.randrange(5):
            case 0:
                del found[at:until]
            case 1:
                found[at:at] = found[at:until]
            case 2:
                found[at:until] = draw.randbytes(until - at)
            case 3:
                found[at:until] = bytes([draw.choice((0, 1, 0x22, 0x7F, 0x80, 0xFF))]) * (until - at)
            case _:
                found[at:at] = draw.choice(words) if words else draw.randbytes(2)
    return bytes(found)


@pytest.mark.parametrize("name", READERS)
def test_every_payload_is_read_or_refused(name: str) -> None:
    """A payload that was changed anywhere is read, or refused with an error that the program foresees."""
    reader, failures, draw = READERS[name], Failures(), random.Random(22)  # noqa: S311 - nothing secret
    for seed in reader.seeds:
        for number in range(TIMES.get(name, USUAL)):
            payload = reader.mutation(seed, 1 << 16, number, lambda part, _most: changed(part, draw, reader.words))
            with failures.case(repr(payload[:200])):
                reader.read(payload)
    failures.assert_none()
