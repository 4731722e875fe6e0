"""The readers of what others wrote, each as a function of one payload, with payloads to begin with.

Each reads as the program does, and lets only those errors through that the program foresees there: what else is raised
is a finding. A payload for several answers has them one after the other, each behind a line `-----`.
"""

import asyncio
import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import openpyxl
import stamina
import trustme
from ldap3 import Connection

from syncd.app.receiving import Receipt
from syncd.app.records import Received
from syncd.directory.ber import encoded
from syncd.directory.csv_source import CsvFile, CsvSource
from syncd.directory.http_exchange import Reaching
from syncd.directory.http_pages import Places
from syncd.directory.http_source import HttpSource, Listing, Service
from syncd.directory.http_tokens import Client, ClientCredentials
from syncd.directory.ldap_answers import DONE, ENTRY, REFERENCE
from syncd.directory.ldap_paging import Directory, Search
from syncd.directory.ldif_source import LdifSource
from syncd.directory.reading import Scope, Selection, TreeSettings
from syncd.directory.settled_file import Waiting
from syncd.errors import PlatformError, SyncdError
from syncd.events.listener import Limits, Listener
from syncd.model.json_text import decoded
from syncd.platform.settings import ClientSettings
from syncd.platform.transport import Exchange, list_reader, read_envelope
from syncd.wire.callback import CallbackKeys, seal
from syncd.wire.envelope import WireDepartment, WireFace, WireUser
from syncd.wire.events import TYPES, EventBroken, read_event
from syncd.wire.meetings import WireMeeting
from syncd.wire.rooms import WireRoom
from tests.full.fuzzing.mutations import Mutation, messages_of_ber, parts_of_archive, plain

NEXT = b"\n-----\n"
AT_ONCE = Waiting(quiet=0.0, patience=0.0)


class Reader(msgspec.Struct, frozen=True):
    """A reader, the modules whose coverage is told, payloads to begin with, words it knows, and how to change one."""

    read: Callable[[bytes], None]
    modules: tuple[str, ...]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    mutation: Mutation = plain


# Callbacks


class _Inbox:
    """Takes every event, and keeps the last."""

    event: Received | None = None

    def put(self, event: Received) -> asyncio.Future[None]:
        """Take it."""
        self.event = event
        taken = asyncio.get_running_loop().create_future()
        taken.set_result(None)
        return taken


KEYS = CallbackKeys.of("token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "appkey")
MILLISECONDS = "1764590000000"
REQUEST, MESSAGE = 0, 1
"""The first byte of a payload: a whole request, or a message that is sealed before it is sent."""


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _listener() -> tuple[Listener, _Inbox, list[tuple[Receipt, str]]]:
    inbox, told = _Inbox(), list[tuple[Receipt, str]]()
    listener = Listener(
        "/callback",
        [KEYS],
        Limits(8 << 20),
        inbox,
        ThreadPoolExecutor(1),
        lambda receipt, _sender, why: told.append((receipt, why)),
    )
    return listener, inbox, told


def callback(payload: bytes) -> None:
    """Answer a request; an event that was taken is read as the ingest reads it."""
    listener, inbox, told = _listener()
    kind, rest = payload[:1], payload[1:]
    query, _, body = rest.partition(b"\n") if kind == bytes([REQUEST]) else (b"", b"", b"")
    if kind != bytes([REQUEST]):
        body = msgspec.json.encode(seal(KEYS, rest, MILLISECONDS, "nonce", bytes(16)))
    inbox.event = None
    told.clear()
    statuses: list[int] = []

    async def receive() -> Any:  # noqa: ANN401 - what ASGI calls a message
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - likewise
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "path": "/callback", "method": "POST", "query_string": query, "headers": []}
    _loop().run_until_complete(listener(scope, receive, send))
    if told[0][0] is Receipt.FAILED:
        raise AssertionError(f"the listener failed: {told[0][1]}")
    if statuses[0] == 200 and inbox.event is not None:
        with suppress(EventBroken):
            read_event(inbox.event.body)


def _events() -> Iterator[bytes]:
    user = {"id": "U1", "name": "张三", "loginName": "zs", "phone": "13800000000", "departmentId": "D1", "status": 0}
    for name in TYPES:
        yield bytes([MESSAGE]) + json.dumps({"event_type": name, "value": [user, {"id": "U2"}]}).encode()
    yield bytes([MESSAGE]) + b'{"event_type":"check_url"}'
    sealed = msgspec.json.encode(seal(KEYS, b'{"event_type":"check_url"}', MILLISECONDS, "n", bytes(16)))
    yield bytes([REQUEST]) + b"\n" + sealed
    yield bytes([REQUEST]) + b"msg_signature=a&timeStamp=1764590000000&nonce=n\n" + sealed


# LDAP


class _Socket:
    """What a server sent, in one piece."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def recv(self, _size: int) -> bytes:
        """Give it, and then the end of the connection."""
        given, self._payload = self._payload, b""
        return given


class _Bound:
    """What a search needs of a connection: it numbers requests and sends nothing."""

    authentication, user = "SIMPLE", "cn=reader"

    def __init__(self, payload: bytes) -> None:
        self.socket = _Socket(payload)
        self._number = 0

    def send(self, *_request: object) -> int:
        """Give the number of the next request."""
        self._number += 1
        return self._number


SEARCH = Search("ldap", "dc=example", "(uid=*)", Scope.SUB, ("uid", "cn", "member"))


def ldap(payload: bytes) -> None:
    """Read what a server answers to a paged search, page by page."""
    with suppress(SyncdError):
        Directory(cast(Connection, _Bound(payload)), "ldap").paged(SEARCH)


def _message(number: int, kind: int, *parts: bytes, controls: bytes = b"") -> bytes:
    return encoded(0x30, encoded(0x02, bytes([number])), encoded(kind, *parts), controls)


def _entry(number: int, uid: str) -> bytes:
    texts = {"uid": [uid], "cn": ["张三"], "member;range=0-1": ["uid=a", "uid=b"], "jpegPhoto": ["\udcff\udcd8"]}
    attributes = [
        encoded(
            0x30,
            encoded(0x04, name.encode()),
            encoded(0x31, *(encoded(0x04, one.encode(errors="surrogateescape")) for one in values)),
        )
        for name, values in texts.items()
    ]
    return _message(number, ENTRY, encoded(0x04, f"uid={uid},dc=example".encode()), encoded(0x30, *attributes))


def _done(number: int, cookie: bytes, code: int = 0) -> bytes:
    value = encoded(0x30, encoded(0x02, b"\0"), encoded(0x04, cookie))
    control = encoded(0x30, encoded(0x04, b"1.2.840.113556.1.4.319"), encoded(0x04, value))
    empty = encoded(0x04)
    return _message(number, DONE, encoded(0x0A, bytes([code])), empty, empty, controls=encoded(0xA0, control))


def _searches() -> Iterator[bytes]:
    reference = _message(1, REFERENCE, encoded(0x04, b"ldap://other.example/dc=x"))
    yield _entry(1, "a") + reference + _done(1, b"more") + _entry(2, "b") + _done(2, b"")
    yield _done(1, b"", 10)
    yield _entry(1, "a") + _done(1, b"", 4)


# Files


@cache
def _memory() -> tuple[int, Path]:
    """Return a file that is in memory alone, and its path."""
    number = os.memfd_create("payload")
    return number, Path(f"/proc/self/fd/{number}")


def _file(payload: bytes) -> Path:
    number, path = _memory()
    os.ftruncate(number, 0)
    os.pwrite(number, payload, 0)
    return path


TREE = TreeSettings(
    "ldif",
    Selection("(&(objectClass=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", ("dc=example",)),
    Selection("(objectClass=organizationalUnit)", ("dc=example",)),
)


def ldif(payload: bytes) -> None:
    """Read an LDIF file: people, departments, groups."""
    with suppress(SyncdError):
        LdifSource(TREE, _file(payload)).read()


LDIF = """version: 1
# 注释
dn: ou=研发,dc=example
objectClass: organizationalUnit
entryUUID: 0d7a3e7c-1111-1111-1111-111111111111
ou:: 56CU5Y+R

dn: uid=a,ou=研发,dc=example
objectClass: person
entryUUID: 0d7a3e7c-2222-1111-1111-111111111111
uid: a
member;range=0-1: uid=b
userAccountControl: 512
cn: a very
  long name
jpegPhoto:< file:///nowhere

# search result
search: 2
result: 0 Success

# numEntries: 2
"""


def csv(payload: bytes) -> None:
    """Read a CSV file of people."""
    columns = {"name": "mapping.user.name"}
    with suppress(SyncdError):
        CsvSource("hr", CsvFile(_file(payload), "id", columns), waiting=AT_ONCE).read()


TABLES = (
    'id,name,phone\n1,张三,13800000000\n2,"Li, ""S""",\n',
    'sep=;\r\nid;name;phone\r\n1;="0012";#N/A\r\n2;NULL;+86 138\r\n',
    "id\tname\n1\tx\ty\n",
)


def workbook(payload: bytes) -> None:
    """Read a workbook of people."""
    with suppress(SyncdError):
        CsvSource("hr", CsvFile(_file(payload), "id", {"name": "mapping.user.name"}), waiting=AT_ONCE).read()


def _workbooks() -> Iterator[bytes]:
    for merged in ("", "B2:C2"):
        book = openpyxl.Workbook()
        sheet = cast(Any, book.active)
        for row in (("id", "name", "phone"), (1, "张三", "x"), (2.5, True, None), ("3", "=1+1", 45000)):
            sheet.append(row)
        if merged:
            sheet.merge_cells(merged)
        content = io.BytesIO()
        book.save(content)
        yield content.getvalue()


# HTTP


class _Service:
    """A server of the loopback that answers each connection with the next part of a payload."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._answers: Iterator[bytes] = iter(())
        threading.Thread(target=self._serve, daemon=True).start()

    def give(self, answers: list[bytes]) -> None:
        """Answer with these from now on, and then with nothing."""
        self._answers = iter(answers)

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with suppress(OSError), connection:
                connection.settimeout(5)
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                connection.sendall(next(self._answers, b""))


@cache
def _service() -> _Service:
    return _Service()


@contextmanager
def _no_patience() -> Iterator[None]:
    """Let nobody wait for a service that is busy."""
    was_active = stamina.is_active()
    stamina.set_active(False)
    try:
        yield
    finally:
        stamina.set_active(was_active)


@cache
def _authority() -> Path:
    """Return a file with one certificate: to read the system's own takes longer than all else."""
    number = os.memfd_create("authority")
    os.write(number, trustme.CA(key_type=trustme.KeyType.ECDSA).cert_pem.bytes())
    return Path(f"/proc/self/fd/{number}")


JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"


def http(payload: bytes) -> None:
    """Read a list of a service behind a token: a payload has the answers, each a body or, with its head, whole."""
    service = _service()
    service.give([one if one.startswith(b"HTTP/") else JSON_HEAD + one for one in payload.split(NEXT)])
    places = Places("/data/list", next="/next", total="/total", more="/more", success=("/errcode", 0))
    listing = Listing("/people", "id", places, {"name": "mapping.user.name"})
    credentials = ClientCredentials("hr", Client(f"{service.url}/token", "id", "secret", ""))
    reaching = Reaching(ca_file=str(_authority()), connect_timeout=2, read_timeout=2)
    with _no_patience(), suppress(SyncdError):
        HttpSource("hr", Service(service.url, {}, reaching), credentials, listing).read()


TOKEN = b'{"access_token":"t","expires_in":7200}'
PEOPLE = {"id": 7, "name": "张三", "emails": [{"type": "work", "value": "a@b.c"}], "org": {"unit": ["x", None]}}
PAGES = (
    NEXT.join([TOKEN, json.dumps({"errcode": 0, "data": {"list": [PEOPLE]}, "total": 1, "more": False}).encode()]),
    NEXT.join([TOKEN, json.dumps({"errcode": 0, "data": {"list": [PEOPLE]}, "next": "/people?p=2"}).encode()]),
    NEXT.join([TOKEN, b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"]),
    NEXT.join([TOKEN, b"HTTP/1.1 429 Busy\r\nretry-after: 99999999999\r\ncontent-length: 0\r\n\r\n"]),
)


# The platform


class _Answers(httpx.AsyncBaseTransport):
    """Answers every request with one payload, in pieces."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        """Answer."""
        head, _, body = self._payload.partition(NEXT)
        status = int.from_bytes(head[1:3], "big") % 600 or 200

        async def pieces() -> Any:  # noqa: ANN401 - an iterator of bytes
            for at in range(0, len(body), 777):
                yield body[at : at + 777]

        return httpx.Response(status if status > 99 else 200, content=pieces())


KINDS: tuple[Any, ...] = (WireUser, WireDepartment, WireRoom, WireMeeting, WireFace)
SETTINGS = ClientSettings("http://platform.invalid", "appkey", "appsecret")


def platform(payload: bytes) -> None:
    """Read an answer as that of the list, or of the object, that the first byte names."""
    kind = payload[0] if payload else 0
    reader: Any = list_reader(KINDS[kind % len(KINDS)]) if kind < 128 else read_envelope

    async def asked() -> None:
        exchange = Exchange(SETTINGS, _Answers(payload))
        answer, value = await exchange.get("user/list", httpx.URL("http://platform.invalid/user/list"), reader)
        if kind >= 128 and isinstance(value, msgspec.Raw):
            with suppress(msgspec.DecodeError):
                decoded(value, KINDS[kind % len(KINDS)]).value()
        assert isinstance(answer.is_success, bool)

    with suppress(PlatformError):
        _loop().run_until_complete(asked())


def _answers() -> Iterator[bytes]:
    record = {"id": "U1", "name": "张三", "phone": 138, "departmentId": None, "status": "0", "beginTime": 1764590000000}
    for number, _ in enumerate(KINDS):
        whole = {"code": 10000, "success": True, "message": "ok", "value": [record, {"id": "U2"}]}
        yield bytes([number, 0, 200]) + NEXT + json.dumps(whole).encode()
        yield bytes([128 + number, 0, 200]) + NEXT + json.dumps({**whole, "value": record}).encode()
    yield bytes([0, 0, 200]) + NEXT + b'{"code":"71009","success":false,"message":"no","fieldErrors":[{"field":"id"}]}'
    yield bytes([0, 1, 247]) + NEXT + b"<html>502</html>"


JSON_WORDS = (b"1e309", b"9" * 310, b"-0", b"null", b"true", b'"\\ud800"', b'"\\u0000"', b"[" * 200, b"}" * 50, b"{}")
LDIF_WORDS = (b"dn:: ", b"dn: ", b"\n ", b"changetype: add\n", b";range=0-*", b":< ", b"\n\n", b"result: 4\n", b"--5")
CSV_WORDS = (b'"', b'""', b"sep=;\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\r", b"#REF!", b'="1"', b"NULL", b",,")


def _modules(names: str) -> tuple[str, ...]:
    """Return the files of modules, given below the package."""
    return tuple(f"syncd/{one.replace('.', '/')}.py" for one in names.split())


READERS: Mapping[str, Reader] = {
    "callbacks": Reader(
        callback,
        _modules("events.listener events.opening events.fields wire.callback wire.events"),
        tuple(_events()),
        (*JSON_WORDS, *(name.encode() for name in TYPES), b"msg_signature", b"timeStamp", b"nonce", b"encrypt"),
    ),
    "ldap": Reader(
        ldap,
        _modules("directory.ber directory.ldap_answers directory.ldap_paging directory.ldap_stream"),
        tuple(_searches()),
        mutation=messages_of_ber,
    ),
    "ldif": Reader(
        ldif,
        _modules("directory.ldif directory.ldif_source directory.ldif_searches"),
        (LDIF.encode(), LDIF.replace("\n", "\r\n").encode()),
        LDIF_WORDS,
    ),
    "csv": Reader(
        csv,
        _modules("directory.csv_table directory.csv_source directory.csv_encoding directory.csv_text"),
        tuple(one.encode(name) for one in TABLES for name in ("utf-8", "gb18030", "utf-16")),
        CSV_WORDS,
    ),
    "workbook": Reader(
        workbook,
        _modules("directory.workbook directory.workbook_cells"),
        tuple(_workbooks()),
        (b'r="XFD1048576"', b't="s"', b't="e"', b"<f>", b"</v>", b'uniqueCount="4294967295"', b"<mergeCell "),
        parts_of_archive,
    ),
    "http": Reader(
        http,
        _modules(
            "directory.http_source directory.http_pages directory.http_exchange directory.http_tokens "
            "directory.json_items"
        ),
        PAGES,
        (*JSON_WORDS, NEXT, b"HTTP/1.1 ", b"transfer-encoding: chunked\r\n", b"content-encoding: gzip\r\n"),
    ),
    "platform": Reader(
        platform,
        _modules("platform.streaming platform.transport wire.envelope wire.loose wire.meetings wire.rooms"),
        tuple(_answers()),
        JSON_WORDS,
    ),
}
