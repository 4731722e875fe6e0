"""The guide to `[notify]` shows what is handed over, and its recipes reach a robot and a mail server."""

import http.server
import json
import re
import socketserver
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from syncd.app.notification import Event
from syncd.config.sections import Notify
from syncd.testing.company import generated
from tests.kit.installation.guide import Guide
from tests.kit.installation.site import Site

GUIDE = Guide("notify.md")
TELL = Path(__file__).parents[2] / "deploy" / "notify" / "tell.py"
ANSWERS = {"wecom": {"errcode": 0, "errmsg": "ok"}, "dingtalk": {"errcode": 0}, "feishu": {"code": 0, "msg": "success"}}
TEXTS = {"wecom": ("text", "content"), "dingtalk": ("text", "content"), "feishu": ("content", "text")}


class Robot(http.server.BaseHTTPRequestHandler):
    """A group's robot: it notes what is posted, and answers as it was told."""

    def do_POST(self) -> None:
        """Note it."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(json.loads(body))  # type: ignore[attr-defined]
        answer = json.dumps(self.server.answer).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class MailServer(socketserver.StreamRequestHandler):
    """A mail server (RFC 5321) that takes every mail, and notes what it was given."""

    def handle(self) -> None:
        """Speak with one client."""
        self.wfile.write(b"220 ready\r\n")
        for line in iter(self.rfile.readline, b""):
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.told.append(text.decode())  # type: ignore[attr-defined]
            self.wfile.write(b"250 good\r\n" if word != b"QUIT" else b"221 bye\r\n")


@contextmanager
def served(handler: type[socketserver.BaseRequestHandler], answer: object = None) -> Iterator[Any]:
    """Serve on a port of its own; `told` has what came."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.told, server.answer = [], answer  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def told(site: Site, *command: str) -> Any:  # noqa: ANN401 - JSON
    """Let a first run be held, with the recipe as the command that is told, and return the run."""
    site.employ(generated(3, 1))
    line = json.dumps([sys.executable, str(TELL), *command])
    site.configure(tail=f"[notify]\ncommand = {line}\n")
    result = site.run("reconcile", "--json")
    assert result.code == 3
    assert "nobody was told" not in result.err
    return result.json


def test_the_json_is_what_the_guide_shows(fresh_site: Site) -> None:
    """The keys of the JSON, and the first run of a company of three, are those of the guide."""
    fresh_site.employ(generated(3, 1))
    found = fresh_site.run("reconcile", "--json").json
    shown = json.loads(GUIDE.files["held"])
    shown["command"] = shown["command"].replace("FINGERPRINT", found["plan"])
    assert {key: found[key] for key in shown} == shown
    rows = re.findall(
        r"^\| (`[^|]*) \|", GUIDE.text.partition("| key | what it is |")[2].partition("\n\n")[0], re.MULTILINE
    )
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(found) - named == {"version", "started_at", "finished_at", "exit"}
    assert named - set(found) == {"leaving", "ending", "faces", "audit"}


def test_the_events_are_those_that_there_are() -> None:
    """The guide has exactly the events that people can be told of, and the default of the configuration."""
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE.text.partition("| event | when |")[2].partition("\n\n")[0], re.MULTILINE)
    assert set(rows) == {str(event) for event in Event}
    (block,) = GUIDE.blocks("toml")
    assert tuple(tomllib.loads(block)["notify"]["on"]) == Notify.model_fields["on"].default


@pytest.mark.parametrize("way", ANSWERS)
def test_a_robot_of_a_group_is_told(fresh_site: Site, way: str) -> None:
    """The recipe of each chat posts the headline, the sentence and the command in the form that its robot takes."""
    with served(Robot, ANSWERS[way]) as robot:
        address = fresh_site.folder / "robot-url"
        address.write_text(f"http://127.0.0.1:{robot.server_address[1]}/robot?key=secret\n")
        run = told(fresh_site, way, str(address))
        (body,) = robot.told
    outer, inner = TEXTS[way]
    (text,) = GUIDE.blocks("text")
    assert body[outer][inner] == text.strip().replace("FINGERPRINT", run["plan"])
    assert body.get("msgtype", body.get("msg_type")) == "text"


def test_a_robot_that_refuses_is_told_of_again(fresh_site: Site) -> None:
    """A robot that answers 200 with a code has not told anybody: the run says so, without the address."""
    with served(Robot, {"errcode": 93000, "errmsg": "invalid webhook url"}) as robot:
        address = fresh_site.folder / "robot-url"
        address.write_text(f"http://127.0.0.1:{robot.server_address[1]}/robot?key=secret\n")
        fresh_site.employ(generated(3, 1))
        line = json.dumps([sys.executable, str(TELL), "wecom", str(address)])
        fresh_site.configure(tail=f"[notify]\ncommand = {line}\n")
        for _ in range(2):
            said = fresh_site.run("reconcile").err
            assert "invalid webhook url" in said
            assert "secret" not in said
        assert len(robot.told) == 2


def test_a_mailbox_is_told(fresh_site: Site) -> None:
    """The recipe of mail sends the headline as the subject, and the sentence and the command as the text."""
    with served(MailServer) as server:
        where = f"127.0.0.1:{server.server_address[1]}"
        run = told(fresh_site, "mail", "it@example.org", "syncd@example.org", where)
        (mail,) = server.told
    assert "To: it@example.org" in mail
    assert "Subject: syncd: =?utf-8?" in mail
    assert run["message"] in mail.replace("=\r\n", "").replace("\r\n", "\n")
    assert f"syncd show {run['plan']}" in mail
