"""Writing calls a second that the sandbox answers, without a callback and with one that is told of every change.

`python -m tests.bench.sandbox_pushes [SECONDS]` prints both for 1, 8 and 50 connections, measured in turns.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from syncd.testing.receiver import AES_KEY, TOKEN, Receiver
from tests.bench.answering import answering

PORT = 18_476
TURNS = 5
KEYS = {"token": TOKEN, "aes_key": AES_KEY}


class Calling(asyncio.Protocol):
    """One connection that changes its own user without a pause."""

    answered = 0
    path = ""

    def __init__(self, number: int) -> None:
        self._number, self._sent, self._unread = number, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Ask again once the answer is whole."""
        self._unread += data
        head, end, body = self._unread.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            assert b'"code":10000' in body, body
            Calling.answered += 1
            self._unread = b""
            self._ask()

    def _ask(self) -> None:
        self._sent += 1
        body = json.dumps({"id": f"U{self._number}", "memo": str(self._sent)})
        head = f"POST {self.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        self._transport.write(f"{head}\r\n\r\n{body}".encode())


@contextmanager
def sandbox() -> Iterator[str]:
    """Run a sandbox beside this process, and give its address."""
    command = [sys.executable, "-m", "syncd", "sandbox", "--port", str(PORT)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own program
        address = f"http://127.0.0.1:{PORT}"
        try:
            for _ in range(100):
                time.sleep(0.1)
                try:
                    ask(f"{address}/sandbox/quirks")
                    break
                except OSError:
                    continue
            yield address
        finally:
            process.terminate()


def ask(url: str, body: object = None, method: str | None = None) -> Any:  # noqa: ANN401 - JSON
    """Give the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json"}, method=method)  # noqa: S310 - the loopback
    with urlopen(request) as answer:  # noqa: S310 - likewise
        return json.load(answer)


async def rate(connections: int, seconds: float) -> float:
    """Give the calls a second over so many connections."""
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda n=one: Calling(n), "127.0.0.1", PORT) for one in range(connections)]  # type: ignore[misc]
    await asyncio.sleep(0.3)
    before, began = Calling.answered, time.perf_counter()
    await asyncio.sleep(seconds)
    found = (Calling.answered - before) / (time.perf_counter() - began)
    for transport, _ in made:
        transport.abort()
    return found


def main(seconds: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, sandbox() as address:
        file = Path(folder) / "answer.json"
        file.write_bytes(Receiver().answer())
        with answering(file) as receiver:
            token = ask(f"{address}/meeting/api/oapi/gettoken?appkey=sandbox&appsecret=sandbox-secret")
            query = f"access_token={token['value']['access_token']}"
            Calling.path = f"/meeting/api/open/user/update?{query}"
            for number in range(50):
                user = {"id": f"U{number}", "name": "n", "account": f"a{number}"}
                ask(f"{address}/meeting/api/open/user/add?{query}", user)
            for connections in (1, 8, 50):
                print(row(connections, seconds, address, f"http://{urlsplit(receiver).netloc}/callback"), flush=True)


def row(connections: int, seconds: float, address: str, receiver: str) -> str:
    """Measure in turns, and give a line."""
    found: dict[bool, list[float]] = {False: [], True: []}
    told = 0
    for _ in range(TURNS):
        for is_told in (False, True):
            ask(f"{address}/sandbox/callback", method="DELETE")
            if is_told:
                ask(f"{address}/sandbox/callback", {"url": receiver, **KEYS})
                before = ask(f"{address}/sandbox/callback")["counts"]["answered"]
            found[is_told].append(asyncio.run(rate(connections, seconds)))
            if is_told:
                told += ask(f"{address}/sandbox/callback")["counts"]["answered"] - before
    without, with_it = statistics.median(found[False]), statistics.median(found[True])
    figures = f"{without:6.0f} calls/s, told {with_it:6.0f}: {with_it / without:.2f} of it"
    return f"{connections:3} connections: {figures}, {told / TURNS / seconds:.0f} events/s"


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
