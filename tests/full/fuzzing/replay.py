"""Payloads that were found to reach something new, read again and again: what they cover, and whether memory grows.

Usage: python -m tests.full.fuzzing.replay READER CORPUS TIMES
"""

import resource
import sys
from contextlib import suppress
from pathlib import Path

from tests.full.fuzzing.readers import READERS

WARM = 2
"""Times that everything is read before memory is looked at."""


def main() -> None:
    """Read them, and print the resident MiB after the second time and after the last."""
    name, corpus, times = sys.argv[1:]
    payloads = [path.read_bytes() for path in sorted(Path(corpus).iterdir())]
    resident = []
    for _ in range(max(int(times), 1)):
        for payload in payloads:
            with suppress(Exception):  # the fuzzer has noted it
                READERS[name].read(payload)
        resident.append(_resident())
    sys.stdout.write(f"{len(payloads)} {resident[min(WARM, len(resident)) - 1]:.1f} {resident[-1]:.1f}\n")


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    main()
