"""Messages as they come through a socket, whole ones only."""

from typing import Protocol

from syncd.directory.ber import LONGEST, SHORT, Malformed
from syncd.directory.ldap_answers import MESSAGE_LIMIT, SEQUENCE, Message, message
from syncd.directory.read_meter import OVERHEAD, ReadMeter

CHUNK = 256 * 1024


class Receiver(Protocol):
    """What a socket is here."""

    def recv(self, size: int, /) -> bytes:
        """Give what has come, nothing at the end."""


class Ended(Exception):
    """The server closed the connection; never leaves this package."""


class MessageStream:
    """Cuts what comes through a socket into messages of at most `limit` bytes; `meter` counts them, if there is one."""

    def __init__(self, socket: Receiver, limit: int = MESSAGE_LIMIT, meter: ReadMeter | None = None) -> None:
        self._socket = socket
        self._limit = limit
        self.meter = meter
        self._messages = 0
        self._data = b""
        self._at = 0

    @property
    def holds_bytes(self) -> bool:
        """Tell whether bytes of the next message have been received."""
        return self._at < len(self._data)

    def next(self) -> Message:
        """Give the next message.

        Raises `Ended` at the end of the connection, `Malformed` at bytes that are no message or announce one that is
        too long, `SourceBroken` where the meter has run out, and what the socket raises, a time-out among it.
        """
        self._need(2)
        tag, size = self._data[self._at], self._data[self._at + 1]
        head = 2
        if size >= SHORT:
            octets = size - SHORT
            head += octets
            if not 0 < octets <= LONGEST:
                raise Malformed("a message has a length that is none")
            self._need(head)
            size = int.from_bytes(self._data[self._at + 2 : self._at + head], "big")
        if tag != SEQUENCE:
            raise Malformed("what came is no LDAP message")
        if size > self._limit:
            raise Malformed(f"a message announces {size} bytes, more than the {self._limit} that are taken")
        self._need(head + size)
        start = self._at + head
        self._at = start + size
        self._messages += 1
        return message(self._data[start : self._at])

    def _need(self, size: int) -> None:
        """Receive until so many bytes are there."""
        missing = self._at + size - len(self._data)
        if missing <= 0:
            return
        parts = [self._data[self._at :]]
        while missing > 0:
            part = self._socket.recv(CHUNK)
            if not part:
                raise Ended("the server closed the connection")
            parts.append(part)
            missing -= len(part)
            if self.meter is not None:
                # Counted by what comes through the socket at once: a count for each entry would take its time.
                self.meter.take(len(part) + self._messages * OVERHEAD)
                self._messages = 0
        self._data, self._at = b"".join(parts), 0
