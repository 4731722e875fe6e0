"""The listener is a process of its own, which the daemon watches and begins again."""

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from syncd.app.receiving import Receipt
from syncd.errors import SyncdError
from syncd.service import listener_process
from syncd.service.listener_process import ListenerProcess
from tests.kit.waiting import DEADLINE_SECONDS, until

WELL = "import sys; print('{}', flush=True); print('{\"stored\": 2}', flush=True); sys.stdin.read()"
ENDS = "print('{}', flush=True); print('{\"stored\": 1}', flush=True)"
HANGS = "import time; print('{}', flush=True); time.sleep(60)"
FAILS = "raise SystemExit(3)"


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    """Give a socket."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


class Watched:
    """A listener that is one of these programs after the other, the last again and again."""

    def __init__(self, bound: socket.socket, *programs: str) -> None:
        self.programs = list(programs)
        self.counts: Counter[Receipt] = Counter()
        self.restarts = 0
        self.listener = ListenerProcess(self._command, bound, "http://x", self.counts.update, self._restarted)

    def _command(self, _descriptor: int) -> tuple[str, ...]:
        program = self.programs.pop(0) if len(self.programs) > 1 else self.programs[0]
        return (sys.executable, "-c", program)

    def _restarted(self) -> None:
        self.restarts += 1


@pytest.fixture
async def ended() -> AsyncIterator[Callable[[ListenerProcess], None]]:
    """Give what watches a listener until the end of a test, at which it ends at once."""
    listeners: list[tuple[ListenerProcess, asyncio.Task[None]]] = []

    def watch(listener: ListenerProcess) -> None:
        listeners.append((listener, asyncio.create_task(listener.watch())))

    yield watch
    for listener, watching in listeners:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await listener.end()
            await watching


async def test_it_tells_what_came_and_ends_with_its_input(
    bound: socket.socket, ended: Callable[[ListenerProcess], None]
) -> None:
    """A listener accepts requests from its first line on, and what it tells is counted."""
    watched = Watched(bound, WELL)
    assert not watched.listener.is_accepting
    await watched.listener.begin()
    assert watched.listener.is_accepting
    ended(watched.listener)
    await until(lambda: watched.counts == {Receipt.STORED: 2})
    assert watched.restarts == 0


async def test_one_that_ends_is_begun_again(bound: socket.socket, ended: Callable[[ListenerProcess], None]) -> None:
    """A listener that ends is begun again, and what the first one had told still counts."""
    watched = Watched(bound, ENDS, WELL)
    await watched.listener.begin()
    ended(watched.listener)
    await until(lambda: watched.counts == {Receipt.STORED: 3})
    assert watched.restarts == 1
    assert watched.listener.is_accepting


async def test_one_that_hangs_is_not_ready_and_then_begun_again(
    bound: socket.socket, ended: Callable[[ListenerProcess], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener that says nothing for a while is not ready, and is then begun again."""
    monkeypatch.setattr(listener_process, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(listener_process, "HANGING_SECONDS", 0.5)
    watched = Watched(bound, HANGS, WELL)
    await watched.listener.begin()
    ended(watched.listener)
    await until(lambda: not watched.listener.is_accepting)
    await until(lambda: watched.restarts == 1)
    # The next one says nothing after its first lines either, and is not to be begun again for it.
    monkeypatch.setattr(listener_process, "HANGING_SECONDS", DEADLINE_SECONDS)
    await until(lambda: watched.counts == {Receipt.STORED: 2})


async def test_one_that_cannot_be_begun_says_so(bound: socket.socket) -> None:
    """A listener that ends as it begins is an error with its exit code."""
    with pytest.raises(SyncdError, match="the listener ended as it began, with exit code 3"):
        await Watched(bound, FAILS).listener.begin()


async def test_one_that_never_comes_back_is_tried_again_and_ends_at_once(
    bound: socket.socket, ended: Callable[[ListenerProcess], None]
) -> None:
    """A listener that cannot be begun again is tried again, and the daemon lives on without it."""
    watched = Watched(bound, ENDS, FAILS)
    await watched.listener.begin()
    ended(watched.listener)
    await until(lambda: watched.restarts == 2)
    assert not watched.listener.is_accepting
