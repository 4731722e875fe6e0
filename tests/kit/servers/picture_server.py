"""A web server with pictures for tests: ETags, redirects, errors, and answers without end."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class PictureServer(ThreadingHTTPServer):
    """Gives the pictures that a test puts into `pictures`, by path.

    `asked` has path and status of every request, `headers` its headers. `status` is what every request is answered with
    instead, 0 for what belongs to it. An endless answer never ends; `drip` is how many seconds pass before each byte of
    one.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.pictures: dict[str, bytes] = {}
        self.asked: list[tuple[str, int]] = []
        self.headers: list[dict[str, str]] = []
        self.status, self.is_endless, self.has_marks, self.drip = 0, False, True, 0.0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Request(BaseHTTPRequestHandler):
    server: PictureServer

    def do_GET(self) -> None:
        """Answer."""
        path = unquote(self.path)
        content = self.server.pictures.get(path)
        mark = f'"{hashlib.sha256(content or b"").hexdigest()[:16]}"'
        is_same = self.server.has_marks and self.headers.get("if-none-match") == mark
        status = self.server.status or (404 if content is None else 304 if is_same else 200)
        self.server.asked.append((path, status))
        self.server.headers.append(dict(self.headers.items()))
        self.send_response(status)
        if self.server.has_marks:
            self.send_header("etag", mark)
        if status in (301, 302):
            self.send_header("location", "/elsewhere.jpg")
        body = content or b"" if status == 200 else b""
        if not self.server.is_endless:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)
        self.close_connection = True
        while self.server.is_endless:
            try:
                time.sleep(self.server.drip)
                self.wfile.write(bytes(1 if self.server.drip else 1 << 20))
            except OSError:
                return

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def picture_server() -> Iterator[PictureServer]:
    """Run one."""
    with PictureServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
