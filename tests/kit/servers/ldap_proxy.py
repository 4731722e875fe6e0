"""Stands between a reader and a real directory server, and changes real requests and answers: for tests.

So that what one kind of server does, another one can be made to do (`ldap_changes`).
"""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from syncd.directory.ber import Malformed, encoded
from syncd.directory.ldap_answers import SEQUENCE, Message
from syncd.directory.ldap_stream import Ended, MessageStream

SECONDS = 20.0


class Cut(Exception):
    """The connection is to be closed once these bytes are sent."""

    def __init__(self, last: bytes = b"") -> None:
        super().__init__()
        self.last = last


class Changes:
    """What a proxy changes: nothing. Each kind of change overrides one of the two."""

    def request(self, message: Message) -> bytes:
        """Give the content of the message that the server gets instead."""
        return message.data

    def answer(self, message: Message) -> Iterator[bytes]:
        """Give the contents of the messages that the reader gets instead; raises `Cut` to end the connection."""
        yield message.data


class LdapProxy:
    """A proxy on a port of its own, a context manager; `url` is plain, and the server behind it may want TLS."""

    def __init__(self, host: str, port: int, changes: Changes, *, tls: bool = False) -> None:
        self._target = (host, port)
        self._changes = changes
        self._tls = tls
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldap://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(SECONDS)

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._begin(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        with near, self._connected() as far:
            with suppress(OSError, Ended, Malformed):
                self._pass(near, far)
            for end in (near, far):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _connected(self) -> socket.socket:
        far = socket.create_connection(self._target, SECONDS)
        if not self._tls:
            return far
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(far)

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        """Pass messages both ways, in one thread: a TLS connection is not to be used by two at a time."""
        requests, answers = MessageStream(near), MessageStream(far)
        while True:
            waits = not answers.holds_bytes and not (isinstance(far, ssl.SSLSocket) and far.pending())
            ready = select.select([near, far], [], [])[0] if waits else [far]
            if far in ready and not self._answer(near, answers.next()):
                return
            if near in ready:
                self._ask(far, requests)

    def _ask(self, far: socket.socket, requests: MessageStream) -> None:
        """Pass on every request that has come."""
        while True:
            far.sendall(encoded(SEQUENCE, self._changes.request(requests.next())))
            if not requests.holds_bytes:
                return

    def _answer(self, near: socket.socket, message: Message) -> bool:
        """Pass an answer on; tell whether the connection goes on."""
        try:
            for content in self._changes.answer(message):
                near.sendall(encoded(SEQUENCE, content))
        except Cut as cut:
            near.sendall(cut.last)
            return False
        return True
