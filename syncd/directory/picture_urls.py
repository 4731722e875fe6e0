"""Pictures that a web server has, one address for each person."""

import time
from collections.abc import Mapping

import httpx
import msgspec

from syncd.app.ports import Source
from syncd.errors import PictureUnreadable, SourceUnreachable
from syncd.mapping.faces import FaceRule
from syncd.mapping.templates import Facts, Unmappable
from syncd.model.faces import Picture, Survey
from syncd.model.source import Entry

MOST_BYTES = 40_000_000
MOST_FAULTS = 5
"""So many addresses in a row that do not answer, and nobody asks for the rest."""
GONE = frozenset({404, 410})
OK, UNCHANGED = 200, 304
NO_MARK = "?"
"""Marks a picture of which only asking tells whether it has changed."""


class Fetching(msgspec.Struct, frozen=True):
    """How addresses are asked: how long each step of an answer may take, and all of it, in seconds."""

    seconds: float = 20.0
    most_seconds: float = 60.0
    ca_file: str = ""
    insecure: bool = False


class UrlPictures:
    """The pictures at the addresses that a template names; redirects are not followed."""

    def __init__(self, source: Source, rule: FaceRule, fetching: Fetching) -> None:
        self._source, self._rule, self._fetching = source, rule, fetching
        self._client: httpx.Client | None = None
        self._faults = 0

    def survey(self) -> Survey:
        """Read the source; who has a picture only asking tells."""
        snapshot = self._source.read()
        return Survey(snapshot, {one.key: NO_MARK for one in snapshot.users if self._has_address(one)})

    def picture(self, entry: Entry, mark: str) -> Picture:
        """Ask for it, unless it is the one with the mark: an ETag (RFC 9110, 8.8.3). 404 and 410 say: no picture."""
        try:
            address = self._address(entry)
        except Unmappable as error:
            raise PictureUnreadable(f"{entry.locator}: {error}") from None
        if not address:
            return Picture()
        headers = {"if-none-match": mark} if mark not in ("", NO_MARK) else {}
        try:
            found = self._asked(address, headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._faults += 1
            told = f"{httpx.URL(address).host}: no picture of {entry.locator}: {error or type(error).__name__}"
            if self._faults >= MOST_FAULTS:
                raise SourceUnreachable(
                    f"{told}; nor of {self._faults - 1} others before, so no more are asked"
                ) from None
            raise PictureUnreadable(told) from None
        self._faults = 0
        return found

    def _asked(self, address: str, headers: Mapping[str, str]) -> Picture:
        with self._opened().stream("GET", address, headers=headers) as answer:
            if answer.status_code in GONE:
                return Picture()
            if answer.status_code == UNCHANGED and headers:
                return Picture(mark=headers["if-none-match"], is_same=True)
            if answer.status_code != OK:
                raise httpx.HTTPError(f"HTTP {answer.status_code}")
            content, until = bytearray(), time.monotonic() + self._fetching.most_seconds
            for part in answer.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    break
                if time.monotonic() > until:
                    raise httpx.ReadTimeout(f"it takes longer than {self._fetching.most_seconds:.0f} s")
            return Picture(bytes(content), answer.headers.get("etag", ""))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
        self._client, self._faults = None, 0

    def _address(self, entry: Entry) -> str:
        return self._rule.place(Facts(entry.attributes, self._source.name, ""))

    def _has_address(self, entry: Entry) -> bool:
        """Tell whether there is one to ask; of a value that leads elsewhere the try to ask tells."""
        try:
            return bool(self._address(entry))
        except Unmappable:
            return True

    def _opened(self) -> httpx.Client:
        """Give a client that follows neither redirects nor proxies of the environment."""
        if self._client is None:
            chosen = self._fetching
            verify = False if chosen.insecure else chosen.ca_file or True
            self._client = httpx.Client(timeout=chosen.seconds, verify=verify, trust_env=False)
        return self._client
