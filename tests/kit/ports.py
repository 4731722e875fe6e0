"""A port that stays a test's own while the server at it is away."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from syncd.testing.throwaway import free_ports


@contextmanager
def reserved_port() -> Iterator[int]:
    """Reserve a port of 127.0.0.1 for a server that ends and comes back, as long as it reuses addresses.

    The socket that holds it does not listen. So the system gives the port to nobody else, and the server may have it.
    """
    (port,) = free_ports(1)
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        yield port
