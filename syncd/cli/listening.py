"""listen and serve: the commands that run until they are stopped."""

import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

from syncd.app.following import follow, follow_and_heal
from syncd.app.ingest import Ingest
from syncd.app.receiving import Observer
from syncd.app.stopping import Stop
from syncd.bootstrap import client, listener_settings, with_read_only, world
from syncd.cli.session import TERMINATED, ConfigOption, leave, note, opened, run_until_stopped
from syncd.config.loading import Loaded
from syncd.service.eventful import Following, Reception, receive_and_follow
from syncd.shadow.store import Store
from syncd.telemetry.following import log_followed
from syncd.telemetry.receiving import Receipts

# A thread that computes keeps the interpreter for 5 ms unless told otherwise, and the loop gives it away with each call
# of the system: beside one, this halves every answer's time (docs/decisions/0010-events.md).
SWITCH_SECONDS = 0.0001
Working = Callable[[Loaded, Store], AbstractAsyncContextManager[Following]]


def listen_command(config: ConfigOption = None) -> None:
    """Receive the platform's events into the inbox and ingest them, until SIGTERM (exit 0) or Ctrl-C.

    Nothing is written to the platform. Several may run before one PostgreSQL store, behind one address.
    docs/guides/events.md has the settings and a proxy.

    Example: `syncd listen`
    """
    _run(config, _ingesting)


def serve_command(config: ConfigOption = None) -> None:
    """Receive and ingest events, and write over what somebody changed on the platform, until SIGTERM (exit 0).

    A small plan follows within seconds where policy.on_drift is "enforce"; it is guarded like any plan. Whole runs are
    made by `syncd reconcile` and its timer.

    Example: `syncd serve`
    """
    _run(config, _healing)


@asynccontextmanager
async def _ingesting(loaded: Loaded, store: Store) -> AsyncIterator[Following]:
    settings = with_read_only(loaded).settings
    async with client(settings) as platform:
        ports = Ingest(platform, store, time.time, settings.platform.callback.window)
        yield lambda wake, stop: follow(ports, wake, stop, log_followed)


@asynccontextmanager
async def _healing(loaded: Loaded, store: Store) -> AsyncIterator[Following]:
    async with world(loaded, store) as everything:
        ports = Ingest(everything.platform, store, everything.clock, loaded.settings.platform.callback.window)
        yield lambda wake, stop: follow_and_heal(everything, ports, wake, stop, log_followed)


def _run(config: Path | None, working: Working) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    receipts = Receipts()
    with opened(config) as (loaded, store), _reception(loaded, store) as receive:

        async def work(stop: Stop) -> None:
            async with working(loaded, store) as following:
                await receive_and_follow(receive, receipts, following, stop)

        _, signalled = run_until_stopped(work)
    note("received: " + (", ".join(f"{name} {count}" for name, count in sorted(receipts.counts.items())) or "nothing"))
    # SIGTERM is how a service is stopped, and it has done all that it should (DESIGN 4, commands).
    leave(0 if signalled == TERMINATED else signalled)


@contextmanager
def _reception(loaded: Loaded, store: Store) -> Iterator[Reception]:
    """Take the address of the listener, and give what receives events there."""
    from syncd.events import serving  # noqa: PLC0415 - a server is no matter of the other commands

    settings = listener_settings(loaded.settings)
    tls = serving.certificate(settings)
    with serving.bound(settings) as listener:

        async def receive(tell: Observer, stop: Stop) -> None:
            note(f"events are received at {serving.address(settings, listener)}; stop it with Ctrl-C or SIGTERM")
            await serving.receive_events(settings, tls, listener, store, tell, stop)

        yield receive
