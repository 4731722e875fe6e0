"""One pass after the other over 20,000 people, beside what is measured: in a thread of its process, or a process.

The first pass creates them all on an empty sandbox; the others find nothing to do.
"""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncd.app.draw_up import draw_up
from syncd.app.reconcile import Request, reconcile
from syncd.app.stopping import Stop
from syncd.bootstrap.world import world
from syncd.config.loading import load
from syncd.shadow.store import open_store
from syncd.testing.company import generated

PEOPLE, DEPARTMENTS = 20_000, 500
CONFIGURATION = """[source.file]
type = "ldif"
path = "company.ldif"
base = "ou=people,dc=example,dc=com"
[source.file.departments]
[platform]
url = "{platform}"
appkey = "sandbox"
appsecret = "sandbox-secret"
rate = 0
[store]
url = "{store}"
"""


@contextmanager
def platform(folder: Path, store: str) -> Iterator[str]:
    """Serve an empty platform, and give the file of a configuration of passes that fill it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "company.ldif").write_bytes(generated(PEOPLE, DEPARTMENTS).ldif())
    text = CONFIGURATION.format(platform=f"http://127.0.0.1:{port}/meeting", store=store)
    (folder / "syncd.toml").write_text(text, encoding="utf-8")
    with beside("-m", "syncd", "sandbox", "--port", str(port)):
        yield str(folder / "syncd.toml")


@contextmanager
def beside(*arguments: str) -> Iterator[None]:
    """Run a program of Python meanwhile."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own programs
        try:
            yield
        finally:
            process.terminate()


async def passes(configuration: str) -> None:
    """Make one pass after the other, whatever it does approved."""
    loaded = load(Path(configuration), {}, Path.cwd())
    store = open_store(loaded.settings.store.url.get_secret_value())
    while True:
        async with world(loaded, store) as everything:
            plan = (await draw_up(everything)).plan
            report = await reconcile(everything, Request(plan.fingerprint), Stop(), lambda _step: None)
        print(f"a pass over {PEOPLE} people: {dict(report.run.counts) or 'nothing to do'}", flush=True)


def in_thread(configuration: str) -> None:
    """Make passes in a thread of this process, for as long as it lives."""
    threading.Thread(target=lambda: asyncio.run(passes(configuration)), daemon=True).start()


if __name__ == "__main__":
    os.nice(10)  # senders wait for an answer, and nobody for a pass
    asyncio.run(passes(sys.argv[1]))
