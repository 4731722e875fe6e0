"""An HTTP service with people and departments, for tests: every way of paging and of showing who asks, and faults."""

import base64
import hashlib
import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from syncd.testing.company import Company

Paging = Literal["one", "link", "relative", "cursor", "number"]
USERNAME, PASSWORD = "reader", "geheim"
CLIENT, SECRET = "syncd", "heikel"
SOURCE = """[source.hr]
type = "http"
url = "{url}"
key = "entryUUID"
[source.hr.users]
path = "/people"
items = "/data/list"
total = "/data/total"
next = "/next"
next_param = "cursor"
[source.hr.departments]
path = "/departments"
items = "/data/list"
total = "/data/total"
next = "/next"
next_param = "cursor"
[mapping.user]
name = "displayName"
phone = "contact.mobile"
email = "contact.mail"
department = "unit"
[mapping.department]
parent = "parent"
"""
TOKEN_PATH = "/token"


class Reply(msgspec.Struct):
    """An answer that a fault may change; of a body that is cut only so many bytes are sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    delay: float = 0.0


Fault = Callable[[Reply], None]


class HrService:
    """A service on 127.0.0.1; a context manager.

    `lists` has the items by path, `pictures` files by path, `faults` what is done to the answer of a request by its
    number, counted from 1 and tokens left out. `asked` has every request's path with its query, `headers` its headers.
    """

    def __init__(
        self, lists: Mapping[str, list[dict[str, Any]]] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.lists = dict(lists or {})
        self.paging: Paging = "cursor"
        self.page_size = 50
        self.auth = "none"
        self.has_total, self.has_tags, self.takes_form_only = True, False, False
        self.faults: dict[int, Fault] = {}
        self.pictures: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.statuses: list[int] = []
        self.tokens: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        origin = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        self.url, self.token_url = f"{origin}/api", f"{origin}{TOKEN_PATH}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def employ(self, company: Company) -> None:
        """Hold this company, people with a nested object and departments with a parent."""
        self.lists = {
            "/people": [
                {
                    "entryUUID": key,
                    "uid": one.account,
                    "displayName": one.name,
                    "contact": {"mobile": one.phone or None, "mail": one.email},
                    "title": one.position,
                    "unit": one.department or None,
                }
                for key, one in company.people.items()
            ],
            "/departments": [
                {"entryUUID": key, "ou": company.units[key].name, "parent": company.units[key].parent or None}
                for key in sorted(company.units)
            ],
        }

    def answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer a request for a page."""
        self.asked.append(path)
        self.headers.append(headers)
        reply = self._page(path, headers)
        if fault := self.faults.get(len(self.asked)):
            fault(reply)
        self.statuses.append(reply.status)
        return reply

    def _page(self, path: str, headers: Mapping[str, str]) -> Reply:
        if not self._is_known(headers.get("authorization", "")):
            return _json(401, {"error": "who are you?"})
        parts = urllib.parse.urlsplit(path)
        if picture := self.pictures.get(parts.path.removeprefix("/api")):
            return Reply(200, {"Content-Type": "image/jpeg"}, picture)
        items = self.lists.get(parts.path.removeprefix("/api"))
        if items is None:
            return _json(404, {"error": "no such list"})
        reply = _json(200, self._content(parts, dict(urllib.parse.parse_qsl(parts.query)), items))
        if self.has_tags:
            reply.headers["ETag"] = f'"{hashlib.sha256(reply.body).hexdigest()}"'
            if headers.get("if-none-match") == reply.headers["ETag"]:
                return Reply(304, reply.headers, b"")
        return reply

    def _content(self, parts: urllib.parse.SplitResult, query: dict[str, str], items: list[Any]) -> dict[str, Any]:
        size = len(items) if self.paging == "one" else self.page_size
        number = int(query.get("page", "1"))
        start = (number - 1) * size if self.paging == "number" else int(query.get("cursor", "0"))
        content: dict[str, Any] = {"data": {"list": items[start : start + size]}}
        if self.has_total:
            content["data"]["total"] = len(items)
        if start + size < len(items) and self.paging in ("link", "relative", "cursor"):
            after = str(start + size)
            link = f"{parts.path}?{urllib.parse.urlencode({**query, 'cursor': after})}"
            host = self.url.removesuffix("/api")
            content["next"] = {"cursor": after, "relative": link, "link": host + link}[self.paging]
        return content

    def _is_known(self, shown: str) -> bool:
        if self.auth == "basic":
            return shown == "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        if self.auth == "bearer":
            return shown == f"Bearer {SECRET}"
        return self.auth == "none" or shown.removeprefix("Bearer ") in self.tokens[-1:]

    def token(self, form: Mapping[str, str], shown: str) -> Reply:
        """Give a token for the client's credentials, be they in the header or in the form; it makes former ones bad."""
        by_header = shown == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        by_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if form.get("grant_type") != "client_credentials" or not (by_form or (by_header and not self.takes_form_only)):
            return _json(401, {"error": "invalid_client"})
        self.tokens.append(f"token-{len(self.tokens)}")
        return _json(200, {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600})


def _json(status: int, content: object) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(content, ensure_ascii=False).encode())


def _handler(service: HrService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16

        def do_GET(self) -> None:
            self._send(service.answer(self.path, {name.lower(): value for name, value in self.headers.items()}))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            form = dict(urllib.parse.parse_qsl(content))
            self._send(service.token(form, self.headers.get("authorization", "")))

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
            self.close_connection = reply.cut is not None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
