"""Counterparties that repeat whatever a test wants in all that they answer: a directory, a database, an HTTP server."""

import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from syncd.directory.ber import Malformed, encoded
from syncd.directory.ldap_answers import DONE, ENTRY, ENUMERATED, EXTENDED, INTEGER, OCTETS, REFERENCE, SEQUENCE, SET
from syncd.directory.ldap_stream import Ended, MessageStream

BIND, SEARCH, UNBIND = 0x60, 0x63, 0x42
BIND_ANSWER = 0x61
OTHER = 80  # RFC 4511, 4.1.9
SSL_REQUEST = 80877103
"""The number by which a client of PostgreSQL asks for TLS (frontend/backend protocol, 55.7)."""
Reply = tuple[int, Mapping[str, str], bytes]


@contextmanager
def _serving(kind: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextmanager
def directory(said: str, code: int = OTHER, *, is_notice: bool = False) -> Iterator[str]:
    """Serve a directory whose every search ends with this code and diagnostic message; yield its URL.

    It refers to `said` too, where it ends with success. With `is_notice` it ends the connection with a notice instead.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(Ended, Malformed, OSError):
                stream = MessageStream(self.request)
                while (message := stream.next()).kind != UNBIND:
                    for kind, content in self._answers(message.kind):
                        number = 0 if kind == EXTENDED else message.number
                        self.request.sendall(encoded(SEQUENCE, _number(number), encoded(kind, content), _page(kind)))

        def _answers(self, kind: int) -> Iterator[tuple[int, bytes]]:
            if kind == BIND:
                yield BIND_ANSWER, _result(0, "")
            elif is_notice:
                yield EXTENDED, _result(52, said)
            else:
                if not code:
                    yield ENTRY, _person(said)
                    yield REFERENCE, encoded(OCTETS, f"ldap://other.example/{said}".encode())
                yield DONE, _result(code, said)

    def _page(kind: int) -> bytes:
        if kind != DONE or code:
            return b""
        value = encoded(SEQUENCE, _number(0), encoded(OCTETS))
        control = encoded(SEQUENCE, encoded(OCTETS, b"1.2.840.113556.1.4.319"), encoded(OCTETS, value))
        return encoded(0xA0, control)

    with _serving(Handler) as port:
        yield f"ldap://127.0.0.1:{port}"


def _number(value: int) -> bytes:
    return encoded(INTEGER, value.to_bytes(4, "big"))


def _result(code: int, text: str) -> bytes:
    return encoded(ENUMERATED, bytes((code,))) + encoded(OCTETS) + encoded(OCTETS, text.encode())


def _person(name: str) -> bytes:
    """Return an entry without a key, whose name says what is to be repeated."""
    attribute = encoded(SEQUENCE, encoded(OCTETS, b"cn"), encoded(SET, encoded(OCTETS, name.encode())))
    return encoded(OCTETS, f"cn={name},dc=example,dc=com".encode()) + encoded(SEQUENCE, attribute)


@contextmanager
def database(said: str) -> Iterator[int]:
    """Serve what a client of PostgreSQL takes for a server that refuses it with this message; yield its port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, struct.error):
                while self._start() == SSL_REQUEST:
                    self.wfile.write(b"N")
                fields = b"".join(
                    kind + text.encode() + b"\0" for kind, text in ((b"S", "FATAL"), (b"C", "XX000"), (b"M", said))
                )
                self.wfile.write(b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0")

        def _start(self) -> int:
            size, number = struct.unpack("!ii", self.rfile.read(8))
            self.rfile.read(size - 8)
            return int(number)

    with _serving(Handler) as port:
        yield port


@contextmanager
def web(answer: Callable[[str, bytes], Reply]) -> Iterator[str]:
    """Serve HTTP; `answer` takes the path with its query and the body, and gives status, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, headers, content = answer(self.path, body)
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
