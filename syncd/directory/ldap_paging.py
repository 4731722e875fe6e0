"""Searches page by page, every page's result code looked at (RFC 2696; DESIGN 6, certificate).

ldap3's own `paged_search` ends quietly at a size or time limit and with a busy server, so it is not used.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from ldap3 import BASE, DEREF_NEVER, LEVEL, SUBTREE, Connection
from ldap3.core import exceptions as ldap_errors
from ldap3.protocol.rfc2696 import paged_search_control

from syncd.directory.groups import MEMBER_ATTRIBUTES, member_names
from syncd.directory.ldap_connection import broken
from syncd.directory.reading import Found, Scope
from syncd.errors import ConfigurationError, SourceBroken

PAGED_RESULTS = "1.2.840.113556.1.4.319"
SCOPES: Mapping[Scope, Literal["BASE", "LEVEL", "SUBTREE"]] = {Scope.BASE: BASE, Scope.ONE: LEVEL, Scope.SUB: SUBTREE}
SUCCESS = 0
REFERRAL = 10
NO_SUCH_OBJECT = 32
INVALID_DN = 34
HINTS = {
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
    page_size: int


class Answer(msgspec.Struct, frozen=True):
    """What a search found, in how many pages, and the referrals that it met and did not follow."""

    entries: tuple[Found, ...]
    pages: int
    referrals: tuple[str, ...]


def paged(connection: Connection, search: Search) -> Answer:
    """Search to the last page.

    Raises `SourceBroken` at any result code but success, at a missing cookie and at the end of the connection, and
    `ConfigurationError` where the filter is not one.
    """
    entries: list[Found] = []
    referrals: list[str] = []
    cookie: bytes | None = None
    pages = 0
    while True:
        _ask(connection, search, cookie)
        pages += 1
        for one in connection.response or ():
            if one["type"] == "searchResEntry":
                entries.append(Found(one["dn"], _values(one["raw_attributes"])))
            else:
                referrals.extend(one.get("uri") or ())
        cookie = _next(connection.result, search)
        if not cookie:
            return Answer(tuple(entries), pages, tuple(referrals))


def _ask(connection: Connection, search: Search, cookie: bytes | None) -> None:
    try:
        control = paged_search_control(criticality=True, size=search.page_size, cookie=cookie)
        connection.search(
            search.base,
            search.filter,
            search_scope=SCOPES[search.scope],
            dereference_aliases=DEREF_NEVER,
            attributes=list(search.attributes),
            controls=[control],
        )
    except ldap_errors.LDAPInvalidFilterError as error:
        raise ConfigurationError(
            f'source {search.source}: "{search.filter}" is not a search filter; '
            "a filter looks like (&(objectClass=person)(mail=*)), RFC 4515"
        ) from error
    except (ldap_errors.LDAPException, OSError) as error:
        raise broken(search.source, search.base, error) from error


def _next(result: Mapping[str, Any], search: Search) -> bytes:
    """Give the cookie of the next page, empty after the last; raises where the page does not prove itself."""
    code = result["result"]
    where = f"source {search.source}: the search below {search.base}"
    if code in (NO_SUCH_OBJECT, INVALID_DN):
        raise SourceBroken(f"{where} found no such base ({result['description']}); correct base in the configuration")
    if code != SUCCESS:
        hint = HINTS.get(code, result.get("message") or "the next run tries again")
        raise SourceBroken(f"{where} was ended by the server with {result['description']} ({code}): {hint}")
    try:
        cookie: bytes = result["controls"][PAGED_RESULTS]["value"]["cookie"]
    except KeyError:
        raise SourceBroken(
            f"{where} came back without a paging cookie, so nothing proves it whole; the server must page (RFC 2696)"
        ) from None
    return cookie or b""


def _values(raw: Mapping[str, list[bytes]]) -> dict[str, tuple[str | bytes, ...]]:
    """Give values as text where they are UTF-8, else as bytes, by lower-case attribute name."""
    return {name.lower(): tuple(_value(one) for one in values) for name, values in raw.items() if values}


def _value(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def naming_context(connection: Connection) -> str:
    """Give the server's naming context from its root DSE; empty where it does not say."""
    try:
        connection.search(
            "", "(objectClass=*)", search_scope=BASE, attributes=["defaultNamingContext", "namingContexts"]
        )
    except (ldap_errors.LDAPException, OSError) as error:
        raise broken("", "the root DSE", error) from error
    found: Iterator[Mapping[str, Any]] = (one for one in connection.response or () if one["type"] == "searchResEntry")
    values = _values(next(found, {"raw_attributes": {}})["raw_attributes"])
    for name in ("defaultnamingcontext", "namingcontexts"):
        for value in values.get(name, ()):
            if isinstance(value, str) and value:
                return value
    return ""


def group_members(connection: Connection, source: str, group: str) -> tuple[str, ...] | None:
    """Give the DNs that one entry names as its members, nothing where there is no such entry.

    A long list comes in ranges, each asked for until the last (MS-ADTS 3.1.1.3.1.3.3). Raises `SourceBroken` at any
    result code but success and noSuchObject.
    """
    names: list[str] = []
    wanted = list(MEMBER_ATTRIBUTES)
    while wanted:
        found = _entry(connection, source, group, wanted)
        if found is None:
            return None
        names += member_names(Found(group, {name.partition(";")[0]: values for name, values in found.items()}))
        wanted = [range_ for name in found if (range_ := _next_range(name))]
    return tuple(names)


def _entry(
    connection: Connection, source: str, name: str, attributes: list[str]
) -> dict[str, tuple[str | bytes, ...]] | None:
    try:
        connection.search(
            name, "(objectClass=*)", search_scope=BASE, dereference_aliases=DEREF_NEVER, attributes=attributes
        )
    except (ldap_errors.LDAPException, OSError) as error:
        raise broken(source, name, error) from error
    code = connection.result["result"]
    if code == NO_SUCH_OBJECT:
        return None
    if code != SUCCESS:
        text = connection.result["description"]
        raise SourceBroken(f"source {source}: the group {name} could not be read: {text} ({code})")
    entries = [one for one in connection.response or () if one["type"] == "searchResEntry"]
    return _values(entries[0]["raw_attributes"]) if entries else None


def _next_range(attribute: str) -> str:
    """Give the attribute that asks for what follows `member;range=0-1499`; nothing after the last range."""
    name, _, option = attribute.partition(";range=")
    last = option.partition("-")[2]
    return f"{name};range={int(last) + 1}-*" if last.isdigit() else ""
