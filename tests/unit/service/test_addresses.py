"""Addresses of the daemon outlast a reload."""

import socket
import threading

import pytest

from syncd.errors import SyncdError
from syncd.service.addresses import Addresses


def connects(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_an_address_that_is_used_again_is_never_let_go() -> None:
    """An address that the next configuration uses too accepts connections throughout."""
    addresses = Addresses()
    first = addresses.take("listener.bind", "127.0.0.1", 0)
    addresses.use()
    assert addresses.take("listener.bind", "127.0.0.1", 0) is first
    addresses.use()
    assert connects(first.getsockname()[1])
    addresses.give_back()
    port = first.getsockname()[1]
    assert connects(port)
    addresses.use()
    assert not connects(port)


def test_an_address_that_is_no_longer_wanted_is_let_go() -> None:
    """An address that nobody wants any more, or that was wanted by an unusable configuration, is closed."""
    addresses = Addresses()
    port = addresses.take("listener.bind", "127.0.0.1", 0).getsockname()[1]
    addresses.use()
    refused = addresses.take("admin.bind", "127.0.0.1", 0).getsockname()[1]
    addresses.give_back()
    assert (connects(port), connects(refused)) == (True, False)
    other = addresses.take("listener.bind", "127.0.0.2", 0)
    addresses.use()
    assert not connects(port)
    other.close()


def test_an_address_that_is_taken_says_by_which_key() -> None:
    """An address that somebody else has is named with the key that wants it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SyncdError, match=rf"admin.bind: 127.0.0.1:{port} cannot be listened on: Address already"):
            Addresses().take("admin.bind", "127.0.0.1", port)


def test_an_address_that_is_let_go_a_moment_later_is_taken() -> None:
    """An address that a killed process's listener still holds is waited for, and then taken."""
    former = socket.create_server(("127.0.0.1", 0))
    port = former.getsockname()[1]
    ending = threading.Timer(0.3, former.close)
    ending.start()
    addresses = Addresses()
    assert addresses.take("listener.bind", "127.0.0.1", port).getsockname()[1] == port
    ending.join()
    addresses.give_back()
