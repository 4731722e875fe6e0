"""The process from which the tests' commands are forked: it has loaded the program once, and does nothing else.

`python -m tests.kit.installation.warm_parent FD` serves the socket FD until its other end is closed. Each message is
one command: a JSON object `{arguments, folder, environ}` and three descriptors, which become its standard streams, with
a fourth, a socket, on which the parent writes the command's process id and, once it has ended, its return code as
`subprocess` counts it, each as a line.

A command that is forked differs from one that is started in what the interpreter does before the first line of the
program runs, and in nothing that the program does. `tests/acceptance/test_forked_commands.py` compares both.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import NoReturn

from tests.kit.real_users import USERS, become_called_by

MESSAGE_BYTES = 1 << 20
DESCRIPTORS = 4
# What modules of the program load when a function is called.
LOADED_LATE = (
    "alembic.command",
    "alembic.runtime.migration",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.protocols.http.httptools_impl",
)


def load_program() -> None:
    """Import every module of the program, and the libraries that some of them load late."""
    package = importlib.import_module("syncd")
    for module in pkgutil.walk_packages(package.__path__, "syncd."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    for name in LOADED_LATE:
        importlib.import_module(name)
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise AssertionError(f"loading the program started threads, which no fork takes along: {threading.enumerate()}")
    gc.collect()
    gc.freeze()


def serve(requests: socket.socket) -> None:
    """Fork a command for each message until the other end is closed; report how each one ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is requests:
                    content, descriptors, _, _ = socket.recv_fds(requests, MESSAGE_BYTES, DESCRIPTORS)
                    if not content:
                        return
                    pid, answers = start(json.loads(content), descriptors)
                    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, answers))
                else:
                    selector.unregister(key.fileobj)
                    os.close(key.fd)
                    report_end(*key.data)


def start(request: dict[str, object], descriptors: list[int]) -> tuple[int, socket.socket]:
    """Fork one command; return its process id, and the socket on which its end is to be told."""
    pid = os.fork()
    if pid == 0:
        become_command(request, descriptors)
    for descriptor in descriptors[:3]:
        os.close(descriptor)
    answers = socket.socket(fileno=descriptors[3])
    tell(answers, pid)
    return pid, answers


def report_end(pid: int, answers: socket.socket) -> None:
    """Tell the return code of a command that has ended."""
    _, status = os.waitpid(pid, 0)
    tell(answers, os.waitstatus_to_exitcode(status))
    answers.close()


def tell(answers: socket.socket, number: int) -> None:
    """Write a number as a line; whoever asked for the command may be gone."""
    try:
        answers.sendall(f"{number}\n".encode())
    except OSError:
        return


def become_command(request: dict[str, object], descriptors: list[int]) -> NoReturn:
    """Run `python -m syncd` in this forked process as a new interpreter would, and end the process."""
    code = 1
    try:
        for stream in range(3):
            os.dup2(descriptors[stream], stream)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.chdir(str(request["folder"]))
        environ = request["environ"]
        assert isinstance(environ, dict)
        if users := environ.pop(USERS, ""):
            called_by, user = map(int, users.split(":"))
            become_called_by(called_by, user)
        os.environ.clear()
        os.environ.update(environ)
        time.tzset()
        arguments = request["arguments"]
        assert isinstance(arguments, list)
        sys.argv[:] = ["syncd", *arguments]
        code = run_program()
    finally:
        os._exit(code)


def run_program() -> int:
    """Run the program's main module to its end, as the interpreter does with its exit; return the exit code."""
    code = 0
    try:
        runpy.run_module("syncd", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = exit_code(ended.code)
    except BaseException:  # noqa: BLE001 - the interpreter prints whatever nobody has caught
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - what the interpreter calls first at its end
    atexit._run_exitfuncs()  # noqa: SLF001 - what it calls then
    try:
        sys.stdout.flush()
    except OSError:
        code = 120  # as the interpreter ends where its output cannot be written
    sys.stderr.flush()
    return code


def exit_code(given: object) -> int:
    """Return the process's exit code for what `sys.exit` was given."""
    if given is None:
        return 0
    if isinstance(given, int):
        return given & 0xFF
    sys.stderr.write(f"{given}\n")
    return 1


if __name__ == "__main__":
    load_program()
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(connection)
