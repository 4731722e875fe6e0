"""Receiving events, ingesting them, and healing what they show to have drifted: side by side in one process."""

import asyncio
from collections.abc import Awaitable, Callable

from syncd.app.first_fault import first_fault
from syncd.app.following import Heal, SmallPlans, follow
from syncd.app.ingest import Ingest, Ingestion
from syncd.app.receiving import Observer, Receipt
from syncd.app.reconcile import Report
from syncd.app.stopping import Stop
from syncd.errors import SyncdError
from syncd.telemetry.following import log_followed

Reception = Callable[[Observer, Stop], Awaitable[None]]
"""Receives events until the stop, and tells how each request ended."""


async def run_events(receive: Reception, tell: Observer, ports: Ingest, heal: Heal | None, stop: Stop) -> None:
    """Receive and ingest events until the stop; heal what has drifted where `heal` is given.

    What was accepted is answered, and what is being written is finished. Raises what ends the reception.
    """
    wake = asyncio.Event()
    small = SmallPlans(heal, log_followed) if heal else None

    def received(receipt: Receipt, sender: str, why: str) -> None:
        tell(receipt, sender, why)
        if receipt is Receipt.STORED:
            wake.set()

    def followed(what: Ingestion | Report | SyncdError) -> None:
        log_followed(what)
        if isinstance(what, Ingestion) and small is not None:
            small.note(what.drifted)

    with first_fault():
        async with asyncio.TaskGroup() as group:
            group.create_task(_until_it_ends(receive(received, stop), stop))
            group.create_task(follow(ports, wake, stop, followed))
            if small is not None:
                group.create_task(small.run(stop))


async def _until_it_ends(reception: Awaitable[None], stop: Stop) -> None:
    try:
        await reception
    finally:
        stop.set()
