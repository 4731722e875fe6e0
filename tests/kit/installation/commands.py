"""Commands as tests run them: forked from a parent that has loaded the program, or started with an interpreter each."""

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

ROOT = Path(__file__).parents[3]
# SYNCD_TEST_COMMANDS=started gives every command an interpreter of its own (`make test-full`).
ARE_STARTED = os.environ.get("SYNCD_TEST_COMMANDS") == "started"


class Ended(msgspec.Struct, frozen=True):
    """How a command ended: its return code as `subprocess` counts it, and what it wrote."""

    returncode: int
    stdout: bytes
    stderr: bytes


class WarmParent:
    """The process that forks commands; it ends with this process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.interpreter = interpreter_settings(environ)
        self._requests, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "tests.kit.installation.warm_parent", str(other.fileno())],
                cwd=ROOT,
                env=dict(environ),
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        atexit.register(self.close)

    def run(self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Ended:
        """Fork a command with nothing on its standard input, and wait until it has ended."""
        with memory_file("out") as out, memory_file("err") as err, Path(os.devnull).open("rb") as nothing:
            code = self._return_code(arguments, folder, environ, [stream.fileno() for stream in (nothing, out, err)])
            for file in (out, err):
                file.seek(0)
            return Ended(code, out.read(), err.read())

    def _return_code(
        self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str], streams: list[int]
    ) -> int:
        answers, other = socket.socketpair()
        with answers, other:
            message = {"arguments": list(arguments), "folder": str(folder), "environ": dict(environ)}
            socket.send_fds(self._requests, [json.dumps(message).encode()], [*streams, other.fileno()])
            other.close()
            with answers.makefile("r") as lines:
                told = lines.readlines()
        if len(told) != 2:
            raise AssertionError(f"the parent of the forked commands ended, or a command was lost: {told}")
        return int(told[1])

    def close(self) -> None:
        """End the parent; the commands that it forked go on."""
        self._requests.close()
        self._process.wait()


def memory_file(name: str) -> BinaryIO:
    """Return an empty file without a place, which nothing but its descriptor holds."""
    return os.fdopen(os.memfd_create(name), "w+b")


def interpreter_settings(environ: Mapping[str, str]) -> tuple[object, ...]:
    """Return what a new interpreter takes from its environment before the program runs."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    is_utf8 = locale.upper().replace("-", "").endswith("UTF8")
    return (
        "UTF-8" if is_utf8 else locale,
        *sorted(variable for variable in environ.items() if variable[0].startswith("PYTHON")),
    )


@functools.cache
def warm_parent() -> WarmParent:
    """Return this process's parent of commands, started when the first command is run."""
    return WarmParent(os.environ)


def run_command(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Ended:
    """Run `syncd ARGUMENTS` in a folder, with nothing on its standard input, to its end.

    The command is forked, or started where its environment asks for another interpreter than the parent has.
    """
    if ARE_STARTED or warm_parent().interpreter != interpreter_settings(environ):
        return run_started(arguments, folder, environ)
    return warm_parent().run(arguments, folder, environ)


def run_started(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Ended:
    """Run `syncd ARGUMENTS` as `run_command` does, always with an interpreter of its own."""
    done = subprocess.run(  # noqa: S603 - our own program
        command_line(*arguments),
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def command_line(*arguments: str) -> list[str]:
    """Return the command line of a command with an interpreter of its own."""
    return [sys.executable, "-m", "syncd", *arguments]
