"""Several replicas before one PostgreSQL, whose leader is killed again and again while they make a first sync."""

import http.client
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from syncd.sandbox.faults import Fault, Order
from syncd.shadow.store import Store, open_store
from syncd.testing.company import Company
from syncd.testing.throwaway import free_ports
from tests.kit.installation.callbacks import JSON, SETTINGS, Sender, event, is_success, sealed
from tests.kit.installation.site import Site

PATIENCE = 120.0
REPLICAS = 3
CONCURRENCY = 8  # calls in flight at most: the default of platform.concurrency
QUICK, SLOW = 0.05, 2.0  # seconds that the platform takes for an addition
IN_FLIGHT_SECONDS = 0.3  # after which what was in flight at a kill has arrived
EVENT_SECONDS = 0.05
TRY_SECONDS = 0.4  # that one replica is given to answer; the platform itself waits 1.5 in all
ALONE_SECONDS = 5.0
TAIL = """
[listener]
bind = "127.0.0.1:0"
[store]
url = "{store}"
[policy]
on_configuration = "apply"
[limits]
create = {{}}
[schedule]
reconcile = "10s"
refresh = "off"
prune = "off"
"""


class Figures(msgspec.Struct, frozen=True):
    """How it went; times are in seconds.

    `made` are the additions that were carried out, `repeated` those that stand more than once in the platform's log,
    `twice` those that were carried out more than once. `took_over` is how long after each kill another one led,
    `went_on` how long until it made its first call. `events` were answered, the slowest after `slowest`, `elsewhere` of
    them by another replica than the one that was asked first.
    """

    kills: int
    made: int
    repeated: int
    twice: int
    took_over: tuple[float, ...]
    went_on: tuple[float, ...]
    events: int
    elsewhere: int
    slowest: float
    seconds: float


class Replica:
    """A `syncd serve` with all that it begins, which is killed as a machine or a container is."""

    def __init__(self, site: Site, number: int) -> None:
        self._site, self._out = site, site.folder / f"replica{number}.out"
        (port,) = free_ports(1)
        self._bind = f"127.0.0.1:{port}"
        self.url = f"http://{self._bind}/callback"
        self.start()

    def start(self) -> None:
        """Begin it."""
        with self._out.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                self._site.command("serve"),
                cwd=self._site.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"SYNCD_LISTENER__BIND": self._bind, "SYNCD_ADMIN__BIND": "127.0.0.1:0"},
            )

    def kill(self) -> None:
        """End it and all that it has begun, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End it if it is there."""
        if self.process.poll() is None:
            self.kill()

    def stop(self) -> int:
        """Ask it to stop, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    @property
    def said(self) -> str:
        """Give what it has said so far, in all its lives."""
        return self._out.read_text(encoding="utf-8")


class FailingOver(threading.Thread):
    """Posts one event after the other, in turn to each replica, as a proxy before them does.

    Who does not answer `success` in time is left alone for a while, and the next one is asked.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__(name="failing over")
        self._senders = deque(Sender(url, TRY_SECONDS) for url in urls)
        self._not_before: dict[Sender, float] = dict.fromkeys(self._senders, 0.0)
        self._ended = threading.Event()
        self.answered: list[bytes] = []
        self.elsewhere, self.slowest = 0, 0.0

    def run(self) -> None:
        """Post until the end."""
        while not self._ended.wait(EVENT_SECONDS):
            message = event("heartbeat", [len(self.answered)])
            begun, tries = time.monotonic(), 1
            while not self._is_taken(self._next(), message):
                tries += 1
                if self._ended.is_set():
                    return
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.elsewhere += tries > 1
            self.answered.append(message)

    def _next(self) -> Sender:
        """Give the one whose turn it is; where all are to be left alone, whoever is for the shortest time."""
        self._senders.rotate()
        return min(self._senders, key=lambda one: max(self._not_before[one], time.monotonic()))

    def _is_taken(self, sender: Sender, message: bytes) -> bool:
        try:
            status, content = sender.post(msgspec.json.encode(sealed(message)), **{"content-type": JSON})
        except (OSError, http.client.HTTPException):
            status, content = 0, b""
        is_taken = status == 200 and is_success(content)
        self._not_before[sender] = 0.0 if is_taken else time.monotonic() + ALONE_SECONDS
        return is_taken

    def end(self) -> None:
        """Let it finish the event that it is at."""
        self._ended.set()
        self.join()
        for one in self._senders:
            one.__exit__()


class Drill:
    """Replicas of an installation on a store, and somebody who posts events to them."""

    def __init__(self, site: Site, store_url: str) -> None:
        self._site = site
        site.configure(tail=SETTINGS + TAIL.format(store=store_url))
        self.let_through(0)
        self._store: Store = open_store(store_url)
        self._replicas: list[Replica] = []
        self._took_over: list[float] = []
        self._went_on: list[float] = []

    @contextmanager
    def running(self) -> Iterator[FailingOver]:
        """Begin everything; in the end nothing of it is left."""
        with ExitStack() as stack:
            stack.callback(self._store.close)
            for number in range(REPLICAS):
                self._replicas.append(Replica(self._site, number))
                stack.callback(self._replicas[-1].close)
            for one in self._replicas:
                wait(lambda one=one: "events are received" in one.said)  # type: ignore[misc]
            posting = FailingOver([one.url for one in self._replicas])
            posting.start()
            stack.callback(posting.end)
            yield posting

    def leader(self, besides: int = 0) -> Replica | None:
        """Give the replica that leads, if it is not the process that is left aside."""
        found = self._store.leader()
        led = [one for one in self._replicas if found and one.process.pid == found.pid != besides]
        return led[0] if led else None

    def kill_leader(self) -> None:
        """Kill who leads, wait until another one goes on, and let the killed one come back."""
        wait(self.leader)
        killed = self.leader()
        assert killed is not None
        former = killed.process.pid
        at = time.monotonic()
        killed.kill()
        wait(lambda: self.leader(former))
        self._took_over.append(time.monotonic() - at)
        time.sleep(max(0.0, at + IN_FLIGHT_SECONDS - time.monotonic()))
        self.let_through(1)
        self._went_on.append(time.monotonic() - at)
        begun = killed.said.count("events are received")
        killed.start()
        wait(lambda: killed.said.count("events are received") > begun)

    def let_through(self, count: int) -> None:
        """Wait until so many additions more were made quickly; those after them take their time, until the next call.

        So the sync goes on and is not over before the last kill, however busy the machine is.
        """
        faults, calls = self._site.sandbox.faults, self._site.sandbox.calls
        made = len(calls)
        faults.clear()
        faults.order(
            Order(Fault.LATENCY, "/add", -1, QUICK), Order(Fault.LATENCY, "/add", -1, SLOW, after=count + CONCURRENCY)
        )
        wait(lambda: len(calls) >= made + count)

    def finish(self, posting: FailingOver) -> None:
        """Wait until a run is done, and let everybody stop, who posts before the others."""
        self._site.sandbox.faults.clear()
        wait(self._is_done)
        posting.end()
        assert [one.stop() for one in self._replicas] == [0] * REPLICAS

    def _is_done(self) -> bool:
        with self._store.reading() as work:
            return work.runs.latest(1)[0].outcome == "done"

    def lost(self, answered: Sequence[bytes]) -> set[bytes]:
        """Give the events that were answered `success` and are not in the inbox."""
        with self._store.reading() as work:
            return set(answered) - {one.body for one in work.inbox.latest(10**9)}

    def figures(self, posting: FailingOver, seconds: float) -> Figures:
        """Give how it went."""
        # A request that was cut off in the middle by a kill says of whom it is not.
        calls = ((call, sent.get("id"), code) for call, sent, code in self._site.sandbox.calls)
        added = [one for one in calls if one[0].endswith("/add") and one[1]]
        asked = Counter(one[:2] for one in added)
        made = Counter(one[:2] for one in added if one[2] == 10000)
        return Figures(
            kills=len(self._took_over),
            made=len(made),
            repeated=sum(count > 1 for count in asked.values()),
            twice=sum(count > 1 for count in made.values()),
            took_over=tuple(self._took_over),
            went_on=tuple(self._went_on),
            events=len(posting.answered),
            elsewhere=posting.elsewhere,
            slowest=posting.slowest,
            seconds=seconds,
        )


def drill(site: Site, store_url: str, company: Company, kills: int) -> tuple[Figures, set[bytes]]:
    """Let three replicas make the first sync of a company while the leader is killed so many times.

    Give the figures, and the events that were answered and are lost.
    """
    site.employ(company)
    begun = time.monotonic()
    moments = random.Random(20261126)  # noqa: S311 - the same moments each time
    # Half of all is left for what goes on slowly while killed replicas come back.
    stride = len(company.people) // (2 * kills + 1)
    made = Drill(site, store_url)
    with made.running() as posting:
        for _ in range(kills):
            made.let_through(moments.randint(stride // 2, stride))
            made.kill_leader()
        made.finish(posting)
        return made.figures(posting, time.monotonic() - begun), made.lost(posting.answered)


def wait(what: Callable[[], object]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.01)


def tracebacks(site: Site) -> list[str]:
    """Give what of the replicas' output no administrator should see."""
    said = "".join(one.read_text(encoding="utf-8") for one in site.folder.glob("replica*.out"))
    return re.findall(r"Traceback.*", said)
