"""Work that reads both sides or goes on for long: its logs, and its end by a signal."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

import typer

from syncd.app.stopping import Stop
from syncd.cli.terminal import INTERRUPTED, TERMINATED, note, spoken
from syncd.config.loading import Loaded
from syncd.errors import Interrupted
from syncd.telemetry.masking import PERSONAL_NAMES
from syncd.telemetry.retries import log_retries, tell_long_waits

Value = TypeVar("Value")
STOPPING = (signal.SIGINT, signal.SIGTERM)


def configure_logs(loaded: Loaded) -> None:
    """Set the logs up as the configuration says, for what logs more than retries."""
    _configure(loaded)
    log_retries(partial(_configure, loaded))


def run_until_stopped(
    loaded: Loaded, work: Callable[[Stop], Awaitable[Value]], *, tells_retries: bool = True
) -> tuple[Value, int]:
    """Run what logs nothing but retries; return what `until_stopped` does.

    Without `tells_retries` only long waits are told of, in words.
    """
    if tells_retries or loaded.settings.log.level == "debug":
        log_retries(partial(_configure, loaded))
    else:
        tell_long_waits(lambda seconds, why: note(spoken().say("note.waits", seconds=f"{seconds:.0f}", why=why)))
    return until_stopped(work)


def _configure(loaded: Loaded) -> None:
    from syncd.telemetry import logs  # noqa: PLC0415 - slow to load, and most runs log nothing

    log = loaded.settings.log
    logs.configure(log.level, log.format, logs.NOTHING if log.pii else PERSONAL_NAMES, sys.stderr)


def until_stopped(work: Callable[[Stop], Awaitable[Value]]) -> tuple[Value, int]:
    """Run, and give the result with the exit code of the signal that stopped it, or 0; the logs are set up by `work`.

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
