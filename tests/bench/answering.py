"""A server that costs next to nothing: it answers every POST with the text of a file, and every GET with a token.

`python -m tests.bench.answering FILE` prints its port and serves until it is ended.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOKEN = b'{"code": 10000, "value": {"access_token": "t", "company_id": "c", "expires_in": 7200}}'


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Answering(asyncio.Protocol):
    """Reads requests by their length alone."""

    answer = b""
    token = _answer(TOKEN)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._unread = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        unread = self._unread + data
        while (end := unread.find(b"\r\n\r\n")) >= 0:
            head = unread[:end].lower()
            _, _, length = head.partition(b"content-length:")
            whole = end + 4 + int(length.split(b"\r\n", 1)[0] or 0)
            if len(unread) < whole:
                break
            self._transport.write(self.token if head.startswith(b"get") else self.answer)
            unread = unread[whole:]
        self._unread = unread


@contextmanager
def answering(file: Path) -> Iterator[str]:
    """Run the server beside this process, and give the URL that a client takes."""
    command = [sys.executable, "-m", "tests.bench.answering", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this file
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/meeting"
        finally:
            process.terminate()


async def main() -> None:
    """Serve."""
    Answering.answer = _answer(Path(sys.argv[1]).read_bytes())  # noqa: ASYNC240 - before anything is served
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
