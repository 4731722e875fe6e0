"""Whatever a directory, a service, a database or a file goes on sending, a read of it ends as a broken one."""

import gzip
import http.server
import itertools
import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from syncd.directory.ber import encoded
from syncd.directory.csv_source import CsvFile, CsvSource
from syncd.directory.http_exchange import Reaching
from syncd.directory.http_pages import Places
from syncd.directory.http_source import HttpSource, Listing, Service
from syncd.directory.http_tokens import Client, ClientCredentials, Credentials, Fixed
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.ldap_stream import MessageStream
from syncd.directory.ldif_source import LdifSource
from syncd.directory.read_limits import ReadLimits
from syncd.directory.reading import Selection, TreeSettings
from syncd.directory.settled_file import Waiting
from syncd.directory.sql_source import Database, Query, SqlSource
from syncd.errors import SourceBroken, SourceError, SourceUnreachable
from syncd.testing.company import Company
from tests.kit.installation.site import SOURCE, Site

SMALL, SOON = ReadLimits(1 << 20, 60.0), ReadLimits(1 << 30, 1.5)
TREE = TreeSettings("ldap", Selection("(uid=*)", ("dc=x",)), key="entryUUID")
TOO_LARGE = r"source {}: the read has more than 1 MiB, and no end yet \(source.{}.largest_read\)"
TOO_LONG = r"source {}: the read was not whole within 2 s \(source.{}.longest_read\)"


def sent(number: int, operation: bytes) -> bytes:
    """Return the message that answers a request."""
    return encoded(0x30, encoded(0x02, number.to_bytes(2, "big")), operation)


def entry(number: int) -> bytes:
    """Return an entry that a search found."""
    uid = f"uid=u{number},dc=x".encode()
    values = encoded(0x30, encoded(0x04, b"cn"), encoded(0x31, encoded(0x04, b"x" * 500)))
    return encoded(0x64, encoded(0x04, uid), encoded(0x30, values))


@pytest.fixture
def endless_directory() -> Iterator[Callable[[float], str]]:
    """Yield what makes a directory server that lets anybody in and then sends entries for ever, with a pause each."""
    made: list[socket.socket] = []

    def served(pause: float) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        made.append(listening)

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                made.append(connection)
                requests, ok = MessageStream(connection), (encoded(0x0A, b"\0"), encoded(0x04), encoded(0x04))
                connection.sendall(sent(requests.next().number, encoded(0x61, *ok)))
                root = requests.next().number
                connection.sendall(sent(root, encoded(0x64, encoded(0x04), encoded(0x30))))
                connection.sendall(sent(root, encoded(0x65, *ok)))
                search = requests.next().number
                for number in itertools.count():
                    connection.sendall(sent(search, entry(number)))
                    time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        return f"ldap://127.0.0.1:{listening.getsockname()[1]}"

    yield served
    for one in made:
        one.close()


@pytest.mark.parametrize(("limits", "pause", "told"), [(SMALL, 0.0, TOO_LARGE), (SOON, 0.05, TOO_LONG)])
def test_a_directory_that_never_ends_is_broken(
    endless_directory: Callable[[float], str], limits: ReadLimits, pause: float, told: str
) -> None:
    """A directory server that sends entries for ever, also drop by drop, breaks the read and names the setting."""
    settings = LdapSettings((endless_directory(pause),), "cn=reader", "secret", limits=limits, read_timeout=5)
    with pytest.raises(SourceBroken, match=told.format("ldap", "ldap")):
        LdapSource(TREE, settings, frozenset({"uid"}), frozenset()).read()


class Endless(http.server.BaseHTTPRequestHandler):
    """A service whose answers, or pages, have no end; `server.how` says in which way."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer the question for a token."""
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def do_GET(self) -> None:
        """Answer without an end."""
        how = self.server.how  # type: ignore[attr-defined]
        self.close_connection = how != "pages"
        self.send_response(200)
        if how == "pages":
            self.server.page += 1  # type: ignore[attr-defined]
            page = self.server.page  # type: ignore[attr-defined]
            items = [{"id": f"{page}-{number}", "name": "x" * 50} for number in range(100)]
            body = json.dumps({"items": items, "next": f"/people?page={page}"}).encode()
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        if how == "bomb":
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        with suppress(OSError):
            self._without_end(how)

    def _without_end(self, how: str) -> None:
        if how == "bomb":
            self.wfile.write(gzip.compress(b'{"items":["' + b"x" * (64 << 20)))
        while how != "bomb":
            self.wfile.write(b'{"items":[' if how == "drip" else b"x" * 65536)
            time.sleep(0.05 if how == "drip" else 0.0)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL of a service without end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    server.daemon_threads = True
    server.how, server.page = request.param, 0  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("service", "limits", "told"),
    [
        ("stream", SMALL, TOO_LARGE),
        ("bomb", SMALL, TOO_LARGE),
        ("pages", SMALL, TOO_LARGE),
        ("drip", SOON, TOO_LONG),
    ],
    indirect=["service"],
)
def test_a_service_that_never_ends_is_broken(service: str, limits: ReadLimits, told: str) -> None:
    """A service whose answer or pages never end breaks the read and names the setting."""
    read_service(service, limits, Fixed({}), told)


@pytest.mark.parametrize(
    ("service", "limits", "told"),
    [("stream", SMALL, TOO_LARGE), ("bomb", SMALL, TOO_LARGE), ("drip", SOON, TOO_LONG)],
    indirect=["service"],
)
def test_a_token_that_never_ends_is_broken(service: str, limits: ReadLimits, told: str) -> None:
    """A server of tokens whose answer never ends breaks the read likewise."""
    read_service(service, limits, ClientCredentials("hr", Client(f"{service}/token", "id", "secret")), told)


def read_service(url: str, limits: ReadLimits, credentials: Credentials, told: str) -> None:
    """Read a service, which must break the read with these words."""
    listing = Listing("/people", "id", Places("/items", next="/next"))
    with pytest.raises(SourceBroken, match=told.format("hr", "hr")):
        HttpSource("hr", Service(url, {}, Reaching(limits=limits)), credentials, listing).read()


def test_a_query_that_never_ends_is_broken(tmp_path: Path) -> None:
    """A query whose rows have no end breaks the read and names the setting."""
    sqlite3.connect(tmp_path / "hr.db").close()
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS id, 'name' AS name FROM n"
    for limits, told in ((SMALL, TOO_LARGE), (ReadLimits(1 << 40, 1.5), TOO_LONG)):
        source = SqlSource("hr", Database(f"sqlite:///{tmp_path}/hr.db", limits=limits), Query(endless, "id"))
        with pytest.raises(SourceBroken, match=told.format("hr", "hr")):
            source.read()


def readers(path: Path) -> Iterator[Callable[[], object]]:
    """Yield what reads a file as each kind of source."""
    at_once = Waiting(0.0, 0.0)
    yield CsvSource("hr", CsvFile(path, "id", largest=1 << 20), waiting=at_once).read
    yield LdifSource(TREE, path, largest=1 << 20).read


def test_a_file_that_never_ends_is_no_file(tmp_path: Path) -> None:
    """A file beyond the limit is broken; a pipe nobody writes into, a device and a folder are refused at once."""
    (tmp_path / "large").write_bytes(b"id,name\n" + b"1,x\n" * 400_000)
    os.mkfifo(tmp_path / "pipe")
    for read in readers(tmp_path / "large"):
        with pytest.raises(SourceBroken, match=r"it has more than 1 MiB \(largest_read\)"):
            read()
    for place in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        for read in readers(place):
            with pytest.raises(SourceError):
                read()
    for read in readers(tmp_path / "pipe"):
        with pytest.raises(SourceUnreachable, match="is no file"):
            read()


def test_the_limits_of_a_source_are_the_configuration_s(site: Site, company: Company) -> None:
    """`largest_read` of a source holds for its reads, and a run that meets it writes nothing."""
    site.employ(company)
    site.configure(SOURCE.replace("base =", 'largest_read = "1KiB"\nbase ='))
    found = site.run("reconcile")
    assert found.code == 1
    assert "it has more than" in found.fault
    assert site.shown == {}
