"""Pictures that a web server has, one address for each person."""

import hashlib
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import httpx
import msgspec

from syncd.config.certificates import is_about_certificate, why_refused
from syncd.config.trust import tls_context
from syncd.containment.deadline import Connections, Deadline
from syncd.directory.http_access import Access
from syncd.directory.http_exchange import HTTPS, UNAUTHORIZED
from syncd.errors import PictureUnreadable, SourceUnreachable
from syncd.model.faces import UNSEEN, Picture, Sought

MOST_BYTES = 40_000_000
MOST_FAULTS = 5
"""So many addresses in a row that do not answer, and nobody asks for the rest."""
GONE = frozenset({404, 410})
OK, UNCHANGED = 200, 304


class Fetching(msgspec.Struct, frozen=True):
    """How addresses are asked: how long each step of an answer may take, and all of it, in seconds.

    `source` is the one whose `ca_file` and `insecure` count.
    """

    seconds: float = 20.0
    most_seconds: float = 60.0
    ca_file: str = ""
    insecure: bool = False
    source: str = ""


class _Unknown(httpx.HTTPError):
    """The server does not know who asks."""


class UrlPictures:
    """The pictures at the addresses that a template names; redirects are not followed.

    `access` shows their server who asks.
    """

    def __init__(self, fetching: Fetching, access: Access | None = None) -> None:
        self._fetching, self._access = fetching, access
        self._client: httpx.Client | None = None
        self._connections = Connections()
        self._faults = 0

    def marks(self, sought: Sequence[Sought]) -> dict[str, str]:
        """Say that only asking tells who has a picture."""
        return {one.key: UNSEEN for one in sought}

    def picture(self, sought: Sought, mark: str) -> Picture:
        """Ask for it, unless it is the one with the mark: an ETag (RFC 9110, 8.8.3). 404 and 410 say: no picture."""
        with self._access.kept_out() if self._access else nullcontext():
            return self._picture(sought, mark)

    def _picture(self, sought: Sought, mark: str) -> Picture:
        address, who = sought.place, sought.entry.locator
        tag = _tag_of(mark, address)
        try:
            found = self._shown(address, {"if-none-match": tag} if tag else {})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._faults += 1
            told = f"{_host(address)}: no picture of {who}: {self._why(address, error)}"
            if self._faults >= MOST_FAULTS:
                raise SourceUnreachable(
                    f"{told}; nor of {self._faults - 1} others before, so no more are asked"
                ) from None
            raise PictureUnreadable(told) from None
        self._faults = 0
        return found

    def _why(self, address: str, error: Exception) -> str:
        """Say why there was no answer."""
        reason = str(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError) and is_about_certificate(reason):
            url = httpx.URL(address)
            return why_refused(reason, url.host, url.port or HTTPS, self._fetching.ca_file, "ca_file")
        return reason

    def _shown(self, address: str, headers: Mapping[str, str]) -> Picture:
        """Ask as whoever may; a refused token is renewed once."""
        if self._access is None:
            return self._asked(address, headers)
        try:
            return self._asked(address, {**headers, **self._access.headers()})
        except _Unknown:
            if renewed := self._access.renewed():
                return self._asked(address, {**headers, **renewed})
            raise

    def _asked(self, address: str, headers: Mapping[str, str]) -> Picture:
        most = self._fetching.most_seconds
        with Deadline(most, self._connections.shut) as deadline:
            try:
                found = self._read(address, headers)
            except httpx.TransportError:
                if not deadline.has_passed:
                    raise
            if deadline.has_passed:  # what was cut off looks whole where nothing tells its length
                raise httpx.ReadTimeout(f"it takes longer than {most:.0f} s")
            return found

    def _read(self, address: str, headers: Mapping[str, str]) -> Picture:
        extensions = {"trace": self._connections.trace}
        with self._opened().stream("GET", address, headers=headers, extensions=extensions) as answer:
            if answer.status_code in GONE:
                return Picture()
            if answer.status_code == UNCHANGED and "if-none-match" in headers:
                return Picture(mark=_mark(address, headers["if-none-match"]), is_same=True)
            if answer.status_code == UNAUTHORIZED:
                raise _Unknown(f"HTTP {answer.status_code}")
            if answer.status_code != OK:
                raise httpx.HTTPError(f"HTTP {answer.status_code}")
            content, until = bytearray(), time.monotonic() + self._fetching.most_seconds
            for part in answer.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    break
                if time.monotonic() > until:
                    raise httpx.ReadTimeout(f"it takes longer than {self._fetching.most_seconds:.0f} s")
            tag = answer.headers.get("etag", "")
            # A tag is kept in the store: one that repeats who asks is of no use.
            is_clean = self._access is None or self._access.without(tag) == tag
            return Picture(bytes(content), _mark(address, tag) if is_clean else "")

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
        if self._access is not None:
            self._access.close()
        self._client, self._faults = None, 0

    def _opened(self) -> httpx.Client:
        """Give a client that follows neither redirects nor proxies of the environment."""
        if self._client is None:
            chosen = self._fetching
            trust = tls_context(f"source.{chosen.source}", chosen.ca_file, insecure=chosen.insecure)
            self._client = httpx.Client(timeout=chosen.seconds, verify=trust, trust_env=False)
        return self._client


def _mark(address: str, tag: str) -> str:
    """Give a tag with what it is of: it tells apart what one address has had, and nothing of another's."""
    return f"{_short(address)} {tag}" if tag else ""


def _tag_of(mark: str, address: str) -> str:
    short, _, tag = mark.partition(" ")
    return tag if short == _short(address) else ""


def _short(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:8]


def _host(address: str) -> str:
    return urllib.parse.urlsplit(address).hostname or ""
