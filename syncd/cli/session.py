"""What every command does: find the configuration, set logs up, turn errors into one line and an exit code."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer

from syncd.app.stopping import Stop, unless_stopped
from syncd.app.world import World
from syncd.bootstrap.decisions import with_read_only
from syncd.bootstrap.stores import opened_store
from syncd.bootstrap.world import world
from syncd.cli.terminal import INTERRUPTED, TERMINATED, Chosen, note, spoken
from syncd.config.loading import Loaded, load
from syncd.errors import ConfigurationError, Interrupted
from syncd.shadow.schema import shown
from syncd.shadow.store import Store
from syncd.telemetry import logs
from syncd.telemetry.masking import PERSONAL_NAMES
from syncd.telemetry.retries import log_retries

Value = TypeVar("Value")
STOPPING = (signal.SIGINT, signal.SIGTERM)


def configured(config: Path | None) -> Loaded:
    """Load the configuration, set the logs up, and name configuration and store on standard error."""
    loaded = load(config or Chosen.config, os.environ, Path.cwd())
    configure_logs(loaded)
    store = shown(loaded.settings.store.url.get_secret_value())
    note(spoken().say("note.in_use", configuration=loaded.path, store=store))
    return loaded


def configure_logs(loaded: Loaded) -> None:
    """Set the logs up as the configuration says, and the language of what people read."""
    log = loaded.settings.log
    Chosen.lang = log.lang
    logs.configure(log.level, log.format, logs.NOTHING if log.pii else PERSONAL_NAMES, sys.stderr)
    log_retries()


def configured_if_there(config: Path | None) -> Loaded | None:
    """Load the configuration where one can be used; one that is named must be."""
    try:
        return configured(config)
    except ConfigurationError as error:
        if config or Chosen.config:
            raise
        note(spoken().say("note.no_configuration", error=error))
        return None


@contextmanager
def opened(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store."""
    loaded = configured(config)
    with opened_store(loaded.settings) as store:
        yield loaded, store


def look(loaded: Loaded, store: Store, reading: Callable[[World], Coroutine[Any, Any, Value]]) -> tuple[Value, int]:
    """Run what only reads both sides, with every writing call refused; a signal ends it at once (I10)."""

    async def work(stop: Stop) -> Value:
        async with world(with_read_only(loaded), store) as everything:
            return await unless_stopped(stop, reading(everything))

    return run_until_stopped(work)


def run_until_stopped(work: Callable[[Stop], Awaitable[Value]]) -> tuple[Value, int]:
    """Run, and give the result with the exit code of the signal that stopped it, or 0.

    SIGINT and SIGTERM set the event; what is in flight is then finished. A second one ends the process at once, which
    the next run survives (I6). `Interrupted` is one line and the signal's exit code.
    """
    caught: list[int] = []
    codes: Mapping[int, int] = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}

    async def watched() -> Value:
        stop = Stop()
        loop = asyncio.get_running_loop()

        def stop_for(number: int) -> None:
            caught.append(number)
            stop.exit = codes[number]
            stop.set()
            for one in STOPPING:
                loop.remove_signal_handler(one)
                signal.signal(one, signal.SIG_DFL)
            note(spoken().say("note.stopping"))

        for number in STOPPING:
            loop.add_signal_handler(number, stop_for, number)
        return await work(stop)

    try:
        result = asyncio.run(watched())
    except Interrupted as error:
        note(f"syncd: {error}")
        raise typer.Exit(codes[caught[0]] if caught else error.exit_code) from error
    return result, codes[caught[0]] if caught else 0


def who() -> str:
    """Give the name of whoever runs this, for the record of an approval."""
    import getpass  # noqa: PLC0415 - needed by few commands

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"{name}@{os.uname().nodename}"


Json = dict[str, Any]
