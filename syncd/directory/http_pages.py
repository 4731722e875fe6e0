"""A list of a service, page by page: which page is next, and whether all of it came."""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

import httpx
import msgspec

from syncd.directory.cell_values import Values
from syncd.directory.http_exchange import shown
from syncd.directory.json_items import Choice, at, flat
from syncd.errors import SourceBroken
from syncd.model.numbers import whole_number

MOST_PAGES = 100_000
ENDS = (None, False, "", 0, "0")
FRACTION = re.compile(r"[0-9]+\.0+")
MESSAGES = frozenset({"errmsg", "error", "error_description", "message", "msg"})
Items = tuple[Mapping[str, Values], ...]


class Places(msgspec.Struct, frozen=True):
    """Where things stand in an answer, as JSON Pointers.

    `next` points at the next page's URL, or with `next_param` at that parameter's value; `next_param` alone counts the
    pages, or with `step` "items" their entries, from what the path says, else from `start`. `None` stands nowhere.
    Null, false, 0 and empty text name no next page. `more` points at what says whether there is one; `success` is a
    pointer and the value that a good answer has there.
    `choices` are what is wanted of lists of objects within an item.
    """

    items: str = ""
    next: str | None = None
    next_param: str = ""
    total: str | None = None
    more: str | None = None
    success: tuple[str, object] | None = None
    start: int = 1
    step: str = "page"
    choices: tuple[Choice, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """One page: its items, what says which is next, how many there are in all, and whether there is more, if it tells.

    `answer` has the plain values beside the list, of which one may say that the answer is an error.
    """

    items: Items
    next: object = None
    total: int | None = None
    more: bool | None = None
    answer: Mapping[str, object] = {}


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
        if len(asked) >= MOST_PAGES:
            raise SourceBroken(
                f"{shown(url)}: there are more than {MOST_PAGES} pages; is it a list without end? "
                "Else ask for larger ones"
            )
        if url in asked:
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
        self._number = _start(first, places.next_param, places.start) if self._counts else 0
        self.first = first.copy_set_param(places.next_param, self._number) if self._counts else first
        self._received = 0
        self._former: Items = ()

    def after(self, url: httpx.URL, page: Page) -> httpx.URL | None:
        if page.more is False:  # some services name a next page all the same
            return None
        if self._counts:
            return self._counted(page)
        if not isinstance(page.next, list | dict) and page.next in ENDS:
            if page.more:
                raise SourceBroken(
                    f"{shown(url)}: {self._places.more} says that there is more, and {self._places.next} names no next "
                    "page; the list is not whole"
                )
            return None
        if not isinstance(page.next, str | int | float) or page.next is True:
            raise SourceBroken(f"{shown(url)}: {self._places.next} is neither a text nor a number")
        if self._places.next_param:
            return self.first.copy_set_param(self._places.next_param, str(_whole(page.next)))
        return self._linked(url, str(page.next))

    def _counted(self, page: Page) -> httpx.URL | None:
        self._received += len(page.items)
        if page.more and not page.items:
            raise SourceBroken(
                f"{shown(self.first)}: page {self._number} is empty, and {self._places.more} says that there is more; "
                "the list is not whole"
            )
        if not page.items or (page.total is not None and self._received >= page.total and not page.more):
            return None
        if page.items == self._former:
            raise SourceBroken(
                f"{shown(self.first)}: page {self._number} is the one before it once more; the service does not know "
                f'the parameter "{self._places.next_param}", or has no page after the last: then name `total`'
            )
        self._former = page.items
        self._number += len(page.items) if self._places.step == "items" else 1
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
    """Read an answer; raises `SourceBroken` with the pointer where it is not a page, or says that it is an error."""
    if document is None or document == {}:  # what some services answer after the last page
        return Page(())
    if places.success is not None:
        _prove(document, where, places.success)
    found = _place(document, where, "items", places.items)
    if not isinstance(found, list):
        raise SourceBroken(f"{where}: items, {places.items or 'the answer'}, is no list")
    items = []
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            raise SourceBroken(f"{where}: item {number} of {places.items or 'the answer'} is no object")
        items.append(flat(one, places.choices))
    total = None if places.total is None else _number(_place(document, where, "total", places.total), where, places)
    more = None if places.more is None else _switch(_place(document, where, "more", places.more), where, places)
    return Page(tuple(items), _next(document, places), total, more, _plain(document))


def _prove(document: object, where: str, success: tuple[str, object]) -> None:
    """Raise `SourceBroken` where an answer is not a good one, with what it says of itself."""
    pointer, wanted = success
    said = _place(document, where, "success.at", pointer)
    if not _is_same(said, wanted):
        told = "".join(f"; {name}: {value}" for name, value in _plain(document).items() if name in MESSAGES)
        raise SourceBroken(f"{where}: the answer is an error: {pointer} is {said}, not {wanted}{told}")


def _is_same(said: object, wanted: object) -> bool:
    """Whether two values are one, whether or not either is written as text."""
    if isinstance(said, bool) or isinstance(wanted, bool):
        return str(said).lower() == str(wanted).lower()
    return str(_whole(said)) == str(_whole(wanted))


def _plain(document: object) -> dict[str, object]:
    found = document.items() if isinstance(document, dict) else ()
    return {str(name): value for name, value in found if isinstance(value, str | int | float | bool)}


def _switch(value: object, where: str, places: Places) -> bool:
    text = str(_whole(value)).lower()
    if text in ("true", "1", "yes"):
        return True
    if text in ("false", "0", "no", "none", ""):
        return False
    raise SourceBroken(f"{where}: more, {places.more}, is neither true nor false")


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
    whole = _whole(value)
    if isinstance(whole, str) and (number := whole_number(whole)) is not None and number >= 0:
        return number
    if isinstance(whole, int) and not isinstance(whole, bool) and whole >= 0:
        return whole
    raise SourceBroken(f"{where}: total, {places.total}, is no number")


def _whole(value: object) -> object:
    """Return a whole number that is written as 3.0, or as text such as "3.0", without its fraction."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and FRACTION.fullmatch(value.strip()):
        return value.strip().partition(".")[0]
    return value


def _start(url: httpx.URL, name: str, usual: int) -> int:
    text = url.params.get(name, str(usual))
    number = whole_number(text)
    return usual if number is None or number < 0 else number


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or usual
