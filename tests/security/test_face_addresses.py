"""Nothing that the directory says leads a picture's address or path out of where the administrator let it begin."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from syncd.directory.picture_files import FilePictures
from syncd.errors import PictureUnreadable
from syncd.mapping.faces import face_rule
from syncd.mapping.facts import Facts, Unmappable
from syncd.model.faces import Sought
from syncd.model.source import Entry
from tests.kit.failures import Failures

SERVER = "https://photos.example.org/faces/"
UPWARDS = [
    "..",
    "../x",
    "..;/x",
    "..;a=b/x",
    "%2e%2e/x",
    "%2E%2e%2fx",
    "%252e%252e/x",
    "%25252e%25252e%25252fx",
    "%2525252525252e%2525252525252e/x",
    "..%2fx",
    "..%5cx",
    "..\\x",
    ".. /x",
    " ../x",
    ".../x",
    "．．/x",
    "․․/x",
    "‥/x",
    "..／x",
    "%c0%ae%c0%ae/x",
    "a/../../x",
    "a/..;/..;/x",
    "x\r\nHost: evil",
    "x\0.jpg",
    "x\u2028y",
    "x%0d%0aHost: evil",
    "a\u202e/gpj.x",
]
SPECS = [SERVER + "{{ uid }}/photo.jpg", SERVER + "{{ uid }}", "photos/{{ uid }}/x.jpg", "p/{{ uid }}"]
HARMLESS = [
    "wang.fang",
    "王芳",
    "a..b",
    "..a",
    "a b",
    "a#b",
    "a?b=c",
    "a@b",
    "a:b",
    "//evil.example/x",
    "a;b",
    "%41",
    "a&b",
]


def place(spec: str, uid: str) -> str:
    """Return the address or path of somebody's picture."""
    return face_rule(spec).place(Facts({"uid": (uid,)}, "ldap", "2026-12-01"))


@pytest.mark.parametrize("spec", SPECS)
def test_no_value_leads_upwards(spec: str) -> None:
    """A value that any server could take for a step upwards leaves out the picture, in addresses and in paths."""
    failures = Failures()
    for uid in UPWARDS:
        with failures.case(repr(uid)), pytest.raises(Unmappable, match="leads"):
            place(spec, uid)
    failures.assert_none()


def test_a_whole_address_of_the_directory_leads_no_further() -> None:
    """An attribute that holds the whole address begins with what the administrator wrote, and leads nowhere else."""
    failures = Failures()
    for uid in (
        *(SERVER + one for one in UPWARDS),
        "https://evil.example/x",
        "https://photos.example.org@evil/faces/x",
    ):
        with failures.case(repr(uid)), pytest.raises(Unmappable):
            place(SERVER + "{{ uid }}", uid)
    failures.assert_none()


class Server(BaseHTTPRequestHandler):
    """Notes which path is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        """Note it."""
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Yield a server's address, and the paths that it was asked for."""
    Server.asked = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/faces/", Server.asked
    running.shutdown()
    running.server_close()


def test_whatever_a_value_has_stays_in_the_path(server: tuple[str, list[str]]) -> None:
    """Signs that begin a query, a fragment, a port or another server are a part of the name for the server."""
    url, asked = server
    for uid in HARMLESS:
        httpx.get(place(url + "{{ uid }}.jpg", uid), trust_env=False)
        assert asked[-1].startswith("/faces/"), uid
        assert asked[-1].endswith(".jpg"), uid
        assert not urlsplit(asked[-1]).query, uid


def test_a_folder_of_pictures_is_not_left(tmp_path: Path) -> None:
    """A link that leads out is refused, one that stays is read; pipes, devices and folders are no pictures."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "good.jpg").write_bytes(b"picture")
    (folder / "inside.jpg").symlink_to("good.jpg")
    (folder / "out.jpg").symlink_to("../secret")
    (folder / "device.jpg").symlink_to("/dev/zero")
    (folder / "folder.jpg").mkdir()
    os.mkfifo(folder / "pipe.jpg")
    pictures = FilePictures("photos", tmp_path)

    def sought(name: str) -> Sought:
        return Sought("k", Entry("k", "uid=k", {}), f"photos/{name}.jpg")

    assert pictures.picture(sought("good"), "").content == b"picture"
    assert pictures.picture(sought("inside"), "").content == b"picture"
    with pytest.raises(PictureUnreadable, match="leads out of"):
        pictures.picture(sought("out"), "")
    for name in ("device", "folder", "pipe"):
        assert pictures.picture(sought(name), "").content == b""
