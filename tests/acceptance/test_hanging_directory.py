"""The tests meet a directory server that accepts connections and never answers."""

import socket
from collections.abc import Iterator

import pytest

from tests.kit.installation.listening import LISTENER
from tests.kit.installation.settings import ADMIN
from tests.kit.installation.site import Site
from tests.kit.waiting import DEADLINE_SECONDS, wait_for

SOURCE = """[source.ldap]
type = "ldap"
urls = ["ldap://127.0.0.1:{port}"]
base = "ou=people,dc=example,dc=com"
incremental = "{incremental}"
"""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Return the listening socket of a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_SECONDS)
        yield listener


@pytest.mark.parametrize(
    ("command", "code", "incremental"), [("serve", 0, "auto"), ("serve", 0, "off"), ("reconcile", 143, "off")]
)
def test_sigterm_ends_what_waits_for_a_server_that_does_not_answer(
    site: Site, silent: socket.socket, command: str, code: int, incremental: str
) -> None:
    """SIGTERM ends a command that waits for a silent server before the two minutes are up that the server has."""
    site.configure(SOURCE.format(port=silent.getsockname()[1], incremental=incremental), tail=LISTENER + ADMIN)
    process = site.start(command)
    try:
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)
            process.terminate()
            wait_for(lambda: process.poll() is not None)
        assert process.returncode == code
    finally:
        process.kill()
        process.wait()
