"""A list of an HTTP service is whole only where its end is shown, whatever form the service writes numbers in."""

import http.server
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from syncd.directory.http_exchange import Reaching
from syncd.directory.http_pages import Places
from syncd.directory.http_source import HttpSource, Listing, Service
from syncd.directory.http_tokens import Fixed
from syncd.errors import SourceBroken
from syncd.model.source import Grade, Snapshot

Query = Mapping[str, str]
Answer = tuple[int, bytes]
PEOPLE = [{"id": f"p{number}", "name": f"员工{number}"} for number in range(7)]


def said(document: object, status: int = 200) -> Answer:
    """Return an answer in JSON."""
    return status, json.dumps(document, ensure_ascii=False).encode()


@contextmanager
def serving(answer: Callable[[Query], Answer]) -> Iterator[str]:
    """Serve one list whose pages a function makes of the query; yield the service's URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers each request."""

        def do_GET(self) -> None:
            """Answer with the page that the query asks for."""
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            status, body = answer(query)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's signature
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read(answer: Callable[[Query], Answer], places: Places, path: str = "/people") -> Snapshot:
    """Read the list whole."""
    with serving(answer) as url:
        listing = Listing(path, "id", places)
        return HttpSource("hr", Service(url, {}, Reaching(read_timeout=20.0)), Fixed({}), listing).read()


def by_token(size: int, last: Mapping[str, object], upto: int = len(PEOPLE)) -> Callable[[Query], Answer]:
    """Return pages of a size with a token each; the last one has these values beside its list."""

    def answer(query: Query) -> Answer:
        start = int(query.get("cursor", "0"))
        page = PEOPLE[start : start + size]
        is_last = start + size >= upto
        rest = last if is_last else {"has_more": True, "next": str(start + size)}
        return said({"list": page, **rest})

    return answer


TOKEN = Places("/list", "/next", "cursor")
MORE = Places("/list", "/next", "cursor", more="/has_more")


@pytest.mark.parametrize("token", [{}, {"next": ""}, {"next": None}])
@pytest.mark.parametrize("says", [True, 1, "true"])
def test_more_beside_no_token_is_a_broken_read(token: Mapping[str, object], says: object) -> None:
    """A page that says there is more and names no next page does not end a list."""
    with pytest.raises(SourceBroken, match="/has_more says that there is more"):
        read(by_token(3, {"has_more": says, **token}, upto=4), MORE)


@pytest.mark.parametrize("says", [False, 0, "false", None])
def test_a_token_beside_no_more_is_passed_over(says: object) -> None:
    """A page that says there is no more ends a list, whatever token stands beside it."""
    found = read(by_token(3, {"has_more": says, "next": "1"}), MORE)
    assert (len(found.users), found.certificate.grade) == (7, Grade.WHOLE)


def test_a_full_last_page_without_a_token_proves_nothing() -> None:
    """A list by token whose last page is as full as the others may have been cut; one that is not full has ended."""
    cut = read(by_token(3, {}, upto=6), TOKEN)
    assert (len(cut.users), cut.certificate.grade) == (6, Grade.UNPROVEN)
    assert "no token says that there is more" in cut.certificate.doubts[0]
    assert read(by_token(3, {}), TOKEN).certificate.grade is Grade.WHOLE
    one_page = read(by_token(7, {}), TOKEN, "/people?limit=7")
    assert one_page.certificate.grade is Grade.UNPROVEN


def counted(size: int, after: Callable[[int], Answer], first: int = 1) -> Callable[[Query], Answer]:
    """Return numbered pages of a size; what follows the last one is answered by a function of the number."""

    def answer(query: Query) -> Answer:
        start = (int(query["page"]) - first) * size
        page = PEOPLE[start : start + size]
        return said({"errcode": 0, "list": page}) if page else after(start)

    return answer


ERROR = said({"errcode": 90018, "errmsg": "too many requests", "list": []})


def test_an_error_with_status_200_is_a_broken_read() -> None:
    """An answer that is no success by `success` breaks the read, with what it says of itself."""
    places = Places("/list", None, "page", success=("/errcode", 0))
    with pytest.raises(SourceBroken, match="/errcode is 90018, not 0; errmsg: too many requests"):
        read(counted(7, lambda _: ERROR), places)
    for written in (0, "0", 0.0):
        whole = counted(7, lambda _, written=written: said({"errcode": written, "list": []}))  # type: ignore[misc]
        assert read(whole, places).certificate.grade is Grade.WHOLE


def test_an_empty_last_page_that_says_an_error_proves_nothing() -> None:
    """An empty page with another error code than the pages before is a doubt, though nobody wrote `success`."""
    found = read(counted(7, lambda _: ERROR), Places("/list", None, "page"))
    assert found.certificate.grade is Grade.UNPROVEN
    assert 'success = {at = "/errcode", is = 0}' in found.certificate.doubts[0]


@pytest.mark.parametrize("last", [(204, b""), said(None), said({}), said({"errcode": 0, "list": []})])
def test_an_answer_without_content_is_the_page_after_the_last(last: Answer) -> None:
    """204, null, {} and an empty list all end a list whose pages are counted."""
    found = read(counted(4, lambda _: last), Places("/list", None, "page"))
    assert (len(found.users), found.certificate.grade) == (7, Grade.WHOLE)


@pytest.mark.parametrize("form", [float, lambda number: f"{number}.0", str])
def test_numbers_are_read_in_every_form(form: Callable[[int], object]) -> None:
    """A total and a next page that are written as 3.0 or "3.0" are numbers."""

    def answer(query: Query) -> Answer:
        page = int(query.get("page", "1"))
        items = PEOPLE[(page - 1) * 3 : page * 3]
        following = form(page + 1) if page < 3 else None
        return said({"list": items, "total": form(len(PEOPLE)), "next": following})

    found = read(answer, Places("/list", "/next", "page", "/total"))
    assert (len(found.users), found.certificate.grade) == (7, Grade.WHOLE)


@pytest.mark.parametrize(("name", "start"), [("startIndex", 1), ("offset", 0)])
def test_entries_are_counted_where_pages_are_not(name: str, start: int) -> None:
    """SCIM's startIndex and the like count entries: the next page begins where the last one ended."""

    def answer(query: Query) -> Answer:
        begin = int(query[name]) - start
        return said({"Resources": PEOPLE[begin : begin + 3], "totalResults": len(PEOPLE)})

    places = Places("/Resources", None, name, "/totalResults", start=start, step="items")
    found = read(answer, places)
    assert ([entry.key for entry in found.users], found.certificate.grade) == (
        [person["id"] for person in PEOPLE],
        Grade.WHOLE,
    )


def test_an_empty_page_that_says_there_is_more_is_a_broken_read() -> None:
    """A numbered page without entries does not end a list where the answer says that there is more."""
    places = Places("/list", None, "page", more="/has_more")
    pages = counted(7, lambda _: said({"list": [], "has_more": True}))

    def answer(query: Query) -> Answer:
        status, body = pages(query)
        return status, json.dumps({"has_more": True, **json.loads(body)}).encode()

    with pytest.raises(SourceBroken, match="says that there is more"):
        read(answer, places)
