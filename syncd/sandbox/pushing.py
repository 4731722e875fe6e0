"""Every change of the company told to the receiver of its events, in order, and never by the call that made it."""

import asyncio
import contextlib
import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from syncd.errors import ConfigurationError
from syncd.sandbox.answers import Answers
from syncd.sandbox.company import Action, Company, Kind, Record
from syncd.sandbox.delivery import Delivery
from syncd.sandbox.envelopes import Outgoing, complaint, outgoing
from syncd.sandbox.events import Event, event_of
from syncd.sandbox.posting import Poster, Unanswered
from syncd.sandbox.sealing import keys_of, sealed
from syncd.sandbox.sent import Sent
from syncd.sandbox.state import CallbackSettings
from syncd.wire.callback import CallbackKeys

REMEMBERED = 1_000
REMEMBERED_FAILURES = 100
NO_URL = "no URL is set any more"
LOST = "lost on purpose"
GIVING_WAY = 0.002


class Counts(msgspec.Struct):
    """What became of events: `overflowed` found the queue full; `lost` and `repeated` are those of the delivery."""

    answered: int = 0
    failed: int = 0
    overflowed: int = 0
    lost: int = 0
    repeated: int = 0


class Settled(msgspec.Struct, frozen=True):
    """What became of an event, at a time in seconds since the epoch; `problem` is empty where it was answered."""

    number: int
    at: float
    event_type: str
    ids: list[str]
    tries: int
    problem: str


class Letter(msgspec.Struct):
    """An event, with the request that bears it once it is sealed, and for whom it is sealed."""

    event: Event
    request: Outgoing | None = None
    keys: CallbackKeys | None = None

    def is_to_seal(self, keys: CallbackKeys, delivery: Delivery) -> bool:
        """Tell whether it is to be sealed before it is sent."""
        return self.keys is not keys or delivery.sealed == "each" or delivery.stamped == "sending"


class Pushes:
    """The events of one company; `run` sends them while a server lives, and any thread may change the company.

    `appkey` gives the receiver's name, `calls` the number of calls that came in: while they come, events give way to
    them. `sending` is the number of events on their way. `delivery` can be replaced at any time and holds from the next
    event on. `settled` has the last 1,000 events, `failures` the last 100 that were not answered with success, `sent`
    the last requests.
    """

    def __init__(self, company: Company, appkey: Callable[[], str], calls: Callable[[], int]) -> None:
        self.counts, self.sending = Counts(), 0
        self.settled: deque[Settled] = deque(maxlen=REMEMBERED)
        self.failures: deque[Settled] = deque(maxlen=REMEMBERED_FAILURES)
        self.sent = Sent()
        self._company, self._answers = company, Answers(company)
        self._appkey, self._calls, self._calls_seen = appkey, calls, 0
        self._numbers = itertools.count(1)
        self._waiting: deque[tuple[float, Event]] = deque()
        self._window: deque[Letter] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._poster = Poster()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_asleep = False
        self._keys: tuple[CallbackSettings, str, CallbackKeys] | None = None
        self.delivery = Delivery()
        company.observe(self._note)

    @property
    def delivery(self) -> Delivery:
        """Give how events are delivered."""
        return self._delivery

    @delivery.setter
    def delivery(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._chance = random.Random(delivery.seed)  # noqa: S311 - no secret hangs on it
        self._wake()

    @property
    def settings(self) -> CallbackSettings:
        """Give where events go."""
        return self._company.state.callback

    @settings.setter
    def settings(self, settings: CallbackSettings) -> None:
        self._company.state.callback = settings
        if not settings.url:
            self._waiting.clear()
            self._window.clear()

    @property
    def keys(self) -> CallbackKeys:
        """Give what events are sealed with; raises `ConfigurationError` for an aes_key that is none."""
        settings, appkey = self.settings, self._appkey()
        if self._keys is None or self._keys[0] is not settings or self._keys[1] != appkey:
            self._keys = settings, appkey, keys_of(settings, appkey)
        return self._keys[2]

    @property
    def waiting(self) -> int:
        """Tell how many changes have not been sent yet."""
        return len(self._waiting) + len(self._window)

    async def run(self) -> None:
        """Send what waits, until cancelled; what waits then is never told."""
        self._woken, self._freed = asyncio.Event(), asyncio.Event()
        self.sending = 0
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        try:
            while True:
                await self._until_due()
                self._window.extend(self._taken())
                while self._window:
                    await self._give_way()
                    await self._send_next()
        finally:
            self._loop = None
            for task in self._tasks:
                task.cancel()
            self._poster.close()

    def _note(self, kind: Kind, action: Action, record: Record) -> None:
        if not self.settings.url:
            return
        if len(self._waiting) >= self._delivery.queue:
            self.counts.overflowed += 1
            return
        event = event_of(self._answers, kind, action, record, self._company.clock())
        self._waiting.append((time.monotonic(), event))
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and self._is_asleep:
            self._is_asleep = False
            if threading.get_ident() == self._thread:
                self._woken.set()
            else:
                loop.call_soon_threadsafe(self._woken.set)

    async def _until_due(self) -> None:
        """Wait for the first event that has waited long enough."""
        while True:
            self._woken.clear()
            # Said before the queue is looked at: who adds to it afterwards, from whatever thread, wakes us.
            self._is_asleep = True
            left = self._waiting[0][0] + self._delivery.delay - time.monotonic() if self._waiting else None
            if left is not None and left <= 0:
                self._is_asleep = False
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._woken.wait()

    def _taken(self) -> list[Letter]:
        """Take a window of events from the queue, some lost, some twice, in the order in which they leave."""
        letters: list[Letter] = []
        for _ in range(self._delivery.window):
            if not self._waiting:
                break
            letter = Letter(self._next())
            if self._chance.random() < self._delivery.lost:
                self.counts.lost += 1
                self._settle(letter, 0, LOST)
                continue
            letters.append(letter)
            if self._chance.random() < self._delivery.repeated:
                self.counts.repeated += 1
                letters.append(letter)
        if self._delivery.window > 1:
            self._chance.shuffle(letters)
        return letters

    def _next(self) -> Event:
        _, event = self._waiting.popleft()
        while self._waiting and len(event.ids) < self._delivery.batch and self._waiting[0][1].type == event.type:
            event = event.with_next(self._waiting.popleft()[1])
        return event

    async def _give_way(self) -> None:
        """Let calls go first: while they come in, events take a part of the time that does not slow them by a third."""
        if self._calls_seen != self._calls():
            await asyncio.sleep(GIVING_WAY)
            self._calls_seen = self._calls()

    async def _send_next(self) -> None:
        """Send an event of the window, beside those on their way as soon as there are few enough of them."""
        while self.sending >= self._delivery.senders:
            self._freed.clear()
            await self._freed.wait()
        if not self._window:
            return
        letter = self._window.popleft()
        self.sending += 1
        if self._delivery.senders == 1:
            await self._deliver(letter)
            return
        task = asyncio.create_task(self._deliver(letter))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, letter: Letter) -> None:
        for tries in itertools.count(1):
            problem = await self._tried(letter)
            if not problem or problem == NO_URL or tries >= self._delivery.tries:
                break
            await asyncio.sleep(self._delivery.pause)
        if problem:
            self.counts.failed += 1
        else:
            self.counts.answered += 1
        self._settle(letter, tries, problem)
        self.sending -= 1
        self._freed.set()

    async def _tried(self, letter: Letter) -> str:
        """Send an event once, and tell what went wrong."""
        settings, delivery = self.settings, self._delivery
        if not settings.url:
            return NO_URL
        try:
            keys = self.keys
            if letter.request is None or letter.is_to_seal(keys, delivery):
                at = self._company.clock() if delivery.stamped == "sending" else letter.event.at
                letter.request, letter.keys = (
                    outgoing(delivery, sealed(keys, delivery, letter.event.message(), at)),
                    keys,
                )
            status, body = await self._poster.post(settings.url, letter.request, delivery.timeout)
        except (Unanswered, ConfigurationError) as error:
            return str(error)
        return complaint(keys, status, body)

    def _settle(self, letter: Letter, tries: int, problem: str) -> None:
        event, number = letter.event, next(self._numbers)
        settled = Settled(number, self._company.clock(), event.type, event.ids, tries, problem)
        self.settled.append(settled)
        if problem and problem != LOST:
            self.failures.append(settled)
        if letter.request is not None:
            self.sent.add(number, letter.request)
