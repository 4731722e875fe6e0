"""Searches page by page, every page's result code looked at (RFC 2696; DESIGN 6, certificate).

ldap3 secures and binds the connection and builds the requests; what comes back is read here, by its bytes: its own
`paged_search` ends quietly at a size or time limit and with a busy server, and its decoder takes ten times as long.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from ldap3 import ANONYMOUS, BASE, DEREF_NEVER, LEVEL, SUBTREE, Connection
from ldap3.core import exceptions as ldap_errors
from ldap3.core.results import RESULT_CODES
from ldap3.operation.search import search_operation
from ldap3.protocol.rfc2696 import paged_search_control
from ldap3.protocol.rfc4511 import Control

from syncd.directory.ber import Malformed
from syncd.directory.ldap_answers import (
    DONE,
    ENTRY,
    EXTENDED,
    INTERMEDIATE,
    REFERENCE,
    Message,
    Result,
    entry,
    references,
    result,
)
from syncd.directory.ldap_connection import broken
from syncd.directory.ldap_stream import Ended, MessageStream
from syncd.directory.read_meter import ReadMeter
from syncd.directory.reading import Found, Scope
from syncd.errors import ConfigurationError, SourceBroken

SCOPES: Mapping[Scope, Literal["BASE", "LEVEL", "SUBTREE"]] = {Scope.BASE: BASE, Scope.ONE: LEVEL, Scope.SUB: SUBTREE}
ANYTHING = "(objectClass=*)"
RANGE = ";range="
MOST_EMPTY_PAGES, MOST_SAME_PAGES = 1000, 3
SUCCESS = 0
REFERRAL = 10
NO_SUCH_OBJECT = 32
INVALID_DN = 34
HINTS = {
    1: "Active Directory says so of a reader without bind_dn; name one",
    3: "the server's time limit was reached; raise it for the reader",
    4: "the server's size limit was reached; raise it for the reader, or lower page_size",
    11: "the server's administrative limit was reached; allow the reader paged searches without limit",
    12: "the server does not page its answers; it must, to prove a read whole",
    50: "the reader may not search there; give it the right to read",
    51: "the server is busy; the next run tries again",
    52: "the server is unavailable; the next run tries again",
}


class Search(msgspec.Struct, frozen=True):
    """One search below one base."""

    source: str
    base: str
    filter: str
    scope: Scope
    attributes: tuple[str, ...]
    page_size: int = 1000


class Answer(msgspec.Struct, frozen=True):
    """What a search found, in how many pages, and the referrals that it met and did not follow."""

    entries: tuple[Found, ...]
    pages: int
    referrals: tuple[str, ...]


class Directory:
    """A bound connection, used for nothing but searches from now on.

    `meter` counts what they give; without one they may give anything, for any time.
    """

    def __init__(self, connection: Connection, source: str, meter: ReadMeter | None = None) -> None:
        self._connection = connection
        self._stream = MessageStream(connection.socket, meter=meter)
        self._names: dict[bytes, str] = {}
        self._reader = "" if connection.authentication == ANONYMOUS else str(connection.user or "the reader")
        self.source = source

    @property
    def has_ranges(self) -> bool:
        """Tell whether any attribute came in ranges so far, as Active Directory cuts long ones."""
        return any(RANGE in name for name in self._names.values())

    def paged(self, search: Search) -> Answer:
        """Search to the last page.

        Raises `SourceBroken` at any result code but success, at a missing cookie, at the end of the connection and
        where the meter has run out, and `ConfigurationError` where the filter is not one.
        """
        entries: list[Found] = []
        referrals: list[str] = []
        pages, asked = 0, self.ask(search, _page_control(search, b""))
        progress = _PageProgress(search)
        while asked:
            found, ended = self._page(asked, search.base)
            pages += 1
            cookie = _next(ended, search, self._reader)
            progress.prove(cookie, found)
            # The server makes the next page while this one is read.
            asked = self.ask(search, _page_control(search, cookie)) if cookie else 0
            for one in found:
                if one.kind == ENTRY:
                    entries.append(self.found(one, search.base))
                else:
                    referrals.extend(self._referrals(one, search.base))
        return Answer(tuple(entries), pages, tuple(referrals))

    def measured(self, meter: ReadMeter) -> None:
        """Count from here on by another meter: another read begins on the same connection."""
        self._stream.meter = meter

    def entry(self, dn: str, attributes: tuple[str, ...]) -> tuple[Result, Found | None]:
        """Read one entry; give how that ended, and nothing where there is none or the reader may not see it."""
        asked = self.ask(Search(self.source, dn, ANYTHING, Scope.BASE, attributes))
        found, ended = self._page(asked, dn)
        entries = [self.found(one, dn) for one in found if one.kind == ENTRY]
        return ended, entries[0] if entries else None

    def ask(self, search: Search, *controls: Control) -> int:
        """Send a request with these controls; give its number. Raises what `paged` raises of a request."""
        try:
            request = search_operation(
                search.base,
                search.filter,
                SCOPES[search.scope],
                DEREF_NEVER,
                list(search.attributes),
                size_limit=0,
                time_limit=0,
                types_only=False,
                auto_escape=True,
                auto_encode=True,
            )
            number: int = self._connection.send("searchRequest", request, list(controls) or None)
        except ldap_errors.LDAPInvalidFilterError as error:
            raise ConfigurationError(
                f'source {search.source}: "{search.filter}" is not a search filter; '
                "a filter looks like (&(objectClass=person)(mail=*)), RFC 4515"
            ) from error
        except (ldap_errors.LDAPException, OSError) as error:
            raise broken(search.source, search.base, error) from error
        return number

    def _page(self, number: int, base: str) -> tuple[list[Message], Result]:
        """Give the entries and references that came in answer to a request, unread, and how it ended."""
        found: list[Message] = []
        try:
            while (message := self.answer(number)).kind != DONE:
                if message.kind != INTERMEDIATE:
                    found.append(message)
            return found, result(message)
        except (Malformed, Ended, OSError) as error:
            raise broken(self.source, base, error) from error

    def answer(self, number: int) -> Message:
        """Give the next message, which must belong to this request and to a search.

        Raises `Malformed` where it does not, `Ended` at the end of the connection, and what the socket raises.
        """
        message = self._stream.next()
        if message.number != number:
            raise Malformed(_unasked(message))
        if message.kind not in (ENTRY, REFERENCE, DONE, INTERMEDIATE):
            raise Malformed(f"an answer has the tag 0x{message.kind:02x}, which no search has")
        return message

    def found(self, message: Message, base: str) -> Found:
        """Read the entry of a message; raises `SourceBroken` where it is none."""
        try:
            return Found(*entry(message, self._names))
        except Malformed as error:
            raise broken(self.source, base, error) from error

    def _referrals(self, message: Message, base: str) -> tuple[str, ...]:
        """Read where a reference refers to; raises `SourceBroken` where it is none."""
        try:
            return references(message)
        except Malformed as error:
            raise broken(self.source, base, error) from error


class _PageProgress:
    """Tells a search that comes to an end from one that a server pages for ever."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._first: bytes | None = None
        self._without_news = 0

    def prove(self, cookie: bytes, found: list[Message]) -> None:
        """Raise `SourceBroken` where the same page, or one without anything new, comes again and again.

        The cookie is opaque (RFC 2696, 2), so that one cookie twice proves nothing by itself; some servers send empty
        pages while they look through what does not match.
        """
        first = bytes(found[0].data[found[0].start : found[0].stop]) if found else None
        is_same = first is not None and first == self._first
        self._without_news = self._without_news + 1 if is_same or not found else 0
        most = MOST_EMPTY_PAGES if not found else MOST_SAME_PAGES
        if cookie and self._without_news >= most:
            what = "an empty page" if not found else "the same page"
            raise SourceBroken(
                f"source {self._search.source}: the search below {self._search.base} has no end: {what} came "
                f"{self._without_news} times in a row; the server, or what stands before it, pages wrongly"
            )
        self._first = first


def _page_control(search: Search, cookie: bytes) -> Control:
    control: Control = paged_search_control(True, search.page_size, cookie or None)
    return control


def _unasked(message: Message) -> str:
    """Say what a message is that answers no request of ours (RFC 4511, 4.4.1)."""
    if message.number or message.kind != EXTENDED:
        return "the server answers what nobody asked"
    notice = result(message)
    return f"the server ends the connection with {description(notice.code)} {notice.text}".strip()


def description(code: int) -> str:
    """Give the name of a result code, as RFC 4511 has it."""
    return str(RESULT_CODES.get(code, code))


def _next(ended: Result, search: Search, reader: str) -> bytes:
    """Give the cookie of the next page, empty after the last; raises where the page does not prove itself."""
    where = f"source {search.source}: the search below {search.base}"
    name = description(ended.code)
    if ended.code in (NO_SUCH_OBJECT, INVALID_DN):
        may_see = (
            f"let {reader} see it"
            if reader
            else "name a reader in bind_dn: nobody signs in, and servers say so of what such a reader may not see"
        )
        raise SourceBroken(f"{where} found no such base ({name}); correct base in the configuration, or {may_see}")
    if ended.code == REFERRAL:
        there = ", ".join(ended.referrals) or "another one"
        raise SourceBroken(f"{where} is not for this server, which refers to {there}; name in urls the one that has it")
    if ended.code != SUCCESS:
        hint = HINTS.get(ended.code, ended.text or "the next run tries again")
        raise SourceBroken(f"{where} was ended by the server with {name} ({ended.code}): {hint}")
    if ended.cookie is None:
        raise SourceBroken(
            f"{where} came back without a paging cookie, so nothing proves it whole; the server must page (RFC 2696)"
        )
    return ended.cookie
