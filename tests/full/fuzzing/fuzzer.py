"""One reader under generated payloads, in a process of its own that libFuzzer steers and ends.

Usage: python -m tests.full.fuzzing.fuzzer READER SECONDS CORPUS FIGURES
"""

import sys
from pathlib import Path

import atheris

LARGEST = 1 << 16
"""Bytes of a payload: length alone is tried by the tests."""
MOST_MEMORY = 2048
LONGEST_PAYLOAD = 30
"""MiB that a process may hold, and seconds that a payload may take; what takes more ends the process."""


def main() -> None:
    """Read payloads until the time is over."""
    name, seconds, corpus, figures = sys.argv[1:]
    with atheris.instrument_imports(include=["syncd"]):
        from tests.full.fuzzing.readers import READERS  # noqa: PLC0415 - what is loaded here is watched
    from tests.full.fuzzing.watching import Watch  # noqa: PLC0415 - and this is not

    reader = READERS[name]
    words = Path(corpus).with_suffix(".words")
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in (*reader.words, b"\0\0")))
    for number, seed in enumerate(reader.seeds):
        (Path(corpus) / f"seed-{number}").write_bytes(seed)
        reader.read(seed)  # what is loaded and started once is no deed of a payload
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LARGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-timeout={LONGEST_PAYLOAD}",
        f"-artifact_prefix={corpus}.",
        f"-dict={words}",
        "-print_final_stats=1",
        "-verbosity=1",
    ]

    def mutated(payload: bytes, most: int, seed: int) -> bytes:
        return reader.mutation(payload, most, seed, atheris.Mutate)

    atheris.Setup([sys.argv[0], *options, corpus], Watch(reader.read, Path(figures)), custom_mutator=mutated)
    atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return "".join(f"\\x{one:02x}" for one in word)


if __name__ == "__main__":
    main()
