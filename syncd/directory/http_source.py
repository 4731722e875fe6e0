"""A source that is an HTTP service, with lists of people, departments and rooms."""

from collections.abc import Iterator, Mapping
from functools import partial

import httpx
import msgspec

from syncd.directory.cell_values import Values
from syncd.directory.http_exchange import UNAUTHORIZED, Answer, Exchange, Reaching, refusal, shown
from syncd.directory.http_pages import Items, Page, Places, first_url, page_of, pages
from syncd.directory.http_tokens import Credentials
from syncd.directory.read_meter import OVERHEAD, READ_LIMITS, ReadLimits, ReadMeter
from syncd.directory.reading import Found
from syncd.directory.rows import NO_ROWS, Rows, column, row_locator, rows_snapshot
from syncd.errors import ConfigurationError, SourceBroken
from syncd.model.json_text import decoded
from syncd.model.numbers import whole_number
from syncd.model.secrets import of_headers, of_url
from syncd.model.source import Snapshot

SUCCESS, NO_CONTENT, NOT_MODIFIED = 200, 204, 304
ERROR_NAMES = frozenset({"errcode", "errno", "error", "error_code", "code", "ret", "status", "success"})


class Listing(msgspec.Struct, frozen=True):
    """One list: its path, its places, the name with the keys, and the names that a setting wants.

    `may_repeat`: see `Rows`.
    """

    path: str
    key: str
    places: Places = Places()
    columns: Mapping[str, str] = {}
    may_repeat: bool = False


class Service(msgspec.Struct, frozen=True):
    """Where to ask and how: a URL that may have a secret in its query, headers for each request, and limits."""

    url: str
    headers: Mapping[str, str] = {}
    reaching: Reaching = Reaching()
    limits: ReadLimits = READ_LIMITS

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no answer may show, beside what shows who asks."""
        return (*of_url(self.url), *of_headers(self.headers.values()))


class _Kept(msgspec.Struct, frozen=True):
    """A page of the last whole read, and the tag by which the service knows it (RFC 9110, 8.8.3)."""

    tag: str
    page: Page


class HttpSource:
    """Reads people and departments; pages that the service says are unchanged are taken from the last whole read.

    They are kept in memory only, and each is asked for again, so that what is given is what the service has now. Raises
    `ConfigurationError` at once where URL and path make no URL.
    """

    def __init__(
        self,
        name: str,
        service: Service,
        credentials: Credentials,
        users: Listing | None = None,
        departments: Listing | None = None,
        rooms: Listing | None = None,
    ) -> None:
        self._name, self._service, self._credentials = name, service, credentials
        self._users, self._departments, self._rooms = users, departments, rooms
        self._kept: Mapping[httpx.URL, _Kept] = {}
        for one in filter(None, (users, departments, rooms)):
            _check_url(name, service.url, one.path)

    @property
    def name(self) -> str:
        """Give the source's name in the configuration."""
        return self._name

    def read(self) -> Snapshot:
        """Read all lists to their last page.

        Raises `SourceUnreachable` where no service answers, `SourceBroken` where a list is not whole or no list,
        `ConfigurationError` where it refuses who asks.
        """
        more = self._service.secrets
        with self._credentials.secrets.kept_out(more):
            return self._read().reworded(partial(self._credentials.secrets.without, more=more))

    def _read(self) -> Snapshot:
        meter = ReadMeter(self._name, self._service.limits)
        with Exchange(self._name, self._service.reaching, meter) as exchange:
            reading = _Reading(self._name, self._service, self._credentials, (exchange, meter), self._kept)
            users = reading.rows("users", self._users) if self._users else NO_ROWS
            departments = reading.rows("departments", self._departments) if self._departments else NO_ROWS
            rooms = reading.rows("rooms", self._rooms) if self._rooms else None
        self._kept = reading.keeping
        return rows_snapshot(self._name, users, departments, rooms)


class _Reading:
    """One read; `keeping` are the pages that may be taken from it later."""

    def __init__(
        self,
        name: str,
        service: Service,
        credentials: Credentials,
        asking: tuple[Exchange, ReadMeter],
        kept: Mapping[httpx.URL, _Kept],
    ) -> None:
        self._name, self._service, self._credentials = name, service, credentials
        self._exchange, self._meter = asking
        self._kept = kept
        self.keeping: dict[httpx.URL, _Kept] = {}
        self._may_renew = True

    def rows(self, kind: str, listing: Listing) -> Rows:
        """Read one list."""
        base = httpx.URL(self._service.url)
        where = f"source {self._name}: {kind}"
        found: list[Page] = []
        try:
            found.extend(pages(partial(self._page, places=listing.places), base, listing.path, listing.places))
        except SourceBroken as error:
            known = str(error).startswith("source ")
            raise error if known else SourceBroken(f"source {self._name}: {error}") from None
        items = tuple(item for page in found for item in page.items)
        doubts = tuple(_doubts(where, listing, found, items))
        return Rows(
            tuple(_found(kind, listing.key, items)),
            listing.key,
            (_proof(shown(first_url(base, listing.path)), found, items),),
            doubts,
            listing.may_repeat,
        )

    def _page(self, url: httpx.URL, places: Places) -> Page:
        kept = self._kept.get(url)
        answer = self._answer(url, {"if-none-match": kept.tag} if kept else {})
        if answer.status == NOT_MODIFIED and kept:
            self.keeping[url] = kept
            return kept.page
        if answer.status == NO_CONTENT:
            return Page(())
        if answer.status != SUCCESS:
            raise refusal(self._name, url, answer.status)
        page = page_of(self._document(url, answer), f"source {self._name}: {shown(url)}", places)
        self._meter.take((1 + len(page.items)) * OVERHEAD)
        if (tag := answer.headers.get("etag")) and "no-store" not in answer.headers.get("cache-control", "").lower():
            self.keeping[url] = _Kept(tag, page)
        return page

    def _answer(self, url: httpx.URL, headers: Mapping[str, str]) -> Answer:
        """Ask; a refused token is renewed once in a read."""
        own = {**self._service.headers, **headers}
        answer = self._exchange.get(url, {**own, **self._credentials.headers(self._exchange)})
        if answer.status == UNAUTHORIZED and self._may_renew:
            self._may_renew = False
            if renewed := self._credentials.renewed(self._exchange):
                return self._exchange.get(url, {**own, **renewed})
        return answer

    def _document(self, url: httpx.URL, answer: Answer) -> object:
        try:
            return decoded(answer.body, object)
        except msgspec.DecodeError:
            kind = answer.headers.get("content-type", "no content type")
            raise SourceBroken(
                f"source {self._name}: {shown(url)}: the answer is not JSON, or not whole ({kind})"
            ) from None


def _check_url(name: str, url: str, path: str) -> None:
    try:
        first_url(httpx.URL(url), path)
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError(f"source.{name}: url and the path {path} make no URL: {error}") from None


def _proof(where: str, found: list[Page], items: Items) -> str:
    number = f"{len(found)} pages" if len(found) > 1 else "1 page"
    declared = "" if found[-1].total is None else ", as many as declared"
    return f"{where} was read to its last page: {len(items)} items on {number}{declared}"


def _doubts(where: str, listing: Listing, found: list[Page], items: Items) -> Iterator[str]:
    """Give what speaks against a list; raises `SourceBroken` where fewer came than were declared."""
    totals = [page.total for page in found if page.total is not None]
    if totals and len(items) < totals[-1]:
        raise SourceBroken(f"{where}: {len(items)} came, and {listing.places.total} declares {totals[-1]}")
    if not items:
        yield f"{where}: the list is empty; look at the service, and at what who asks may see"
        return
    if len(set(totals)) > 1:
        yield f"{where}: the declared total changed from {totals[0]} to {totals[-1]} while the list was read"
    elif totals and len(items) > totals[0]:
        yield f"{where}: {len(items)} came, and {listing.places.total} declares {totals[0]}"
    if not listing.may_repeat and (moved := _on_two_pages(column(listing.key), found)):
        yield (
            f"{where}: {listing.key} {moved} is on two pages: the list changed while it was read, so that others may "
            "be on none"
        )
    if doubt := _end_doubt(where, listing, found):
        yield doubt
    names = {name for item in items for name in item}
    for one, setting in listing.columns.items():
        if column(one) not in names:
            yield f'{where}: nothing has "{one}", which {setting} names; correct it, or set it to "" if it is not ours'


def _end_doubt(where: str, listing: Listing, found: list[Page]) -> str:
    """Return what speaks against the end of a list that nothing proves, if anything does."""
    places, last = listing.places, found[-1]
    if places.total is not None or places.more is not None:
        return ""
    if places.success is None and len(found) > 1 and not last.items and (name := _error(found[-2], last)):
        said, before = last.answer[name], found[-2].answer[name]
        return (
            f"{where}: the last page is empty and says {name} {said}, where the others say {before}: it may be an "
            f'error; set success = {{at = "/{name}", is = {before}}}'
        )
    by_token = places.next is not None and bool(places.next_param)
    if by_token and last.items and len(last.items) in _full_sizes(listing, found):
        return (
            f"{where}: the last page is as full as a page can be, and no token says that there is more: nothing shows "
            "that the list has ended; name `more` or `total` where the service says so"
        )
    return ""


def _error(before: Page, last: Page) -> str:
    """Return the name of what the last page says otherwise than the one before it, of those that name errors."""
    names = ERROR_NAMES & before.answer.keys() & last.answer.keys()
    return next((name for name in sorted(names) if before.answer[name] != last.answer[name]), "")


def _full_sizes(listing: Listing, found: list[Page]) -> set[int]:
    """Return how many entries a full page has: as many as a page before had, or as a parameter of the path asks for."""
    asked = httpx.QueryParams(listing.path.partition("?")[2]).values()
    sizes = {number for value in asked if (number := whole_number(value)) is not None and number > 1}
    return sizes | ({max(len(page.items) for page in found)} if len(found) > 1 else set())


def _on_two_pages(key: str, found: list[Page]) -> str:
    seen: dict[Values, int] = {}
    for number, page in enumerate(found):
        for item in page.items:
            if (values := item.get(key)) and seen.setdefault(values, number) != number:
                return str(values[0])
    return ""


def _found(kind: str, key: str, items: Items) -> Iterator[Found]:
    for number, item in enumerate(items, 1):
        values = {name: one for name, one in item.items() if one}
        yield Found(row_locator(kind, key, number, values.get(column(key), ())), values)
