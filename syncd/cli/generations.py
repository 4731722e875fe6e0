"""What listen and serve do under a configuration, wired anew at each reload."""

import asyncio
import importlib.metadata
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from syncd.app.auditing import Outlet
from syncd.app.following import Tell, follow, follow_and_heal
from syncd.app.incremental import Incremental
from syncd.app.ingest import Ingestion
from syncd.app.receiving import Receipt
from syncd.app.reconcile import Report
from syncd.app.records import AUDIT_LOGGED
from syncd.app.small_plan import Waits
from syncd.app.world import World
from syncd.bootstrap.actors import serving_actor
from syncd.bootstrap.configuring import note_in_use
from syncd.bootstrap.daemon import ingest, listener_settings, retention
from syncd.bootstrap.decisions import with_read_only
from syncd.bootstrap.faces import faces
from syncd.bootstrap.feeds import feeds
from syncd.bootstrap.notifications import notification
from syncd.bootstrap.platforms import client, with_normal_ids
from syncd.bootstrap.stores import opened_store
from syncd.bootstrap.world import world
from syncd.cli.session import configured
from syncd.cli.stopping import configure_logs
from syncd.cli.terminal import note, spoken
from syncd.config.addresses import host_and_port, http_url
from syncd.config.loading import Loaded, load
from syncd.config.settings import Settings
from syncd.config.timing import timing
from syncd.errors import ConfigurationError, SyncdError
from syncd.events.serving import address, certificate
from syncd.service.addresses import Addresses
from syncd.service.admin import AdminApplication, AdminPorts, serve_admin
from syncd.service.daemon import Wishes
from syncd.service.decisions import DecisionsTold
from syncd.service.duties import Duties, Duty
from syncd.service.following_sources import FollowingSources
from syncd.service.generation import Arrivals, Generation, Work
from syncd.service.leading import Leading
from syncd.service.listener_process import ListenerProcess
from syncd.service.passes import Passes
from syncd.service.schedule import Schedule, Times
from syncd.shadow import schema
from syncd.shadow.store import Store
from syncd.telemetry.audit import log_decisions
from syncd.telemetry.following import log_followed
from syncd.telemetry.metrics import Metrics

Remedy = Callable[[], None]


class Surroundings(msgspec.Struct, frozen=True):
    """What work needs beside its configuration and store: what counts, what a failure may be mended by, and addresses.

    `accepts` tells whether the listener takes requests; without one nothing is lacking. `is_reload` says that another
    configuration was in use before.
    """

    metrics: Metrics
    remedy: Remedy
    addresses: Addresses
    accepts: Callable[[], bool]
    is_reload: bool = False

    def failed(self, duty: Duty, error: Exception) -> None:
        """Count a failure, and try what may mend it."""
        self.metrics.duty_failed(duty, error)
        self.remedy()


Working = Callable[[Loaded, Store, Surroundings], AbstractAsyncContextManager[Work]]


class Generations:
    """Makes what runs under the configuration as it is now, over and over; addresses and counts outlast a reload."""

    def __init__(self, config: Path | None, working: Working, *, needs_keys: bool) -> None:
        self._config, self._working, self._needs_keys = config, working, needs_keys
        self._addresses = Addresses()
        self._metrics = Metrics(importlib.metadata.version("syncd"), schema.head())
        self.wishes = Wishes()
        self._is_begun = False
        self.received: Counter[Receipt] = Counter()

    async def renew(self) -> Generation:
        """Read the configuration, and have what it says begun; raises `SyncdError`."""
        try:
            loaded = configured(self._config)
            configure_logs(loaded)
            return await self._begun(loaded)
        except BaseException:
            self._addresses.give_back()
            raise

    async def _begun(self, loaded: Loaded) -> Generation:
        arrivals = Arrivals(self._count)
        listener = self._listener(loaded, arrivals)
        async with AsyncExitStack() as held:
            store = held.enter_context(opened_store(loaded.settings))
            around = Surroundings(
                self._metrics,
                lambda: self._reread(loaded),
                self._addresses,
                lambda: listener is None or listener.is_accepting,
                self._is_begun,
            )
            work = await held.enter_async_context(self._working(loaded, store, around))
            if listener is not None:
                await listener.begin()
                note(spoken().say("note.listens", url=listener.url))
            self._is_begun = True
            return Generation(work, listener, arrivals, held.pop_all(), self._addresses.use)

    def _count(self, counts: Mapping[Receipt, int]) -> None:
        self.received.update(counts)
        self._metrics.receipts(counts)

    def _listener(self, loaded: Loaded, arrivals: Arrivals) -> ListenerProcess | None:
        """Give the listener, which is not begun; nothing where no keys are configured and none are needed."""
        if not self._needs_keys and not _has_keys(loaded.settings):
            note(spoken().say("note.no_keys"))
            return None
        settings = listener_settings(loaded.settings)
        certificate(settings)
        self._metrics.certificate(settings.certificate)
        bound = self._addresses.take("listener.bind", settings.host, settings.port)
        return ListenerProcess(
            partial(_receiver, loaded), bound, address(settings, bound), arrivals.tell, self._metrics.listener_restarted
        )

    def _reread(self, loaded: Loaded) -> None:
        """Ask for a reload after a failure, if a secret is another one by now; other changes wait for SIGHUP."""
        try:
            now = load(loaded.path, os.environ, Path.cwd()).settings
        except ConfigurationError:
            return
        # A dump shows no secrets, so that what differs behind equal dumps are those.
        if now != loaded.settings and now.model_dump() == loaded.settings.model_dump():
            self.wishes.reload.set()


def _has_keys(settings: Settings) -> bool:
    keys = settings.platform.callback
    return bool(keys.token.get_secret_value() or keys.aes_key.get_secret_value())


def _receiver(loaded: Loaded, number: int) -> Sequence[str]:
    """Give the command line of the listener; the folder of the moment is nowhere that its code may come from."""
    return (sys.executable, "-P", "-m", "syncd", "--config", str(loaded.path), "receive", "--socket", str(number))


@asynccontextmanager
async def ingesting(loaded: Loaded, store: Store, around: Surroundings) -> AsyncIterator[Work]:
    """Ingest what comes, and write nothing."""
    settings = with_read_only(loaded).settings
    async with client(settings, around.metrics) as platform:
        ports = ingest(settings, store, with_normal_ids(platform))
        yield Work(lambda wake, stop: (follow(ports, wake, stop, _told(around)),), lambda: None)


@asynccontextmanager
async def serving(loaded: Loaded, store: Store, around: Surroundings) -> AsyncIterator[Work]:
    """Ingest what comes, heal what drifted by it, make passes at their times, and show how things stand."""
    settings, actor = loaded.settings, serving_actor()
    # Who asked for a reload is not known, whoever began the daemon.
    note_in_use(loaded, store, msgspec.structs.replace(actor, person="") if around.is_reload else actor)
    host, port = host_and_port(settings.admin.bind)
    admin = around.addresses.take("admin.bind", host, port)
    note(spoken().say("note.admin", url=http_url(host, admin.getsockname()[1], "/")))
    async with world(loaded, store, around.metrics) as wired:
        everything = msgspec.structs.replace(wired, waits_after_failures=True)
        ports = ingest(settings, store, everything.platform)
        people, given = notification(settings, store), faces(loaded, everything)
        following = _following(settings, everything, around, lambda duty: duties.due(duty))  # noqa: PLW0108 - made below
        passes = Passes(everything, people, retention(settings), around.metrics, given, following)
        duties = Duties(passes.duties, everything.clock, around.failed)
        times = Times.of(settings.schedule, passes.duties)
        leading = Leading(
            store,
            duties,
            lambda: Schedule(times, duties.due, everything.clock()),
            lambda: everything.clock() - everything.decisions.approval_life,
            partial(_leads, around.metrics, following),
            DecisionsTold(Outlet(store, AUDIT_LOGGED, log_decisions), people, everything.clock),
        )
        yield Work(
            lambda wake, stop: (
                follow_and_heal(everything, ports, wake, stop, _told(around, lambda: duties.due(Duty.RECONCILE))),
                leading.run(stop),
                # The server closes what it is given, and the address is held over reloads.
                serve_admin(admin.dup(), _admin_pages(settings, store, around), stop),
            ),
            lambda: leading.now(Duty.RECONCILE),
        )


def _following(
    settings: Settings, everything: World, around: Surroundings, ask: Callable[[Duty], None]
) -> FollowingSources | None:
    """Make the duty of incremental reading; nothing where no source tells of changes, or nobody wants to know."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # of a loop that has ended meanwhile
            loop.call_soon_threadsafe(ask, Duty.INCREMENTAL)

    if timing(settings.schedule.incremental) is None:
        return None
    with everything.store.reading() as work:
        facts = work.facts.all()
    found = tuple(feeds(settings, facts, wake))
    whole = partial(ask, Duty.RECONCILE)
    if not found:
        return None
    return FollowingSources(Incremental(everything, found), whole, everything.clock, around.metrics, around.remedy)


def _leads(metrics: Metrics, following: FollowingSources | None, is_leader: bool) -> None:  # noqa: FBT001 - a callback
    metrics.leads(is_leader)
    if following and not is_leader:
        following.end()


def _admin_pages(settings: Settings, store: Store, around: Surroundings) -> AdminApplication:
    async def accepts() -> bool:
        return around.accepts()

    log, remove_after = settings.log, settings.policy.remove_after
    ports = AdminPorts(
        store,
        around.metrics,
        accepts,
        remove_after,
        log.lang,
        log.pii,
        _has_keys(settings),
        settings.schedule.timezone,
        os.environ,
    )
    return AdminApplication(ports)


def _told(around: Surroundings, ask_whole: Callable[[], object] = lambda: None) -> Tell:
    """Log and count what became of events, try the remedy after a fault, and let a whole run hold what has to wait."""

    def tell(what: Ingestion | Report | SyncdError | Waits) -> None:
        log_followed(what)
        if isinstance(what, SyncdError):
            around.remedy()
        elif isinstance(what, Waits):
            if not what.is_held:
                ask_whole()
        elif isinstance(what, Report):
            around.metrics.run_ended(what, "small_plan")
        else:
            around.metrics.passed_over(what.passed_over)

    return tell
