"""What a command asks whoever sits at the terminal, and takes from flags where nobody does."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from syncd.cli.files import write_private
from syncd.cli.terminal import note, spoken
from syncd.errors import ConfigurationError

Check = Callable[[str], str]
"""Returns an answer as it is to be written; raises `ValueError` with what is wrong with it."""


def is_somebody_there() -> bool:
    """Whether somebody sits at a terminal who can be asked."""
    return sys.stdin.isatty()


def required(given: str, question: str, flag: str, default: str = "", check: Check = str) -> str:
    """Return what the flag says, else what whoever sits there answers, who is asked again until it can be used.

    Raises `ConfigurationError` where the flag's value cannot be used, or where it is missing and nobody is there.
    """
    if given:
        return _checked(given, flag, check)
    if not is_somebody_there():
        raise ConfigurationError(f"{flag} is missing, and there is nobody to ask")
    return _asked(question, default or None, check)


def optional(given: str, question: str, flag: str, default: str = "", check: Check = str) -> str:
    """Return what the flag says, else an answer that may be empty; nothing where nobody is there."""
    if given:
        return _checked(given, flag, check)
    return _asked(question, default, lambda text: check(text) if text else "") if is_somebody_there() else ""


def secret_file(file: Path, question: str) -> None:
    """Ask for a secret that is not shown while it is typed, and write it to a file for its owner's eyes only.

    A file that is there stays as it is; whoever answers nothing writes it later.
    """
    if file.exists() or not is_somebody_there():
        return
    if secret := typer.prompt(question, default="", show_default=False, hide_input=True):
        write_private(file, f"{secret}\n".encode())
        note(spoken().say("init.secret_written", file=file))


def beside(name: str, configuration: Path) -> str:
    """Return the name of a file, as seen from where one stands, as a configuration elsewhere has to name it."""
    if not name or Path(name).is_absolute() or configuration.parent.resolve() == Path.cwd():
        return name
    return os.path.relpath(Path.cwd() / name, configuration.parent.resolve())


def _checked(given: str, flag: str, check: Check) -> str:
    try:
        return check(given)
    except ValueError as error:
        raise ConfigurationError(f"{flag}: {error}") from None


def _asked(question: str, default: str | None, check: Check) -> str:
    while True:
        answer: str = typer.prompt(question, default=default, show_default=bool(default))
        try:
            return check(answer.strip())
        except ValueError as error:
            note(str(error))
