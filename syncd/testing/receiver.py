"""A receiver of events on a real port: it verifies, decrypts, keeps and answers, or does not, as a test says."""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from syncd.wire.callback import SUCCESS, CallbackKeys, Forged, Sealed, seal, unseal

TOKEN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"  # noqa: S105 - of no platform
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFG0123456789"
APPKEY = "sandbox"
PATH = "/callback"
FORM = "application/x-www-form-urlencoded"


class Trouble(StrEnum):
    """What a receiver does in place of a right answer; but for `FORGETS` it has taken the event all the same."""

    SLOW = "slow"
    REFUSES = "refuses"
    PLAIN = "plain"
    OTHER_KEYS = "other_keys"
    FAILS = "fails"
    NO_JSON = "no_json"
    HANGS_UP = "hangs_up"
    FORGETS = "forgets"


class Came(msgspec.Struct, frozen=True):
    """A request as it came; `fields` are those of query and body together, `event` is nothing where it is forged."""

    query: Mapping[str, str]
    kind: str
    body: bytes
    fields: Mapping[str, Any]
    event: Any
    problem: str


class Receiver:
    """What came, and what is done about the next requests.

    `trouble` is shown by the next `count` requests, a negative count by all. `came` has every request, `events` those
    that were genuine, without `check_url`. `slowness` is what a slow answer takes, in seconds, unless `released` is set
    before.
    """

    def __init__(self, token: str = TOKEN, aes_key: str = AES_KEY, appkey: str = APPKEY) -> None:
        self.keys = CallbackKeys.of(token, aes_key, appkey)
        self.url = ""
        self.came: list[Came] = []
        self.slowness = 2.0
        self.released = threading.Event()
        self._troubles: list[Trouble] = []
        self._lasting: Trouble | None = None

    @property
    def events(self) -> list[Any]:
        """Give the events that were genuine, in the order in which they came."""
        return [one.event for one in self.came if one.event is not None and one.event["event_type"] != "check_url"]

    @property
    def told(self) -> list[tuple[str, list[Any]]]:
        """Give the type and the ids of each event."""
        return [(one["event_type"], [_id(each) for each in one["value"]]) for one in self.events]

    def trouble(self, trouble: Trouble | None, count: int = 1) -> None:
        """Show a trouble from now on, or none."""
        self._troubles = [trouble] * count if trouble is not None and count > 0 else []
        self._lasting = trouble if count < 0 else None

    def wait(self, count: int, seconds: float = 10.0) -> list[Any]:
        """Give the events once there are so many of them; fails where they do not come in time."""
        until = time.monotonic() + seconds
        while len(self.events) < count and time.monotonic() < until:
            time.sleep(0.005)
        assert len(self.events) >= count, f"{len(self.events)} of {count} events came: {self.told}"
        return self.events

    def due(self) -> Trouble | None:
        """Give the trouble of the next request."""
        return self._troubles.pop() if self._troubles else self._lasting

    def take(self, query: Mapping[str, str], kind: str, body: bytes) -> Came:
        """Read a request, in whatever form it is, and keep it."""
        fields = {**query, **_fields(kind, body)}
        event, problem = None, ""
        try:
            event = json.loads(unseal(self.keys, _sealed(fields)))
        except (Forged, KeyError, ValueError) as error:
            problem = str(error) or type(error).__name__
        came = Came(query, kind, body, fields, event, problem)
        self.came.append(came)
        return came

    def answer(self, said: bytes = SUCCESS, keys: CallbackKeys | None = None) -> bytes:
        """Give an answer, signed and encrypted."""
        now = str(int(time.time() * 1000))
        return msgspec.json.encode(seal(keys or self.keys, said, now, secrets.token_hex(8), secrets.token_bytes(16)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    receiver: Receiver

    def do_POST(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        receiver, trouble = self.receiver, self.receiver.due()
        if trouble is Trouble.FORGETS:
            self._reply(503, b"")
            return
        came = receiver.take(query, self.headers.get("content-type", ""), body)
        if trouble is Trouble.HANGS_UP:
            self.close_connection = True
        elif came.event is None:
            self._reply(403, b"")
        else:
            self._answer(trouble)

    def _answer(self, trouble: Trouble | None) -> None:
        receiver = self.receiver
        if trouble is Trouble.SLOW:
            receiver.released.wait(receiver.slowness)
        other = msgspec.structs.replace(receiver.keys, token="another")  # noqa: S106 - that is the trouble
        answers: dict[Trouble | None, tuple[int, bytes]] = {
            Trouble.REFUSES: (503, b""),
            Trouble.PLAIN: (200, SUCCESS),
            Trouble.OTHER_KEYS: (200, receiver.answer(keys=other)),
            Trouble.FAILS: (200, receiver.answer(b"fail")),
            Trouble.NO_JSON: (200, b"<html>"),
        }
        self._reply(*answers.get(trouble, (200, receiver.answer())))

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that end."""


@contextmanager
def receiving(receiver: Receiver | None = None, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Serve a receiver on a port of the loopback, and give it with its URL; with TLS where a context is given."""
    receiver = receiver or Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    with _Server(("127.0.0.1", port), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="receiver")
        thread.start()
        receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}{PATH}"
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.shutdown()
            thread.join()


def _fields(kind: str, body: bytes) -> dict[str, Any]:
    if kind.startswith(FORM):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sealed(fields: Mapping[str, Any]) -> Sealed:
    """Give the four fields by either of their names; raises `KeyError` where one is missing."""
    time_stamp = fields["timeStamp"] if "timeStamp" in fields else fields["timestamp"]
    signed = fields["msg_signature"] if "msg_signature" in fields else fields["signature"]
    return Sealed(str(fields["encrypt"]), str(signed), str(time_stamp), str(fields["nonce"]))


def _id(shown: Any) -> Any:  # noqa: ANN401 - JSON
    return shown["id"] if isinstance(shown, dict) else shown
