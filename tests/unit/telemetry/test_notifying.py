"""A run is handed over to a command on its standard input, or by POST."""

import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncd.app.notification import Event, News, NotDelivered
from syncd.app.records import RunRecord
from syncd.report.news import news_form
from syncd.telemetry.notifying import CommandNotifier, EveryNotifier, HttpNotifier
from tests.kit.closed_port import closed_port

RUN = RunRecord("R1", 1.0, "abc", 2.0, "held", 3, {"held": 1})
RESULTS = ({"id": "o", "outcome": "held", "code": "", "message": "由 limits 保留"},)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Notes what is posted, and answers what the path says."""

    def do_POST(self) -> None:
        """Note it."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append(({k.lower(): v for k, v in self.headers.items()}, json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(int(self.path.split("/")[1].partition("?")[0]))
        self.send_header("location", "/200")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Any]:
    """Give a server that notes what it receives."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: Any, path: str) -> str:  # noqa: ANN401 - a server that notes
    """Give the URL of a path."""
    return f"http://127.0.0.1:{server.server_port}/{path}"


def command(text: str) -> CommandNotifier:
    """Give a command that runs this Python text."""
    return CommandNotifier([sys.executable, "-c", text], news_form, dict(os.environ))


def test_a_command_reads_the_run_on_its_standard_input(tmp_path: Path) -> None:
    """A command reads the run as JSON on its standard input, and what it is about in SYNCD_EVENT."""
    out = tmp_path / "out"
    text = f"import os, sys; open({str(out)!r}, 'w').write(os.environ['SYNCD_EVENT'] + sys.stdin.read())"
    command(text).tell(Event.HELD, News(RUN, RESULTS))
    said = out.read_text()
    assert said.startswith("held{")
    assert json.loads(said[4:]) == json.loads(json.dumps(news_form(News(RUN, RESULTS))))


@pytest.mark.parametrize(
    ("notifier", "fault"),
    [
        (command("import sys; sys.exit('smtp: no such user')"), "ended with 1: smtp: no such user"),
        (CommandNotifier(["/nowhere/mail"], news_form, {}), "cannot be run"),
    ],
)
def test_a_command_that_fails_is_named_with_what_it_said(notifier: CommandNotifier, fault: str) -> None:
    """A command that fails, or cannot be run, is told with what it said."""
    with pytest.raises(NotDelivered, match=fault):
        notifier.tell(Event.FAILED, News(RUN, RESULTS))


def test_a_post_carries_the_run_as_json(receiver: Any) -> None:  # noqa: ANN401 - a server that notes
    """A POST carries the run as JSON, and what it is about in a header."""
    HttpNotifier(url(receiver, "200"), news_form).tell(Event.RECOVERED, News(RUN, RESULTS))
    ((headers, body),) = receiver.received
    assert (headers["content-type"], headers["syncd-event"]) == ("application/json", "recovered")
    assert body["results"][0]["message"] == "由 limits 保留"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success_is_a_fault_and_no_redirect_is_followed(
    receiver: Any,  # noqa: ANN401 - a server that notes
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An answer that is no success is a fault, no redirect is followed, and no secret of the URL is shown."""
    caplog.set_level("DEBUG")
    with pytest.raises(NotDelivered, match=f"HTTP {status}") as found:
        HttpNotifier(url(receiver, f"{status}?token=geheim"), news_form).tell(Event.HELD, News(RUN, RESULTS))
    assert "geheim" not in str(found.value) + caplog.text
    assert len(receiver.received) == 1


def test_a_host_that_does_not_answer_is_a_fault() -> None:
    """A host that does not answer is a fault of delivery and no crash."""
    with closed_port() as port, pytest.raises(NotDelivered, match="does not answer"):
        HttpNotifier(f"http://127.0.0.1:{port}/", news_form).tell(Event.HELD, News(RUN, RESULTS))


def test_a_way_that_fails_keeps_no_other_from_telling(receiver: Any) -> None:  # noqa: ANN401 - a server that notes
    """A way of telling that fails keeps no other way from telling, and is named afterwards."""
    ways = EveryNotifier([command("raise SystemExit(7)"), HttpNotifier(url(receiver, "204"), news_form)])
    with pytest.raises(NotDelivered, match="ended with 7"):
        ways.tell(Event.HELD, News(RUN, RESULTS))
    assert len(receiver.received) == 1
