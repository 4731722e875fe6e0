"""The addresses that a daemon listens on, held over reloads so that nobody who calls is refused."""

import socket
from collections.abc import Collection

from syncd.events.serving import bind


class Addresses:
    """Sockets by (host, port), listened on."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], socket.socket] = {}

    def take(self, host: str, port: int, key: str) -> socket.socket:
        """Give the socket of an address, the one that is held if it is; raises `SyncdError` that names the `key`."""
        found = self._held.get((host, port))
        if found is None:
            found = self._held[host, port] = bind(host, port, key)
        return found

    def keep(self, used: Collection[socket.socket]) -> None:
        """Let go of every address but these."""
        for address, listener in list(self._held.items()):
            if listener not in used:
                del self._held[address]
                listener.close()
