"""A list of a service, page by page: which page is next, and whether all of it came."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import httpx
import msgspec

from syncd.directory.cell_values import Values
from syncd.directory.http_exchange import shown
from syncd.directory.json_items import Choice, at, flat
from syncd.errors import SourceBroken

MOST_PAGES = 100_000
ENDS = (None, False, "", 0, "0")
Items = tuple[Mapping[str, Values], ...]


class Places(msgspec.Struct, frozen=True):
    """Where things stand in an answer, as JSON Pointers.

    `next` points at the next page's URL, or with `next_param` at that parameter's value; `next_param` alone counts the
    pages, from what the path says, else from 1. `None` stands nowhere. Null, false, 0 and empty text name no next page.
    `choices` are what is wanted of lists of objects within an item.
    """

    items: str = ""
    next: str | None = None
    next_param: str = ""
    total: str | None = None
    choices: tuple[Choice, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """One page: its items, what says which is next, and how many there are in all, if it tells."""

    items: Items
    next: object = None
    total: int | None = None


class Fetch(Protocol):
    """Gives the page at a URL."""

    def __call__(self, url: httpx.URL) -> Page:
        """Ask for it."""


def first_url(base: httpx.URL, path: str) -> httpx.URL:
    """Give the URL of a list: a path below the service's own URL, with what either has after a question mark."""
    bare, _, query = path.partition("?")
    joined = f"{base.path.rstrip('/')}/{bare.lstrip('/')}" if bare else base.path
    return base.copy_with(path=joined, params=base.params.merge(httpx.QueryParams(query)), fragment=None)


def pages(fetch: Fetch, base: httpx.URL, path: str, places: Places) -> Iterator[Page]:
    """Give every page; raises `SourceBroken` where they lead in a circle or to another service."""
    following = _Following(base, first_url(base, path), places)
    url: httpx.URL | None = following.first
    asked: set[httpx.URL] = set()
    while url is not None:
        if url in asked or len(asked) >= MOST_PAGES:
            raise SourceBroken(f"{shown(url)}: the pages lead in a circle: page {len(asked)} names one that was read")
        asked.add(url)
        page = fetch(url)
        yield page
        url = following.after(url, page)


class _Following:
    """Tells the URL of the next page."""

    def __init__(self, base: httpx.URL, first: httpx.URL, places: Places) -> None:
        self._base, self._places = base, places
        self._counts = bool(places.next_param) and places.next is None
        self._number = _start(first, places.next_param) if self._counts else 0
        self.first = first.copy_set_param(places.next_param, self._number) if self._counts else first
        self._received = 0
        self._former: Items = ()

    def after(self, url: httpx.URL, page: Page) -> httpx.URL | None:
        if self._counts:
            return self._counted(page)
        if not isinstance(page.next, list | dict) and page.next in ENDS:
            return None
        if not isinstance(page.next, str | int) or page.next is True:
            raise SourceBroken(f"{shown(url)}: {self._places.next} is neither a text nor a number")
        if self._places.next_param:
            return self.first.copy_set_param(self._places.next_param, page.next)
        return self._linked(url, str(page.next))

    def _counted(self, page: Page) -> httpx.URL | None:
        self._received += len(page.items)
        if not page.items or (page.total is not None and self._received >= page.total):
            return None
        if page.items == self._former:
            raise SourceBroken(
                f"{shown(self.first)}: page {self._number} is the one before it once more; the service does not know "
                f'the parameter "{self._places.next_param}", or has no page after the last: then name `total`'
            )
        self._former = page.items
        self._number += 1
        return self.first.copy_set_param(self._places.next_param, self._number)

    def _linked(self, url: httpx.URL, text: str) -> httpx.URL:
        """Give the URL that a page names; secrets go nowhere else than where the configuration sends them."""
        try:
            following = url.join(text)
        except (httpx.InvalidURL, ValueError):
            raise SourceBroken(f"{shown(url)}: {self._places.next} is no URL") from None
        if _origin(following) != _origin(url) or following.userinfo:
            raise SourceBroken(
                f"{shown(url)}: the next page is at {following.scheme}://{following.host}, which is not followed: "
                "headers and secrets would go there"
            )
        missing = {name: value for name, value in self._base.params.multi_items() if name not in following.params}
        return following.copy_merge_params(missing) if missing else following


def page_of(document: object, where: str, places: Places) -> Page:
    """Read an answer; raises `SourceBroken` with the pointer where it is not a page."""
    found = _place(document, where, "items", places.items)
    if not isinstance(found, list):
        raise SourceBroken(f"{where}: items, {places.items or 'the answer'}, is no list")
    items = []
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            raise SourceBroken(f"{where}: item {number} of {places.items or 'the answer'} is no object")
        items.append(flat(one, places.choices))
    total = None if places.total is None else _number(_place(document, where, "total", places.total), where, places)
    return Page(tuple(items), _next(document, places), total)


def _next(document: object, places: Places) -> object:
    try:
        return None if places.next is None else at(document, places.next)
    except LookupError:
        return None


def _place(document: object, where: str, key: str, pointer: str) -> object:
    try:
        return at(document, pointer)
    except LookupError:
        names = f"; the answer has {', '.join(sorted(document))}" if isinstance(document, dict) else ""
        raise SourceBroken(f"{where}: there is nothing at {pointer}, which {key} names{names}") from None


def _number(value: object, where: str, places: Places) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise SourceBroken(f"{where}: total, {places.total}, is no number")


def _start(url: httpx.URL, name: str) -> int:
    text = url.params.get(name, "1")
    return int(text) if text.isascii() and text.isdecimal() else 1


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or usual
