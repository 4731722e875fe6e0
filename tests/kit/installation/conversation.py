"""A command that asks, on a terminal of its own, and somebody who answers."""

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from tests.kit.installation.commands import command_line
from tests.kit.waiting import DEADLINE_SECONDS, wait_for


def converse(folder: Path, arguments: Sequence[str], answers: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Run `syncd ARGUMENTS` on a terminal, give each answer once its question is there; return the code and the screen.

    `answers` has, for each question in order, a part of its text and what is typed.
    """
    ours, theirs = pty.openpty()
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    with subprocess.Popen(  # noqa: S603 - our own program
        command_line(*arguments), cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        screen = ""
        try:
            for question, answer in answers:
                screen = _read(ours, screen, question)
                if "not shown" in screen[screen.rindex(question) :]:
                    wait_for(lambda: not _shows_typing(ours))  # what comes before is thrown away
                os.write(ours, f"{answer}\n".encode())
            screen = _read(ours, screen, None)
            return process.wait(DEADLINE_SECONDS), screen
        finally:
            os.close(ours)
            process.kill()


def _shows_typing(terminal: int) -> bool:
    local = termios.tcgetattr(terminal)[3]
    return bool(local & termios.ECHO)


def _read(terminal: int, screen: str, wanted: str | None) -> str:
    """Read on until the text is there that is wanted after what was read before, or until the end."""
    seen, deadline = len(screen), time.monotonic() + DEADLINE_SECONDS
    while wanted is None or wanted not in screen[seen:]:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"{wanted!r} does not come after {screen!r}")
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            part = b""
        if not part:
            if wanted is None:
                break
            raise AssertionError(f"{wanted!r} does not come after {screen!r}")
        screen += part.decode(errors="replace")
    return screen
