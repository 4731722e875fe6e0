"""listen: receive the platform's events, until it is stopped."""

import sys

from syncd.app.stopping import Stop
from syncd.bootstrap import listener_settings
from syncd.cli.session import TERMINATED, ConfigOption, leave, note, opened, run_until_stopped
from syncd.telemetry.receiving import Receipts

# A thread that computes keeps the interpreter for 5 ms unless told otherwise, and the loop gives it away with each call
# of the system: beside one, this halves every answer's time (docs/decisions/0010-events.md).
SWITCH_SECONDS = 0.0001


def listen_command(config: ConfigOption = None) -> None:
    """Receive the platform's events into the inbox, until SIGTERM (exit 0) or Ctrl-C.

    Several may run before one PostgreSQL store, behind one address. docs/guides/events.md has the settings and a proxy.

    Example: `syncd listen`
    """
    from syncd.events import serving  # noqa: PLC0415 - a server is no matter of the other commands

    sys.setswitchinterval(SWITCH_SECONDS)
    with opened(config) as (loaded, store):
        settings = listener_settings(loaded.settings)
        tls = serving.certificate(settings)
        receipts = Receipts()
        with serving.bound(settings) as listener:

            async def work(stop: Stop) -> None:
                note(f"events are received at {serving.address(settings, listener)}; stop it with Ctrl-C or SIGTERM")
                # Whatever else this process does with events begins here, beside their reception.
                await serving.receive_events(settings, tls, listener, store, receipts, stop)

            _, signalled = run_until_stopped(work)
    note("received: " + (", ".join(f"{name} {count}" for name, count in sorted(receipts.counts.items())) or "nothing"))
    # SIGTERM is how a service is stopped, and it has done all that it should (DESIGN 4, commands).
    leave(0 if signalled == TERMINATED else signalled)
