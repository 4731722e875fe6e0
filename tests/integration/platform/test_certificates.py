"""A client over TLS believes the platform whose certificate its own settings trust, and no other."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import stamina
import trustme

from syncd.errors import PlatformUnreachable
from syncd.platform import Client, ClientSettings
from syncd.platform.transport import http_transport
from syncd.sandbox.api import Sandbox
from syncd.sandbox.application import Application
from tests.kit.asgi import serving


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Make retries follow each other at once."""
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@contextmanager
def over_tls(folder: Path, *names: str, expires: dt.datetime | None = None) -> Iterator[tuple[str, str]]:
    """Serve a sandbox with a certificate for these names; yield its URL and the file of the certificate's authority."""
    authority = trustme.CA()
    own = authority.issue_cert(*names, not_after=expires) if expires else authority.issue_cert(*names)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    own.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    with serving(Application(Sandbox()), ssl_certfile=folder / "own.pem") as port:
        yield f"https://localhost:{port}/meeting", str(folder / "ca.pem")


async def company(url: str, **settings: object) -> str:
    """Return the company's id, as the platform tells it."""
    async with Client(ClientSettings(url, "sandbox", "sandbox-secret", **settings)) as client:  # type: ignore[arg-type]
        return await client.company_id()


async def test_a_platform_is_believed_by_its_authority_alone(tmp_path: Path) -> None:
    """A platform is trusted through the authority in `ca_file` or with `insecure`, not through the system's."""
    with over_tls(tmp_path, "localhost") as (url, ca_file):
        assert await company(url, ca_file=ca_file)
        assert await company(url, insecure=True)
        with pytest.raises(PlatformUnreachable, match=r"the authority of its certificate .* in platform\.ca_file"):
            await company(url)


@pytest.mark.parametrize(
    ("name", "expires", "words"),
    [
        ("localhost", dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "certificate expired on 2020-01-01"),
        ("h5.example.org", None, "certificate is for h5.example.org, and not for localhost"),
    ],
)
async def test_a_certificate_that_expired_or_is_anothers_is_refused(
    tmp_path: Path, name: str, expires: dt.datetime | None, words: str
) -> None:
    """A certificate that has expired or is another host's is refused in one line without the secret."""
    with (
        over_tls(tmp_path, name, expires=expires) as (url, ca_file),
        pytest.raises(PlatformUnreachable, match=words) as caught,
    ):
        await company(url, ca_file=ca_file)
    assert "sandbox-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def authorities(url: str, **settings: str) -> int:
    """Return how many authorities a client of this URL trusts."""
    transport: Any = http_transport(ClientSettings(url, "sandbox", "sandbox-secret", **settings))  # type: ignore[arg-type]
    found: int = transport.ssl_context.cert_store_stats()["x509_ca"]
    return found


def test_the_systems_authorities_are_read_only_where_a_certificate_may_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain HTTP reads no authority; HTTPS and a proxy read those of the system, and `ca_file` is read in any case."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert authorities("http://platform.example/meeting") == 0
    assert authorities("https://platform.example/meeting") == 1
    assert authorities("http://platform.example/meeting", proxy="http://proxy.example:3128") == 1
    assert authorities("http://platform.example/meeting", ca_file=str(tmp_path / "ca.pem")) == 1
