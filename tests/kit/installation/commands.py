"""Commands as tests run them: forked from a parent that has loaded the program, or started with an interpreter each."""

import atexit
import functools
import json
import os
import signal
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


class ForkedCommand:
    """A command that was forked and runs; it has the part of `subprocess.Popen` that tests use."""

    def __init__(self, arguments: Sequence[str], answers: socket.socket) -> None:
        self.args, self._answers, self._rest = arguments, answers, b""
        self.returncode: int | None = None
        self.pid = self._number()

    def poll(self) -> int | None:
        """Return the return code, or nothing while the command runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the return code; raise `subprocess.TimeoutExpired` after so many seconds."""
        if self.returncode is None:
            self._answers.settimeout(timeout)
            try:
                self.returncode = self._number()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
            self._answers.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the command if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the command to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the command at once."""
        self.send_signal(signal.SIGKILL)

    def _number(self) -> int:
        """Read the next line from the parent: first the process id, then the return code."""
        while b"\n" not in self._rest:
            content = self._answers.recv(64)
            if not content:
                raise AssertionError("the parent of the forked commands ended, and what became of this one is lost")
            self._rest += content
        line, _, self._rest = self._rest.partition(b"\n")
        return int(line)


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

    def start(
        self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str], out: BinaryIO, err: BinaryIO
    ) -> ForkedCommand:
        """Fork a command that writes to these files, with nothing on its standard input."""
        answers, other = socket.socketpair()
        with other, Path(os.devnull).open("rb") as nothing:
            message = {"arguments": list(arguments), "folder": str(folder), "environ": dict(environ)}
            descriptors = [stream.fileno() for stream in (nothing, out, err, other)]
            socket.send_fds(self._requests, [json.dumps(message).encode()], descriptors)
        return ForkedCommand(arguments, answers)

    def run(self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Ended:
        """Fork a command with nothing on its standard input, and wait until it has ended."""
        with memory_file("out") as out, memory_file("err") as err:
            code = self.start(arguments, folder, environ, out, err).wait()
            for file in (out, err):
                file.seek(0)
            return Ended(code, out.read(), err.read())

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


def is_forked(environ: Mapping[str, str]) -> bool:
    """Whether a command with this environment may be forked: it asks for the interpreter that the parent has."""
    return not ARE_STARTED and warm_parent().interpreter == interpreter_settings(environ)


def run_command(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Ended:
    """Run `syncd ARGUMENTS` in a folder, with nothing on its standard input, to its end; forked where it may be."""
    run = warm_parent().run if is_forked(environ) else run_started
    return run(arguments, folder, environ)


def start_command(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], out: BinaryIO
) -> ForkedCommand | subprocess.Popen[bytes]:
    """Start `syncd ARGUMENTS` in a folder, forked where it may be; it writes output and errors to a file."""
    if is_forked(environ):
        return warm_parent().start(arguments, folder, environ, out, out)
    return subprocess.Popen(  # noqa: S603 - our own program
        command_line(*arguments), cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=out, stderr=out
    )


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
