"""The admin port lives on under connections that say nothing, and answers nobody who means another host."""

import contextlib
import http.client
import json
import re
import socket
import time

import pytest

from syncd.testing.company import Company
from syncd.wire.hosts import is_meant
from tests.kit.installation.daemons import Daemon
from tests.kit.installation.settings import ADMIN
from tests.kit.installation.site import Site
from tests.kit.waiting import comes

IDLE = 100
REBOUND = ("evil.example", "evil.example:8091", "127.0.0.1.evil.example", "localhost.evil.example")
MEANT = ("127.0.0.1", "127.0.0.1:8091", "localhost", "LOCALHOST:1", "[::1]:8091", "127.8.9.1", "localhost.", "")


def asked(port: int, path: str, host: str = "127.0.0.1") -> int:
    """Ask for a page by this name of the host, and return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status


def test_idle_connections_keep_no_probe_away(site: Site, company: Company) -> None:
    """Two hundred connections that say nothing, or never end a head, leave `/healthz` and the page as they are."""
    site.employ(company)
    site.configure(tail=ADMIN)
    with Daemon(site) as daemon, contextlib.ExitStack() as stack:
        assert comes(lambda: re.search(r"at http://127\.0\.0\.1:(\d+)/", daemon.said))
        port = int(re.findall(r"at http://127\.0\.0\.1:(\d+)/", daemon.said)[0])
        for number in range(2 * IDLE):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 2:
                idle.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        assert [asked(port, path) for path in ("/healthz", "/readyz", "/", "/status.json", "/metrics")] == [200] * 5
        until = time.monotonic() + 30
        idle.settimeout(30)
        assert idle.recv(100) == b"" or time.monotonic() < until, "what never ends its head is closed"
        assert [asked(port, "/healthz", host) for host in REBOUND] == [421] * len(REBOUND)
        assert [asked(port, "/healthz", host) for host in MEANT] == [200] * len(MEANT)


def test_the_sandbox_is_not_edited_by_a_page_from_elsewhere(site: Site) -> None:
    """What the sandbox shows and takes beside its calls is refused to another host than this machine."""
    port = int(site.url.split(":")[2].partition("/")[0])
    assert [asked(port, "/sandbox/state", host) for host in REBOUND] == [421] * len(REBOUND)
    assert asked(port, "/sandbox/state") == 200
    assert json.loads(json.dumps(site.shown)) == {}


@pytest.mark.parametrize("host", REBOUND)
def test_on_an_address_for_others_any_host_may_be_meant(host: str) -> None:
    """What listens for others cannot know its names, and on the loopback only those of this machine are meant."""
    assert is_meant(host, "10.0.0.5")
    assert is_meant(host, "0.0.0.0")  # noqa: S104 - nothing is bound
    assert not is_meant(host, "127.0.0.1")
    assert not is_meant(host, "::1")
