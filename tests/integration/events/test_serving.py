"""The listener on a real port bears slow and greedy senders, serves TLS, knows its proxies, and stops without loss."""

import asyncio
import functools
import http.client
import select
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
import pytest
import trustme

from syncd.app.receiving import Receipt
from syncd.errors import ConfigurationError, SyncdError
from syncd.events import protocol, serving
from syncd.events.listener import Limits
from syncd.events.serving import ListenerSettings
from syncd.shadow.schema import upgrade
from syncd.shadow.store import Store, open_store
from tests.kit.installation.callbacks import KEYS, Sender, event, sealed
from tests.kit.waiting import DEADLINE_SECONDS, comes

GENUINE = msgspec.json.encode(sealed(event()))
HEAD = b"POST /callback HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


def settings(**changes: object) -> ListenerSettings:
    """Return settings with a free port."""
    return msgspec.structs.replace(ListenerSettings("127.0.0.1", 0, "/callback", (KEYS,), 1 << 20), **changes)


class Running:
    """A listener that runs in a thread, as in a process of its own."""

    def __init__(self, url: str, store: Store) -> None:
        self.url, self.store = url, store
        self.receipts: list[tuple[Receipt, str]] = []
        self.stop: Callable[[], object] = int

    def tell(self, receipt: Receipt, sender: str, _why: str, /) -> None:
        """Take a receipt."""
        self.receipts.append((receipt, sender))

    @property
    def stored(self) -> int:
        """Return how many events are in the inbox."""
        with self.store.reading() as work:
            return sum(work.inbox.counts().values())

    def connect(self) -> socket.socket:
        """Return a plain connection."""
        host, port = self.url.split("/")[2].split(":")
        return socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the times that a body, the store and the rest of what is refused may take on a busy machine."""
    patient = functools.partial(
        Limits, body_seconds=DEADLINE_SECONDS, store_seconds=DEADLINE_SECONDS, linger_seconds=DEADLINE_SECONDS
    )
    monkeypatch.setattr(serving, "Limits", patient)


@contextmanager
def listening(folder: Path, chosen: ListenerSettings) -> Iterator[Running]:
    """Run a listener in a thread, and yield it."""
    upgrade(url := f"sqlite:///{folder / 'syncd.db'}")
    store = open_store(url)
    tls = serving.certificate(chosen)
    with serving.bind(chosen.host, chosen.port, "listener.bind") as listener:
        running = Running(serving.address(chosen, listener), store)

        async def serve() -> None:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            running.stop = lambda: loop.call_soon_threadsafe(stop.set)
            await serving.receive_events(chosen, tls, listener, store, running.tell, stop)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        try:
            while running.stop is int:
                time.sleep(0.01)
            yield running
        finally:
            running.stop()
            thread.join()
            store.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Yield a listener."""
    with listening(tmp_path, settings()) as made:
        yield made


def asked_again(connection: socket.socket) -> bytes:
    """Send a genuine event, and return the head of its answer."""
    connection.sendall(HEAD % len(GENUINE) + GENUINE)
    answer = b""
    while b"\r\n\r\n" not in answer or answer.endswith(b"content-type: application/json\r\n\r\n"):
        answer += connection.recv(65536)
    return answer


def rest(connection: socket.socket) -> bytes:
    """Read until the other end closes, however it does, and return what came."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionError:
        pass
    return found


def test_events_are_answered_over_one_connection(running: Running) -> None:
    """Every event on one connection is answered and stored, also when several come before the first answer."""
    with Sender(running.url) as sender:
        assert all(sender.send(event()) for _ in range(20))
    request = HEAD % len(GENUINE) + GENUINE
    with running.connect() as connection:
        connection.sendall(request * 5 + b"GET / HTTP/1.0\r\n\r\n")
        assert rest(connection).count(b"HTTP/1.1 200 OK") == 5
    assert running.stored == 25


OFFERS = {
    "Java": b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\n",
    "one option": b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    "several": b"connection: keep-alive, Upgrade\r\nupgrade: h2c, HTTP/3.0\r\n",
    "two lines": b"connection: keep-alive\r\nconnection: Upgrade\r\nupgrade: TLS/1.2\r\n",
    "WebSocket": b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n",
}


@pytest.mark.parametrize("cut", [0, 1, 60, -3, None], ids=lambda cut: f"cut at {cut}")
@pytest.mark.parametrize("offer", OFFERS)
def test_an_offer_of_another_protocol_is_passed_over(running: Running, offer: str, cut: int | None) -> None:
    """An event whose sender offers another protocol is taken, in one piece or two, and the connection goes on."""
    head = (HEAD % len(GENUINE))[:-2] + OFFERS[offer] + b"\r\n"
    at = len(head) if cut == 0 else cut
    request = head + GENUINE
    with running.connect() as connection:
        for _ in range(2):
            for part in (request,) if at is None else (request[:at], request[at:]):
                connection.sendall(part)
                time.sleep(0.02)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200
            answer.read()
    assert running.stored == 2
    assert {receipt for receipt, _ in running.receipts} == {Receipt.STORED}


def test_offers_are_passed_over_in_chunks_and_one_after_the_other(running: Running) -> None:
    """Requests with an offer are answered also where bodies come in chunks, and where several come at once."""
    offer = OFFERS["Java"]
    whole = (HEAD % len(GENUINE))[:-2] + offer + b"\r\n" + GENUINE
    head = b"POST /callback HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" + offer + b"\r\n"
    chunked = head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (GENUINE[:9], GENUINE[9:])) + b"0\r\n\r\n"
    with running.connect() as connection:
        connection.sendall(whole + chunked + whole)
        assert comes(lambda: running.stored == 3)
    with running.connect() as connection:
        connection.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"


def test_a_head_that_does_not_end_is_hung_up_on(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is silent or does not end its head is closed, and others are answered meanwhile."""
    with running.connect() as kept, Sender(running.url) as sender:
        kept.sendall(HEAD % len(GENUINE) + GENUINE)
        answered = b""
        while not answered.endswith(b"}"):
            answered += kept.recv(65536)
        assert answered.startswith(b"HTTP/1.1 200")
        assert sender.send(event())
        monkeypatch.setattr(protocol, "HEAD_SECONDS", 1.0)
        with running.connect() as silent, running.connect() as slow:
            slow.sendall(HEAD[:20])
            kept.sendall(HEAD[:20])
            assert sender.send(event())
            assert [rest(connection) for connection in (silent, slow, kept)] == [b"", b"", b""]


@pytest.mark.parametrize(
    "part", [b"x: " + b"y" * 4096, b"z: 1\r\n" * 700, b"y" * 4096], ids=["long headers", "many headers", "no end"]
)
def test_a_head_without_measure_is_hung_up_on(running: Running, part: bytes) -> None:
    """A sender whose head does not end is cut off before 16 MiB, and the next sender is answered."""
    with running.connect() as connection:
        sent = 0
        try:
            connection.sendall(b"POST /callback HTTP/1.1\r\nx-long: ")
            while sent < 64 << 20:
                connection.sendall(part)
                sent += len(part)
        except ConnectionError:
            pass
        assert sent < 16 << 20
    with Sender(running.url) as sender:
        assert sender.send(event())


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /callback HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /callback HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n123456",
        b"POST /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"POST /callback HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["TLS", "negative length", "two lengths", "path not ASCII", "CONNECT", "no chunk", "HTTP/2"],
)
def test_what_is_no_http_is_refused(running: Running, request_bytes: bytes) -> None:
    """Bytes that are no valid HTTP get a 4xx answer or a closed connection, and the next sender is answered."""
    with running.connect() as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection)[:10] in (b"", b"HTTP/1.1 4")
    with Sender(running.url) as sender:
        assert sender.send(event())


def test_a_body_over_the_limit_is_refused_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body over the limit is refused, whether its length is said or it comes in chunks, and is not stored."""
    # Who is refused is waited for, and who says a length here sends nothing more.
    monkeypatch.setattr(serving, "Limits", functools.partial(Limits, linger_seconds=0.2))
    with listening(tmp_path, settings()) as running, running.connect() as said, running.connect() as chunked:
        said.sendall(HEAD % (2 << 20))
        assert rest(said).startswith(b"HTTP/1.1 413")
        chunked.sendall(b"POST /callback HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 64 << 20:
                chunked.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
        except ConnectionError:
            pass
        assert sent < 16 << 20
        assert running.stored == 0


@pytest.mark.parametrize(("path", "status"), [("/callback", 413), ("/elsewhere", 404)])
def test_who_sends_a_refused_body_to_its_end_reads_why(tmp_path: Path, path: str, status: int) -> None:
    """A sender who sends a refused body of 14 MiB to its end reads the status, though the answer came before."""
    with listening(tmp_path, settings(max_body=4 << 20)) as running:
        connection = http.client.HTTPConnection(
            "127.0.0.1", urllib.parse.urlsplit(running.url).port or 0, timeout=DEADLINE_SECONDS
        )
        with closing(connection):
            connection.request("POST", path, b"x" * (14 << 20))
            assert connection.getresponse().status == status


def test_a_refused_body_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body for which there is no room gets 503; who sends its rest may go on, who dawdles is hung up on."""
    monkeypatch.setattr(serving, "MOST_HELD", 0)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 3.0)
    with listening(tmp_path, settings(max_body=2048)) as running, ExitStack() as stack:
        several = [stack.enter_context(running.connect()) for _ in range(6)]
        for one in several:
            one.sendall(HEAD % 2048 + b"x" * 2000)
        while len(refused := select.select(several, [], [], 0.05)[0]) < 2:
            pass
        finishing, dawdling = refused
        assert all(one.recv(65536).startswith(b"HTTP/1.1 503") for one in refused)
        finishing.sendall(b"x" * 48)
        for _ in range(100):
            dawdling.sendall(b"x")
            if select.select([dawdling], [], [], 0.1)[0]:
                break
        assert rest(dawdling) == b""
        for one in set(several) - set(refused):
            one.close()
        while (answer := asked_again(finishing)).startswith(b"HTTP/1.1 503"):
            time.sleep(0.05)
        assert answer.startswith(b"HTTP/1.1 200")


def test_senders_who_hang_up_harm_nobody(running: Running) -> None:
    """Senders who hang up before, within or after a body harm nobody, and only whole events are stored."""
    request = HEAD % len(GENUINE) + GENUINE
    for length in (0, 10, len(HEAD), len(request) - 1, len(request)):
        with running.connect() as connection:
            connection.sendall(request[:length])
    with Sender(running.url) as sender:
        assert sender.send(event())
    assert comes(lambda: running.stored == 2)


def test_more_connections_than_may_be_are_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request on one connection too many gets 503, and it is answered once others are closed."""
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 4)
    with listening(tmp_path, settings()) as running, Sender(running.url) as sender:
        idle = [running.connect() for _ in range(3)]
        statuses = [sender.post(GENUINE)[0]]
        for one in idle:
            one.close()
        while (status := sender.post(GENUINE)[0]) == 503:
            time.sleep(0.05)
        assert (statuses, status) == ([503], 200)


def test_what_was_accepted_is_answered_when_it_stops(running: Running) -> None:
    """A request whose body is on its way when the stop comes is still answered; idle connections close."""
    request = HEAD % len(GENUINE) + GENUINE
    with running.connect() as connection, running.connect() as idle:
        connection.sendall(request[:-10])
        while not running.receipts:
            with Sender(running.url) as sender:
                assert sender.send(event())
        running.stop()
        assert rest(idle) == b"", "the stop has come"
        connection.sendall(request[-10:])
        assert rest(connection).startswith(b"HTTP/1.1 200 OK")
    assert running.stored == 2


def test_it_serves_tls_with_its_own_certificate(tmp_path: Path) -> None:
    """The listener serves TLS with its own certificate, and plain HTTP gets no HTTP answer there."""
    authority = trustme.CA()
    own = authority.issue_cert("localhost")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    own.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    chosen = settings(certificate=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem"))
    with listening(tmp_path, chosen) as running:
        assert running.url.startswith("https://127.0.0.1:")
        port = int(running.url.split(":")[2].split("/")[0])
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=DEADLINE_SECONDS)
        connection.request("POST", "/callback", GENUINE)
        assert connection.getresponse().status == 200
        connection.close()
        with running.connect() as plain:
            plain.sendall(HEAD % 0)
            assert not rest(plain).startswith(b"HTTP")
        assert running.stored == 1


def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A certificate that cannot be used is refused with the setting's name and the names of both files."""
    (tmp_path / "cert.pem").write_text("no certificate")
    for name in ("cert.pem", "nowhere.pem"):
        chosen = settings(certificate=str(tmp_path / name), key=str(tmp_path / "key.pem"))
        with pytest.raises(ConfigurationError, match=rf"listener\.tls: .*{name} and .*key\.pem cannot be used: "):
            serving.certificate(chosen)


@pytest.mark.parametrize(
    ("trusted", "sender"),
    [
        ((), "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.7"),
        (("127.0.0.0/8",), "203.0.113.7"),
        (("10.0.0.1",), "127.0.0.1"),
    ],
)
def test_forwarded_headers_are_believed_from_trusted_proxies_alone(
    tmp_path: Path, trusted: tuple[str, ...], sender: str
) -> None:
    """The sender's address in a forwarded header is believed from a trusted proxy alone."""
    with listening(tmp_path, settings(trusted_proxies=trusted)) as running, Sender(running.url) as sending:
        sending.post(b"forged", **{"x-forwarded-for": "198.51.100.1, 203.0.113.7"})
        assert running.receipts == [(Receipt.NOT_UNDERSTOOD, sender)]


def test_an_address_that_is_taken_or_not_ours_is_said(running: Running) -> None:
    """An address that is taken or not ours is refused with the setting's name and what to do."""
    port = int(running.url.split(":")[2].split("/")[0])
    for host in ("127.0.0.1", "192.0.2.1"):
        with (
            pytest.raises(SyncdError, match=rf"listener\.bind: {host}:{port} cannot be listened on: .*choose another"),
            serving.bind(host, port, "listener.bind"),
        ):
            pass


def test_an_address_of_ipv6_is_shown_in_brackets() -> None:
    """An address of IPv6 is shown in brackets, as in a URL."""
    chosen = settings(host="::1")
    with serving.bind(chosen.host, chosen.port, "listener.bind") as listener:
        assert serving.address(chosen, listener) == f"http://[::1]:{listener.getsockname()[1]}/callback"
