"""What every command shares with whoever sits at the terminal: options, language, output, ends.

Nothing here loads what only some commands need: `syncd --help` is there at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.model.json_text import encoded
from syncd.model.visible import visible_lines
from syncd.report.messages import UTC, Words, words_for

INTERRUPTED = 130
TERMINATED = 143
ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="The configuration; else SYNCD_CONFIG, ./syncd.toml, /etc/syncd.")
]
UnreadConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="Taken as by every command; this one reads none.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


class Chosen:
    """What was said before the command's name, and the language and time zone that the configuration in use names."""

    config: Path | None = None
    lang: str = "auto"
    zone: str = UTC


def spoken() -> Words:
    """Give the words for people: as `[log] lang` asks for; without a configuration those of the terminal's language."""
    return words_for(Chosen.lang, os.environ, Chosen.zone)


def note(text: str) -> None:
    """Say something on standard error, beside the result."""
    typer.echo(visible_lines(text), err=True)


def print_json(value: object) -> None:
    """Print a result as JSON on standard output."""
    print_bytes(encoded(value, indent=1) + b"\n")


def print_bytes(text: bytes) -> None:
    """Print bytes that are UTF-8, whatever the terminal's locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def give_closed_streams_a_place() -> None:
    """Let what is printed go nowhere where the caller closed a stream; no file of ours may get its number either."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as the process lives


def abandon_output() -> None:
    """Let whatever is still printed go nowhere: nobody takes it, and the interpreter would fail over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_text(text: str) -> None:
    """Print a result; what the terminal's encoding lacks is shown as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    print_bytes(visible_lines(text).encode(encoding, errors="backslashreplace"))


def leave(code: int) -> None:
    """End the command with an exit code."""
    if code:
        raise typer.Exit(code)
