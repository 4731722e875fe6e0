"""Whatever a source sends, and for however long, its read ends, soon and with a bound for what it takes."""

import http.server
import itertools
import json
import os
import socket
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from syncd.app.notification import Event, News, NotDelivered
from syncd.app.records import RunRecord
from syncd.directory import http_pages
from syncd.directory.ber import encoded
from syncd.directory.csv_source import CsvFile, CsvSource
from syncd.directory.http_exchange import Reaching
from syncd.directory.http_pages import Places
from syncd.directory.http_source import HttpSource, Listing, Service
from syncd.directory.http_tokens import Client, ClientCredentials, Fixed
from syncd.directory.ldap_answers import DONE, ENTRY
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_source import LdapSource
from syncd.directory.ldap_stream import Ended, MessageStream
from syncd.directory.ldif_source import LdifSource
from syncd.directory.picture_urls import Fetching, UrlPictures
from syncd.directory.read_meter import ReadLimits
from syncd.directory.reading import Selection, TreeSettings
from syncd.directory.settled_file import Waiting
from syncd.directory.sql_source import Database, Query, SqlSource
from syncd.errors import PictureUnreadable, SourceError
from syncd.events.self_check import NoAnswer, ask
from syncd.model.faces import Sought
from syncd.model.source import Entry
from syncd.telemetry import notifying
from syncd.telemetry.notifying import HttpNotifier
from syncd.testing.company import Company
from syncd.wire.callback import CallbackKeys
from tests.kit.installation.site import Site
from tests.kit.installation.tables import CSV_SOURCE, write_tables
from tests.kit.long_ago import write_long_ago

LIMITS = ReadLimits(largest_read=2 << 20, longest_read=1.5)
LARGE, LONG = "more than 2MiB.*source.hr.largest_read", "not whole after 1.5 s.*source.hr.longest_read"
SOON = 10.0
"""Seconds: what has no end is cut off after one and a half, or as soon as it is too large."""
UNTIL = 30.0
"""Seconds for which those who send without end go on."""
BIND, SEARCH, BOUND = 0x60, 0x63, 0x61


def says(read: Callable[[], object], words: str) -> None:
    """Prove that a read breaks off soon, and says this."""
    began = time.monotonic()
    with pytest.raises(SourceError, match=words):
        read()
    assert time.monotonic() - began < SOON


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Yield the port of a server that deals so with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dealt_with(opened: socket.socket) -> None:
            with opened, suppress(OSError, Ended):
                serve(opened)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=dealt_with, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def dripped(opened: socket.socket, content: bytes) -> None:
    """Send bytes one by one, the last of them again and again."""
    until = time.monotonic() + UNTIL
    for byte in itertools.chain(content, itertools.repeat(content[-1])):
        opened.sendall(bytes([byte]))
        time.sleep(0.02)
        if time.monotonic() > until:
            return


def entry(number: int, uid: str) -> bytes:
    """Return an entry in answer to a search."""
    values = encoded(0x30, encoded(0x04, b"uid"), encoded(0x31, encoded(0x04, uid.encode())))
    name = encoded(0x04, f"uid={uid},dc=example".encode())
    return encoded(0x30, encoded(0x02, number.to_bytes(3, "big")), encoded(ENTRY, name, encoded(0x30, values)))


def directory(how: str) -> Callable[[socket.socket], None]:
    """Return how a directory server deals with a connection whose answers have no end."""

    def serve(opened: socket.socket) -> None:
        requests = MessageStream(opened)
        while True:
            asked = requests.next()
            is_bind = asked.kind == BIND
            head = encoded(0x02, asked.number.to_bytes(3, "big"))
            success = encoded(0x0A, b"\0") + encoded(0x04) + encoded(0x04)
            if how == "bind" and is_bind:
                dripped(opened, b"\x30\x84\x00\x10\x00\x00\x00")
            elif is_bind or asked.data[asked.start : asked.start + 2] == b"\x04\x00":  # of the root DSE
                opened.sendall(encoded(0x30, head, encoded(BOUND if is_bind else DONE, success)))
            elif how == "entries":
                for number in itertools.count():
                    opened.sendall(b"".join(entry(asked.number, f"{number}-{one}") for one in range(500)))
            else:
                dripped(opened, entry(asked.number, "x" * 60_000))

    return serve


@pytest.mark.parametrize(("how", "words"), [("entries", LARGE), ("drip", LONG), ("bind", "no answer in time")])
def test_a_directory_server_without_end(how: str, words: str) -> None:
    """Entries without end, one that drips and a bind that drips end the read of a directory server."""
    with serving(directory(how)) as port:
        url = f"ldap://127.0.0.1:{port}"
        reached = LdapSettings((url,), connect_timeout=0.5, read_timeout=1.0, limits=LIMITS)
        tree = TreeSettings("hr", Selection("(uid=*)", ("dc=example",)))
        says(LdapSource(tree, reached, frozenset({"uid"}), frozenset()).read, words)


def bomb() -> bytes:
    """Return 64 MiB of JSON in some kilobytes."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    parts = [compressor.compress(b'["' + b"x" * (64 << 20))]
    return b"".join((*parts, compressor.flush()))


BOMB = bomb()


class Endless(http.server.BaseHTTPRequestHandler):
    """A service whose answers have no end; `server.how` says in which way, `server.path` which of them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self._answered()

    def do_POST(self) -> None:
        """Answer, where a token is asked for or news are told."""
        self.rfile.read(int(self.headers["content-length"]))
        self._answered()

    def _answered(self) -> None:
        path, how = self.server.how  # type: ignore[attr-defined]
        with suppress(OSError):
            if self.path.startswith(path):
                self._go_on(how)
            else:
                self._whole({"access_token": "t", "token_type": "bearer"})

    def _whole(self, found: object) -> None:
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _go_on(self, how: str) -> None:
        if how == "pages":
            number = int(self.path.partition("=")[2] or 0)
            self._whole({"list": [{"no": str(number)}], "next": f"{self.path.partition('?')[0]}?p={number + 1}"})
            return
        self.close_connection = True
        if how == "head":
            dripped(self.connection, b"HTTP/1.1 200 OK\r\nx-long: x")
            return
        self.send_response(200)
        if how == "bomb":
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        if how == "slow":
            dripped(self.connection, b"[ ")
        until = time.monotonic() + UNTIL
        while time.monotonic() < until:
            self.wfile.write(BOMB if how == "bomb" else b'{"no":"' + b"x" * 60_000 + b'"},')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endless() -> Iterator[Any]:
    """Yield such a service."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def service(server: Any, limits: ReadLimits = LIMITS, seconds: float = 60.0) -> HttpSource:  # noqa: ANN401 - a server
    """Return a source of a service that has no end, whose clients get a token first."""
    url = f"http://127.0.0.1:{server.server_port}"
    reaching = Reaching(connect_timeout=0.5, read_timeout=seconds)
    listing = Listing("/people", "no", Places("/list", "/next"))
    client = ClientCredentials("hr", Client(f"{url}/token", "c", "s"))
    return HttpSource("hr", Service(url, {}, reaching, limits), client, listing)


@pytest.mark.parametrize("path", ["/people", "/token"])
@pytest.mark.parametrize(
    ("how", "words"), [("fast", LARGE), ("bomb", LARGE), ("slow", LONG), ("head", LONG), ("pages", "more than 256KiB")]
)
def test_a_service_without_end(endless: Any, path: str, how: str, words: str) -> None:  # noqa: ANN401 - a server
    """Answers without end, a gzip bomb, a head and a body that drip and endless pages end the read of a service."""
    endless.how = path, how
    limits = ReadLimits(1 << 18, 20.0) if how == "pages" else LIMITS
    says(service(endless, limits).read, "no access_token" if (path, how) == ("/token", "pages") else words)


@pytest.mark.parametrize("how", ["slow", "head"])
def test_one_answer_that_drips(endless: Any, how: str) -> None:  # noqa: ANN401 - a server
    """One answer has no more than its own time, however much is left for the whole read."""
    endless.how = "/people", how
    says(service(endless, ReadLimits(), seconds=0.5).read, "an answer was not whole after 0.5 s")


def test_pages_have_a_number(endless: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - a server
    """Pages that are small and fast come to an end too, and the error says that it is their number."""
    endless.how = "/people", "pages"
    monkeypatch.setattr(http_pages, "MOST_PAGES", 20)
    says(service(endless, ReadLimits()).read, "there are more than 20 pages")


ENDLESS = "WITH RECURSIVE n(no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n) SELECT no FROM n"
SILENT = f"{ENDLESS} WHERE no < 0"


@pytest.mark.parametrize(("query", "words"), [(ENDLESS, LARGE), (SILENT, LONG)])
def test_a_file_database_without_end(tmp_path: Path, query: str, words: str) -> None:
    """Rows without end, and a query that never gives one, end the read of a database in a file."""
    sqlite3.connect(tmp_path / "hr.db").close()
    source = SqlSource("hr", Database(f"sqlite:///{tmp_path / 'hr.db'}", limits=LIMITS), Query(query, "no"))
    says(source.read, words)


@pytest.mark.parametrize(
    ("query", "words"), [("SELECT generate_series(1, 900000000) AS no", LARGE), ("SELECT 1 AS no, pg_sleep(60)", LONG)]
)
def test_a_database_server_without_end(empty_postgresql: str, query: str, words: str) -> None:
    """Rows without end, and a query that never gives one, end the read of a database server."""
    source = SqlSource("hr", Database(empty_postgresql, limits=LIMITS), Query(query, "no"))
    says(source.read, words)


def test_another_database_server_without_end(mariadb: str) -> None:
    """A query that never gives a row ends the read of a database server whose driver nobody can interrupt."""
    source = SqlSource("hr", Database(mariadb, limits=LIMITS), Query("SELECT SLEEP(60) AS no", "no"))
    says(source.read, LONG)


def of_file(kind: str, path: Path) -> Callable[[], object]:
    """Return what reads a file as a source of a kind."""
    if kind == "csv":
        return CsvSource("hr", CsvFile(path, "no"), waiting=Waiting(quiet=0.0), limits=LIMITS).read
    tree = TreeSettings("hr", Selection("(uid=*)", ("dc=example",)))
    return LdifSource(tree, path, limits=LIMITS).read


@pytest.mark.parametrize("kind", ["csv", "ldif"])
def test_what_is_no_file(tmp_path: Path, kind: str) -> None:
    """Neither a pipe nor a device is read as a file, and nobody waits for what may come through it."""
    os.mkfifo(tmp_path / "pipe")
    says(of_file(kind, tmp_path / "pipe"), "it is a pipe, and no file")
    says(of_file(kind, Path("/dev/zero")), "it is a device, and no file")


@pytest.mark.parametrize(
    ("kind", "content"), [("csv", b"no,name\n" + b"1,x\n" * (1 << 19)), ("ldif", b"dn: uid=a,dc=example\n" * (1 << 17))]
)
def test_a_large_file(tmp_path: Path, kind: str, content: bytes) -> None:
    """A file that is larger than a read may be is not taken, and the setting is named."""
    write_long_ago(tmp_path / "file", content)
    says(of_file(kind, tmp_path / "file"), LARGE)


def test_many_small_rows(tmp_path: Path) -> None:
    """Rows count for what they take in memory, however small their file is."""
    write_long_ago(tmp_path / "file", b"no\n" + b"".join(b"%d\n" % number for number in range(5000)))
    says(of_file("csv", tmp_path / "file"), LARGE)


def test_a_file_that_grows_for_ever(tmp_path: Path) -> None:
    """A file that somebody goes on writing to is read no further than it was long."""
    path, ended = tmp_path / "file", threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            while not ended.is_set() and path.stat().st_size < 64 << 20:
                file.write(b"1,x\n" * 20_000)

    path.write_bytes(b"no,name\n")
    writer = threading.Thread(target=grow)
    writer.start()
    try:
        says(of_file("csv", path), "still being written|more than 2MiB")
    finally:
        ended.set()
        writer.join()


def test_a_picture_that_drips(endless: Any) -> None:  # noqa: ANN401 - a server
    """An address whose answer drips, in its head too, has no picture, and nobody waits for it."""
    endless.how = "/", "head"
    anna = Sought("1", Entry("1", "anna", {}), f"http://127.0.0.1:{endless.server_port}/anna.jpg")
    began = time.monotonic()
    with pytest.raises(PictureUnreadable, match="takes longer than 1 s"):
        UrlPictures(Fetching(5.0, most_seconds=1.0)).picture(anna, "")
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("how", ["fast", "bomb", "slow", "head"])
def test_a_notification_that_is_answered_without_end(
    endless: Any,  # noqa: ANN401 - a server
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """Of the answer to a notification nothing is read but its head, and for that there is a time."""
    endless.how = "/", how
    monkeypatch.setattr(notifying, "SECONDS", 1.0)
    notifier = HttpNotifier(f"http://127.0.0.1:{endless.server_port}/", lambda _: {})
    began = time.monotonic()
    try:
        notifier.tell(Event.HELD, News(RunRecord("", 0.0)))
        is_told = True
    except NotDelivered:
        is_told = False
    assert is_told == (how != "head")
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("how", ["fast", "bomb", "slow", "head"])
def test_a_listener_that_is_another_program(endless: Any, how: str) -> None:  # noqa: ANN401 - a server
    """Whoever answers at the callback address without end is no listener of ours, and `check` goes on."""
    endless.how = "/", how
    began = time.monotonic()
    keys = CallbackKeys.of("t", "A" * 43, "1")
    with pytest.raises(NoAnswer):
        ask(f"http://127.0.0.1:{endless.server_port}/", keys, is_ours=True)
    assert time.monotonic() - began < SOON


def test_the_command_says_which_setting_it_is(site: Site, company: Company) -> None:
    """A read that is too large is broken: one line says so with the setting, and nothing is written."""
    write_tables(site, company)
    site.configure(CSV_SOURCE.replace('key = "entryUUID"', 'key = "entryUUID"\nlargest_read = "8KiB"'))
    result = site.run("plan")
    assert "source hr" in result.fault
    assert "more than 8KiB" in result.fault
    assert "source.hr.largest_read" in result.fault
    assert len(result.fault.splitlines()) == 1


def test_an_ordinary_read_is_far_below() -> None:
    """A company of a million people meets neither limit, with 3 KiB and ten milliseconds for each."""
    limits = ReadLimits()
    assert limits.largest_read > 1_000_000 * 4096
    assert limits.longest_read >= 1_000_000 * 0.01


def test_fixed_credentials_do_not_matter(endless: Any) -> None:  # noqa: ANN401 - a server
    """Who asks without a token is kept waiting no longer."""
    endless.how = "/people", "slow"
    url = f"http://127.0.0.1:{endless.server_port}"
    listing = Listing("/people", "no", Places("/list", "/next"))
    says(HttpSource("hr", Service(url, {}, Reaching(), LIMITS), Fixed({}), listing).read, LONG)
