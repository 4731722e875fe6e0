"""Whatever a platform sends, and for however long, a call ends, soon and with a bound for what it takes."""

import asyncio
import http.server
import json
import resource
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from syncd.errors import AnswerLost, PlatformError
from syncd.platform import Client, ClientSettings
from syncd.testing.company import Company
from tests.kit.installation.site import Site

TOKEN = json.dumps(
    {"code": 10000, "success": True, "value": {"access_token": "t", "company_id": "1000", "expires_in": 7200}}
).encode()


def bomb() -> bytes:
    """Return 256 MiB of a text of JSON, in a quarter of a megabyte."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    parts = [compressor.compress(b'{"code":10000,"success":true,"value":["')]
    parts += [compressor.compress(b"x" * (1 << 20)) for _ in range(256)]
    return b"".join((*parts, compressor.flush()))


class Endless(http.server.BaseHTTPRequestHandler):
    """A platform whose answers to a call have no end; `server.how` says of which call, and how they go on."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the question for a token."""
        self._answer("gettoken")

    def do_POST(self) -> None:
        """Answer any other call."""
        self.rfile.read(int(self.headers["content-length"]))
        self._answer("list")

    def _answer(self, call: str) -> None:
        wanted, how = self.server.how  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-type", "application/json")
        if call != wanted:
            self.send_header("content-length", str(len(TOKEN)))
            self.end_headers()
            self.wfile.write(TOKEN)
            return
        self.close_connection = True
        if how == "bomb":
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        try:
            self._go_on(how)
        except OSError:
            return

    def _go_on(self, how: str) -> None:
        if how == "bomb":
            self.wfile.write(bomb())
            return
        self.wfile.write(b'{"code":10000,"success":true,"value":[')
        until = time.monotonic() + 30
        while time.monotonic() < until:
            self.wfile.write(b'{"id":"U","name":"' + b"x" * 60_000 + b'"},' if how == "fast" else b" ")
            self.wfile.flush()
            if how == "slow":
                time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endless() -> Iterator[Any]:
    """Return such a platform."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(server: Any, seconds: float = 60.0) -> ClientSettings:  # noqa: ANN401 - a server
    """Return how a client calls it, with small bounds and no patience."""
    url = f"http://127.0.0.1:{server.server_port}/meeting"
    return ClientSettings(url, "k", "s", rate=0, patience=0.1, largest_answer=4 << 20, answer_timeout=seconds)


@pytest.mark.parametrize("call", ["gettoken", "list"])
@pytest.mark.parametrize(
    ("how", "words"),
    [("fast", "has more than 4 MiB"), ("bomb", "has more than 4 MiB"), ("slow", "not whole within 2 s")],
)
async def test_an_answer_without_end_ends_the_call(endless: Any, call: str, how: str, words: str) -> None:  # noqa: ANN401 - a server
    """An endless answer, one that drips and a gzip bomb end the call, and the error names the bound."""
    endless.how = (call, how)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with Client(settings(endless, 2.0 if how == "slow" else 60.0)) as client, asyncio.timeout(90):
        with pytest.raises(PlatformError, match=words) as caught:
            await client.users()
    assert "platform." in str(caught.value)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 600 << 10, "kilobytes"
    if how == "slow" and call == "list":
        assert isinstance(caught.value, AnswerLost)


async def test_an_answer_that_is_no_list_is_small(endless: Any) -> None:  # noqa: ANN401 - a server
    """A token has 16 MiB at most, however large a list may be."""
    endless.how = ("gettoken", "fast")
    async with Client(msgspec.structs.replace(settings(endless), largest_answer=1 << 40)) as client:
        with pytest.raises(PlatformError, match="has more than 16 MiB"):
            await client.users()


def test_the_command_says_which_setting_it_is(site: Site, company: Company) -> None:
    """A list that is larger than `platform.largest_answer` is told with the name of the setting, in one line."""
    site.employ(company)
    assert site.settle().code == 0
    site.configure(platform='largest_answer = "1KiB"')
    fault = site.run("plan").fault
    assert "(platform.largest_answer)" in fault
    assert "user/list" in fault or "dept/list" in fault
