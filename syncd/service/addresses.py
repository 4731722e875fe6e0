"""The addresses that a daemon listens on, held over reloads so that nobody who calls is refused."""

import socket

from syncd.events.serving import bind

Address = tuple[str, str, int]


class Addresses:
    """Sockets that are listened on, by what they are for (the configuration's key), host and port."""

    def __init__(self) -> None:
        self._held: dict[Address, socket.socket] = {}
        self._wanted: set[Address] = set()
        self._used: set[Address] = set()

    def take(self, key: str, host: str, port: int) -> socket.socket:
        """Give the socket of an address, the one that is held if it is; raises `SyncdError` that names the `key`."""
        address = (key, host, port)
        found = self._held.get(address)
        if found is None:
            found = self._held[address] = bind(host, port, key)
        self._wanted.add(address)
        return found

    def use(self) -> None:
        """Let what was taken since the last time be what is used, and let go of everything else."""
        self._used = self._wanted
        self.give_back()

    def give_back(self) -> None:
        """Let go of what was taken since the last time and is not used."""
        self._wanted = set()
        for address in self._held.keys() - self._used:
            self._held.pop(address).close()
