"""A process that lives for years: one configuration after the other, and signals."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from syncd.app.stopping import Stop
from syncd.errors import SyncdError
from syncd.service.generation import Generation
from syncd.service.supervision import Supervisor


class Wishes:
    """What signals ask of a daemon."""

    def __init__(self) -> None:
        self.reload = asyncio.Event()
        self._now: Callable[[], None] | None = None

    def meet(self, now: Callable[[], None]) -> None:
        """Let passes be made by `now` from here on."""
        self._now = now

    def pass_now(self) -> None:
        """Ask for a pass."""
        if self._now is not None:
            self._now()


async def live(renew: Callable[[], Awaitable[Generation]], stop: Stop, wishes: Wishes, supervisor: Supervisor) -> None:
    """Run the configuration as it is, and as it is after each reload, until the stop.

    `renew` reads and checks it and has its generation begun; a configuration that cannot be used is refused, and the
    one before stays. Raises what the first `renew` raises, and what a generation cannot live with.
    """
    generation = await renew()
    feeding = asyncio.create_task(supervisor.feed())
    try:
        while not stop.is_set():
            wishes.meet(generation.now)
            supervisor.ready()
            generation = await _until_another(generation, renew, stop, wishes, supervisor)
    finally:
        supervisor.stopping()
        feeding.cancel()


async def _until_another(
    generation: Generation,
    renew: Callable[[], Awaitable[Generation]],
    stop: Stop,
    wishes: Wishes,
    supervisor: Supervisor,
) -> Generation:
    """Run one generation until the stop, or until another has begun; give that."""
    mine = Stop()
    running = asyncio.create_task(generation.run(mine))
    another: Generation | None = None
    try:
        while another is None and await _first(running, stop.wait(), wishes.reload.wait()):
            if stop.is_set():
                break
            wishes.reload.clear()
            supervisor.reloading()
            another = await _renewed(renew)
            if another is None:
                supervisor.ready()
    finally:
        mine.exit = stop.exit
        mine.set()
        await running
    if another is None:
        return generation
    structlog.get_logger().info("reloaded", action="reloaded")
    return another


async def _renewed(renew: Callable[[], Awaitable[Generation]]) -> Generation | None:
    log = structlog.get_logger()
    try:
        another = await renew()
    except SyncdError as error:
        why = str(error)
        log.error("reload refused; the configuration before stays in use", action="reload_refused", why=why)  # noqa: TRY400 - foreseeable
        return None
    return another


async def _first(running: asyncio.Task[None], *waits: Coroutine[Any, Any, object]) -> bool:
    """Wait for the first of these; tell whether the running one is not it."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    await asyncio.wait((running, *tasks), return_when=asyncio.FIRST_COMPLETED)
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return not running.done()
