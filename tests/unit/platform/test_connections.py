"""Connections check certificates, keep their time-outs, and use a proxy only if the settings name it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import stamina
import trustme

from syncd.errors import PlatformUnreachable
from syncd.platform import Client, ClientSettings

TOKEN = b'{"code": 10000, "value": {"access_token": "t", "company_id": "77"}}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(TOKEN), TOKEN)


@pytest.fixture(autouse=True)
def _once() -> Iterator[None]:
    """Try once: what is asked again is another matter."""
    with stamina.set_testing(True, attempts=1):
        yield


@asynccontextmanager
async def served(answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Return a server that answers so, or says nothing for ever, and the first lines of what it was asked."""
    asked: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writers.append(writer)
        if answer:
            writer.write(answer)
            writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0, ssl=context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
        for writer in writers:
            writer.close()


async def test_a_certificate_is_checked_against_the_named_authority(tmp_path: Path) -> None:
    """A certificate is checked against `ca_file`, or not at all if `insecure`, and the error names the key to set."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with served(ANSWER, context) as (host, _):
        for settings in ({"ca_file": str(tmp_path / "ca.pem")}, {"insecure": True}):
            async with Client(ClientSettings(f"https://{host}", "k", "geheim", **settings)) as client:
                assert await client.company_id() == "77"
        async with Client(ClientSettings(f"https://{host}", "k", "geheim")) as client:
            with pytest.raises(
                PlatformUnreachable,
                match=r"certificate is not known: .* platform\.ca_file",
            ) as caught:
                await client.company_id()
    assert "geheim" not in str(caught.value)


async def test_an_answer_that_does_not_come_in_time_is_lost() -> None:
    """Where no token comes in time the client says so, and has sent nothing but the request for it."""
    async with (
        served(b"") as (host, asked),
        Client(ClientSettings(f"http://{host}", "k", "geheim", read_timeout=0.05)) as client,
    ):
        with pytest.raises(PlatformUnreachable, match=r"gettoken: the connection to .* ended before"):
            await client.company_id()
        assert asked == [b"GET /api/oapi/gettoken?appkey=k&appsecret=geheim HTTP/1.1"]


async def test_a_proxy_is_used_if_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is used if the settings name it, and never because the environment names one."""
    async with served(ANSWER) as (proxy, through), served(ANSWER) as (host, directly):
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        async with Client(ClientSettings(f"http://{host}", "k", "geheim")) as client:
            await client.company_id()
        assert (len(directly), through) == (1, [])
        async with Client(ClientSettings(f"http://{host}", "k", "geheim", proxy=f"http://{proxy}")) as client:
            await client.company_id()
        assert (len(directly), len(through)) == (1, 1)
