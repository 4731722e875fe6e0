"""listen and serve, which run until they are stopped; and receive, which they run beside themselves."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.app.receiving import Observer
from syncd.app.stopping import Stop
from syncd.bootstrap.daemon import listener_settings
from syncd.bootstrap.stores import opened_store
from syncd.cli.stopping import configure_logs, until_stopped
from syncd.cli.terminal import TERMINATED, Chosen, ConfigOption, leave, note, spoken
from syncd.config.loading import load
from syncd.service.daemon import live
from syncd.service.reception import receive_for_daemon
from syncd.service.supervision import Supervisor
from syncd.telemetry.receiving import Receipts

if TYPE_CHECKING:
    from syncd.cli.generations import Generations


def listen_command(config: ConfigOption = None) -> None:
    """Receive the platform's events into the inbox and ingest them, until SIGTERM (exit 0) or Ctrl-C.

    Nothing is written to the platform. Several may run before one PostgreSQL store, behind one address.
    docs/guides/events.md has the settings and a proxy.

    Example: `syncd listen`
    """
    from syncd.cli.generations import Generations, ingesting  # noqa: PLC0415 - servers are no matter of the others

    _run(Generations(config, ingesting, needs_keys=True))


def serve_command(config: ConfigOption = None) -> None:
    """Be the daemon, until SIGTERM (exit 0): passes at their times, events received, ingested and followed.

    SIGHUP reads the configuration again, and keeps the one in use where it finds a mistake; SIGUSR1 makes a pass now,
    and so does an approval. Of several that stand before one store, one makes the passes.

    Example: `syncd serve`
    """
    from syncd.cli.generations import Generations, serving  # noqa: PLC0415 - likewise

    _run(Generations(config, serving, needs_keys=False))


def receive_command(
    descriptor: Annotated[int, typer.Option("--socket", help="The file descriptor of a socket that is listened on.")],
    config: ConfigOption = None,
) -> None:
    """Receive events for the daemon that began this; it is no command for people."""
    from syncd.events.serving import certificate, receive_events  # noqa: PLC0415 - likewise

    loaded = load(config or Chosen.config, os.environ, Path.cwd())
    Chosen.lang = loaded.settings.log.lang
    configure_logs(loaded)
    settings = listener_settings(loaded.settings)
    tls = certificate(settings)
    with opened_store(loaded.settings) as store, socket.socket(fileno=descriptor) as listener:

        async def receiving(tell: Observer, stop: asyncio.Event) -> None:
            await receive_events(settings, tls, listener, store, tell, stop)

        asyncio.run(receive_for_daemon(receiving, Receipts(), sys.stdin.fileno(), sys.stdout.fileno()))


def _run(generations: "Generations") -> None:
    async def work(stop: Stop) -> None:
        loop, wishes = asyncio.get_running_loop(), generations.wishes
        loop.add_signal_handler(signal.SIGHUP, wishes.reload.set)
        loop.add_signal_handler(signal.SIGUSR1, wishes.pass_now)
        await live(generations.renew, stop, wishes, Supervisor.of(os.environ))

    _, signalled = until_stopped(work)
    received = sorted(generations.received.items())
    counts, words = ", ".join(f"{name} {count}" for name, count in received), spoken()
    note(words.say("note.received", counts=counts) if counts else words.say("note.received_nothing"))
    # SIGTERM is how a service is stopped, and it has done all that it should (DESIGN 4, commands).
    leave(0 if signalled == TERMINATED else signalled)
