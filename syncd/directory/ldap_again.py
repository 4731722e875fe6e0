"""Asking a directory server once more: which levels of the tree are there, and which keys (DESIGN 6)."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec
from ldap3.utils.conv import escape_bytes, escape_filter_chars

from syncd.directory.ldap_paging import Directory, Search
from syncd.directory.reading import Scope
from syncd.model import dn
from syncd.model.keys import key_bytes

AT_ONCE = 200  # assertions in one filter: servers take some thousands, proxies and old ones fewer
NO_ATTRIBUTES = ("1.1",)  # RFC 4511, 4.5.1.8
KIND = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)=")  # RFC 4512, 1.4
ESCAPED = re.compile(r"\\(.)")
PARTS = re.compile(r"(?<!\\)\+")
Value = TypeVar("Value", str, dn.Path)


def absent_levels(directory: Directory, departments: Iterable[Search], levels: Iterable[dn.Path]) -> frozenset[dn.Path]:
    """Return the levels that the server does not show, or shows as a department only now, between two searches.

    Raises what `Directory.paged` raises.
    """
    # No filter can ask for a level of another kind, and nothing is concluded of it.
    absent = {level for level in levels if KIND.match(level[0])}
    searches = tuple(departments)
    for portion in _portions(absent):
        assertions = "".join(sorted({_assertion(level) for level in portion}))
        for search in searches:
            there = _places(directory, msgspec.structs.replace(search, scope=Scope.SUB), f"(|{assertions})")
            missed = _places(directory, search, f"(&{bracketed(search.filter)}(|{assertions}))")
            absent -= there - missed
    return frozenset(absent)


def _places(directory: Directory, search: Search, text: str) -> set[dn.Path]:
    asked = msgspec.structs.replace(search, filter=text, attributes=NO_ATTRIBUTES)
    return {dn.place(entry.dn) for entry in directory.paged(asked).entries}


def _assertion(level: dn.Path) -> str:
    """Return a filter for the first part of a level's RDN; what else it finds stands at other places."""
    kind, _, value = PARTS.split(level[0])[0].partition("=")
    plain = ESCAPED.sub(r"\1", value)
    return f"({kind}={escape_filter_chars(plain)})"


def with_keys(search: Search, attribute: str, keys: Iterable[str]) -> Iterator[Search]:
    """Yield searches for those of these entries that have one of the keys, many in each.

    A key that no value of the attribute can have, such as that of a link whose own key was lost, is asked for by none.
    """
    values = [value for key in sorted(keys) if (value := _value(attribute, key))]
    for portion in _portions(values):
        wanted = "".join(f"({attribute}={value})" for value in portion)
        yield msgspec.structs.replace(search, filter=f"(&{bracketed(search.filter)}(|{wanted}))")


def _portions(some: Iterable[Value]) -> Iterator[list[Value]]:
    every = sorted(some)
    yield from (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))


def _value(attribute: str, key: str) -> str:
    """Return a key as a filter has it; nothing where it is none of this attribute."""
    try:
        raw = key_bytes(attribute, key)
    except (ValueError, OverflowError):
        return ""
    escaped: str = escape_filter_chars(key) if raw is None else escape_bytes(raw)
    return escaped


def bracketed(text: str) -> str:
    """Return a filter in brackets; the outermost may be left out where it is alone (RFC 4515 wants them inside)."""
    return text if text.strip().startswith("(") else f"({text})"
