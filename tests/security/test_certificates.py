"""A certificate that is refused is told as what it is: another host's, expired, early, nobody's."""

import asyncio
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import trustme

from syncd.directory.http_exchange import Exchange, Reaching
from syncd.directory.ldap_connection import LdapSettings, connected
from syncd.directory.picture_urls import Fetching, UrlPictures
from syncd.errors import PictureUnreadable, PlatformUnreachable, SourceUnreachable
from syncd.model.faces import Sought
from syncd.model.source import Entry
from syncd.platform import Client, ClientSettings

NOW = dt.datetime.fromtimestamp(time.time(), dt.UTC)
BEFORE, AFTER = NOW - dt.timedelta(days=3), NOW + dt.timedelta(days=3)
HERE = ("localhost", "127.0.0.1")
TOLD = {
    "another host": "its certificate is for dc1.example.org, dc2.example.org, and not for localhost: name the",
    "expired": f"its certificate expired on {BEFORE:%Y-%m-%d}: renew it on the server",
    "early": f"its certificate is not valid yet; it begins on {AFTER:%Y-%m-%d}: look at the clocks",
    "unknown": "the authority of its certificate is not known: name it in",
    "by itself": "its certificate is signed by itself alone: name that certificate in",
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    """Return an authority, and the file that has its certificate."""
    made, file = trustme.CA(), tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(str(file))
    return made, str(file)


def context(kind: str, authority: trustme.CA, folder: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate of this kind."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "by itself":
        own = trustme.CA()
        own.cert_pem.write_to_path(str(folder / "own.pem"))
        own.private_key_pem.write_to_path(str(folder / "own.key"))
        found.load_cert_chain(folder / "own.pem", folder / "own.key")
        return found
    issued = {
        "another host": lambda: authority.issue_cert("dc1.example.org", "dc2.example.org"),
        "expired": lambda: authority.issue_cert(*HERE, not_before=BEFORE - dt.timedelta(days=9), not_after=BEFORE),
        "early": lambda: authority.issue_cert(*HERE, not_before=AFTER),
        "unknown": lambda: trustme.CA().issue_cert(*HERE),
    }
    issued[kind]().configure_cert(found)
    return found


@pytest.fixture(params=TOLD)
def server(
    request: pytest.FixtureRequest, authority: tuple[trustme.CA, str], tmp_path: Path
) -> Iterator[tuple[str, int, str]]:
    """Yield what is to be told, the port of a TLS server with such a certificate, and the authority's file."""
    secured = context(request.param, authority[0], tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with suppress(OSError), connection, secured.wrap_socket(connection, server_side=True) as inner:
                    inner.recv(10)

        threading.Thread(target=serve, daemon=True).start()
        yield TOLD[request.param], listening.getsockname()[1], authority[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_a_directory_server_s_certificate_is_told_as_what_it_is(server: tuple[str, int, str]) -> None:
    """A directory server with such a certificate is not reached, and the error says what is wrong with it."""
    told, port, ca_file = server
    settings = LdapSettings((f"ldaps://localhost:{port}",), ca_file=ca_file, connect_timeout=5, read_timeout=5)
    with pytest.raises(SourceUnreachable) as found, connected("ldap", settings):
        pass
    assert told in str(found.value)


def test_a_service_s_certificate_is_told_as_what_it_is(server: tuple[str, int, str]) -> None:
    """An HTTP source and a server of pictures with such a certificate say what is wrong with it."""
    told, port, ca_file = server
    with Exchange("hr", Reaching(ca_file)) as exchange, pytest.raises(SourceUnreachable) as found:
        exchange.get(httpx.URL(f"https://localhost:{port}/"), {})
    assert told in str(found.value)
    pictures = UrlPictures(Fetching(ca_file=ca_file, source="hr"))
    with pytest.raises(PictureUnreadable) as missed:
        pictures.picture(Sought("k", Entry("k", "uid=k", {}), f"https://localhost:{port}/k.jpg"), "")
    pictures.close()
    assert told in str(missed.value)


def test_the_platform_s_certificate_is_told_as_what_it_is(server: tuple[str, int, str]) -> None:
    """A platform with such a certificate says what is wrong with it, and names the key of the configuration."""
    told, port, ca_file = server

    async def ask() -> None:
        settings = ClientSettings(f"https://localhost:{port}", "appkey", "secret", ca_file=ca_file, patience=0.01)
        async with Client(settings) as client:
            await client.company_id()

    with pytest.raises(PlatformUnreachable) as found:
        asyncio.run(ask())
    assert told in str(found.value)
    wants_authority = "authority" in told or "by itself" in told
    assert ("platform.ca_file" in str(found.value)) == wants_authority
