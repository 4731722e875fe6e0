"""What the server lacks: a limit of the head of a request, in bytes and in time."""

import asyncio
from typing import Any

from syncd.wire.upgrade_offers import OfferBlindProtocol

MOST_HEAD = 64 << 10
HEAD_SECONDS = 10.0


class HastyProtocol(OfferBlindProtocol):
    """HTTP/1.1 whose heads are whole within ten seconds and 64 KiB, and the rest of a refused body in as long.

    The server itself closes an idle connection.
    """

    _head = 0
    _deadline: asyncio.TimerHandle | None = None
    _rest: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - the library's signature
        """Begin, and wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._head_is_whole()
        self._body_is_whole()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; the parser keeps the parts of a head, so how much may come is for us to say."""
        was_waiting = self._deadline is not None
        super().data_received(data)
        # What came before the head began belonged to a body, and one read is bounded by itself.
        if was_waiting and self._deadline is not None:
            self._head += len(data)
            if self._head > MOST_HEAD and not self.transport.is_closing():
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Wait for a head; the first one's time runs since the connection."""
        super().on_message_begin()
        if self._deadline is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Go on with the body, whose time the application measures."""
        self._head_is_whole()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Go on; where the answer came before the body was whole, nobody measures the time of its rest."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body and self._rest is None:
            self._rest = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def on_message_complete(self) -> None:
        """Take the end of a body."""
        self._body_is_whole()
        super().on_message_complete()

    def _body_is_whole(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _wait_for_head(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _head_is_whole(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
