"""The last requests that bore an event, to be sent again byte for byte."""

from collections.abc import Collection

from syncd.sandbox.envelopes import Outgoing

MOST = 1_000
MOST_BYTES = 64 << 20


class Sent:
    """Requests by the number of their event: the last 1,000, or as many as fit in 64 MiB."""

    def __init__(self) -> None:
        self._requests: dict[int, Outgoing] = {}
        self._bytes = 0

    def add(self, number: int, request: Outgoing) -> None:
        """Remember a request; numbers only rise."""
        self._requests[number] = request
        self._bytes += _size(request)
        while len(self._requests) > MOST or (self._bytes > MOST_BYTES and len(self._requests) > 1):
            self._bytes -= _size(self._requests.pop(next(iter(self._requests))))

    def of(self, number: int) -> Outgoing | None:
        """Give a request, or nothing."""
        return self._requests.get(number)

    @property
    def numbers(self) -> Collection[int]:
        """Give the numbers of what is remembered, in their order."""
        return self._requests.keys()


def _size(request: Outgoing) -> int:
    return len(request.query) + len(request.body)
