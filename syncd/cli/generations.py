"""What listen and serve do under a configuration, wired anew at each reload."""

import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from syncd.app.following import Tell, follow, follow_and_heal
from syncd.app.ingest import Ingest, Ingestion
from syncd.app.receiving import Receipt
from syncd.app.reconcile import Report
from syncd.bootstrap import client, listener_settings, notification, opened_store, retention, with_read_only, world
from syncd.cli.session import configured, note
from syncd.config.loading import Loaded, load
from syncd.errors import ConfigurationError, SyncdError
from syncd.service.addresses import Addresses
from syncd.service.daemon import Wishes
from syncd.service.duties import Duties, Duty
from syncd.service.generation import Arrivals, Generation, Work
from syncd.service.leading import Leading
from syncd.service.listener_process import ListenerProcess
from syncd.service.passes import Passes
from syncd.shadow.store import Store
from syncd.telemetry.following import log_followed

Remedy = Callable[[], None]
Working = Callable[[Loaded, Store, Remedy], AbstractAsyncContextManager[Work]]


class Generations:
    """Makes what runs under the configuration as it is now, over and over; addresses and counts outlast a reload."""

    def __init__(self, config: Path | None, working: Working, *, needs_keys: bool) -> None:
        self._config, self._working, self._needs_keys = config, working, needs_keys
        self._addresses = Addresses()
        self.wishes = Wishes()
        self.received: Counter[Receipt] = Counter()

    async def renew(self) -> Generation:
        """Read the configuration, and have what it says begun; raises `SyncdError`."""
        loaded = configured(self._config)
        arrivals = Arrivals(self.received)
        async with AsyncExitStack() as held:
            store = held.enter_context(opened_store(loaded.settings))
            work = await held.enter_async_context(self._working(loaded, store, lambda: self._reread(loaded)))
            if not self._needs_keys and not _has_keys(loaded):
                note("there are no keys of callbacks (platform.callback), so no events are received")
                return Generation(work, None, arrivals, held.pop_all(), lambda: self._addresses.keep(()))
            listener, begun = await self._receiving(loaded, arrivals)
            return Generation(work, listener, arrivals, held.pop_all(), begun)

    async def _receiving(self, loaded: Loaded, arrivals: Arrivals) -> tuple[ListenerProcess, Callable[[], None]]:
        """Begin a listener beside this process; give it, and what lets go of addresses that are no longer its."""
        from syncd.events import serving  # noqa: PLC0415 - a server is no matter of the other commands

        settings = listener_settings(loaded.settings)
        serving.certificate(settings)
        bound = self._addresses.take(settings.host, settings.port, "listener.bind")
        listener = ListenerProcess(lambda number: _receiver(loaded, number), bound, arrivals.tell)
        await listener.begin()
        note(f"events are received at {serving.address(settings, bound)}; stop it with Ctrl-C or SIGTERM")
        return listener, lambda: self._addresses.keep((bound,))

    def _reread(self, loaded: Loaded) -> None:
        """Ask for a reload after a failure, if a secret is another one by now; other changes wait for SIGHUP."""
        try:
            now = load(loaded.path, os.environ, Path.cwd()).settings
        except ConfigurationError:
            return
        # A dump shows no secrets, so that what differs behind equal dumps are those.
        if now != loaded.settings and now.model_dump() == loaded.settings.model_dump():
            self.wishes.reload.set()


def _has_keys(loaded: Loaded) -> bool:
    keys = loaded.settings.platform.callback
    return bool(keys.token.get_secret_value() or keys.aes_key.get_secret_value())


def _receiver(loaded: Loaded, number: int) -> Sequence[str]:
    """Give the command line of the listener; the folder of the moment is nowhere that its code may come from."""
    return (sys.executable, "-P", "-m", "syncd", "--config", str(loaded.path), "receive", "--socket", str(number))


@asynccontextmanager
async def ingesting(loaded: Loaded, store: Store, remedy: Remedy) -> AsyncIterator[Work]:
    """Ingest what comes, and write nothing."""
    settings = with_read_only(loaded).settings
    async with client(settings) as platform:
        ports = Ingest(platform, store, time.time, settings.platform.callback.window)
        yield Work(lambda wake, stop: (follow(ports, wake, stop, _told(remedy)),), lambda: None)


@asynccontextmanager
async def serving(loaded: Loaded, store: Store, remedy: Remedy) -> AsyncIterator[Work]:
    """Ingest what comes, heal what drifted by it, and make passes at their times."""
    from syncd.service.schedule import Schedule, Times  # noqa: PLC0415 - likewise

    settings = loaded.settings
    async with world(loaded, store) as everything:
        ports = Ingest(everything.platform, store, everything.clock, settings.platform.callback.window)
        passes = Passes(everything, notification(settings, store), retention(settings))
        duties = Duties(passes.duties, everything.clock, remedy)
        times = Times.of(settings.schedule)
        leading = Leading(
            store,
            duties,
            lambda: Schedule(times, duties.due, everything.clock()),
            lambda: everything.clock() - everything.decisions.approval_life,
        )
        yield Work(
            lambda wake, stop: (
                follow_and_heal(everything, ports, wake, stop, _told(remedy)),
                leading.run(stop),
            ),
            lambda: leading.now(Duty.RECONCILE),
        )


def _told(remedy: Remedy) -> Tell:
    """Log what became of events, and try the remedy after a fault."""

    def tell(what: Ingestion | Report | SyncdError) -> None:
        log_followed(what)
        if isinstance(what, SyncdError):
            remedy()

    return tell
