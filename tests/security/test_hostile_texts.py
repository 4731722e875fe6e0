"""Text of others leaves by no exit as it came: logs, pages, metrics, JSON, notifications, CSV, the handover file."""

import base64
import csv
import io
import json
import re
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
import structlog

from syncd.app.failing import Failing
from syncd.app.notification import News
from syncd.app.passwords import InitialPasswords
from syncd.app.records import RunRecord
from syncd.app.refreshing import Missed
from syncd.app.standing import Contended, Standing
from syncd.app.store_ports import Store
from syncd.errors import ConfigurationError, StoreError
from syncd.model.cells import harmless_cell
from syncd.model.json_text import decoded, encoded
from syncd.model.objects import Kind
from syncd.plan.values import Leaver, Reason
from syncd.platform.streaming import ListStream
from syncd.report.messages import ENGLISH
from syncd.report.news import news_form
from syncd.report.status_form import status_form, status_text
from syncd.report.status_html import StatusSubject, status_html
from syncd.sandbox.arguments import Rejected
from syncd.service.admin import AdminPorts
from syncd.service.supervision import Supervisor
from syncd.telemetry.logs import configure
from syncd.telemetry.metrics import Metrics
from syncd.testing.passes import Passes
from syncd.wire.envelope import WireUser
from tests.kit.admin import admin_client
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import Site

SIGNS = [
    "\x1b[2K",
    "\r",
    "\n",
    "\x9b2J",
    "\x85",
    "\u202e",
    "\u2066",
    "\u2028",
    "\x00",
    "\x07",
    "\u200f",
    "\x7f",
    "\x0b",
]
HOSTILE = "x" + "".join(SIGNS) + "<script>y"
LARGE = "N" * 1_000_000
STEERING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
PERSON = """dn: uid={number},ou=people,dc=example,dc=com
objectClass: inetOrgPerson
entryUUID: 00000000-0000-0000-0000-00000000000{number}
uid: u{number}
cn:: {name}
title:: {name}

"""


def logged(form: str, **values: object) -> str:
    """Return one log line."""
    out = io.StringIO()
    configure("info", form, frozenset(), out)
    structlog.get_logger().warning("seen", **values)
    structlog.reset_defaults()
    return out.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("sign", [*SIGNS, "\ud800"])
def test_a_log_line_is_one_line(form: str, sign: str) -> None:
    """Whatever a value of a log line holds, at any depth, steers no terminal and begins no other line."""
    found = logged(form, why=f"a{sign}b", more={"deep": [f"c{sign}d"]}, error=OSError(f"e{sign}f"))
    assert found.count("\n") == 1
    assert not STEERING.search(re.sub("\x1b\\[[0-9;]*m", "", found)), "but for colours of our own"
    found.encode()
    if form == "json":
        assert json.loads(found)["why"].startswith("a")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_log_line_is_not_longer_than_the_journal_takes(form: str) -> None:
    """A name of a megabyte makes no line that systemd's journal would go on with as another line (48 KiB)."""
    found = logged(form, why=LARGE, names=[LARGE] * 9, inner={"a": "王" * 100_000})
    assert len(found.encode()) < 48 << 10
    found = logged(form, names=["n" * 99] * 100_000)
    assert len(found.encode()) < 48 << 10


def test_a_traceback_in_a_log_keeps_its_end() -> None:
    """A fault that nobody foresaw is logged with what happened, whatever length and signs its message has."""
    out = io.StringIO()
    for form in ("json", "console"):
        configure("info", form, frozenset(), out)
        try:
            dict[str, str]()["\x1b[2K" + "y" * 100_000 + "the end"]
        except LookupError:
            structlog.get_logger().exception("a fault", action="x")
        structlog.reset_defaults()
    assert out.getvalue().count("the end") == 2
    assert not STEERING.search(re.sub("\x1b\\[[0-9;]*m", "", out.getvalue()))
    assert all(len(line.encode()) < 48 << 10 for line in out.getvalue().splitlines())


@pytest.mark.parametrize("sign", SIGNS)
def test_json_for_others_has_escapes(sign: str) -> None:
    """JSON that leaves the program says the same and holds no control character as it is, in names neither."""
    value = {f"a{sign}": [f"王{sign}芳 é😀"]}
    for found in (encoded(value), encoded(value, indent=1)):
        assert json.loads(found) == value
        assert not STEERING.search(found.decode())
    assert "王" in encoded(value).decode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\ud83d"', "a\ufffd"),
        (r'"\ude00b"', "\ufffdb"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (r'"\\ud83d"', "\\ud83d"),
        (r'"\\\ud83dx"', "\\\ufffdx"),
        (r'"\uD83D\uDE00"', "😀"),
    ],
)
def test_half_a_pair_is_no_reason_to_read_nothing(text: str, value: str) -> None:
    """An emoji that was cut in half, as JSON has it, is read as the replacement character; a whole one as it is."""
    assert decoded(text.encode(), str) == value
    users = f'{{"code":10000,"success":true,"value":[{{"id":"1","name":{text}}},{{"id":"2","name":"b"}}]}}'.encode()
    for size in (1, 7, len(users)):
        stream = ListStream(WireUser, block=16)
        found = [one for at in range(0, len(users), size) for one in stream.feed(users[at : at + size])]
        found += stream.close()[1]
        assert [one.name for one in found] == [value, "b"]


def standing(text: str) -> Standing:
    """Return how things stand where every text that others write is this one."""
    return Standing(
        company=text,
        last_run=RunRecord(text, 1.0, text, 2.0, "failed", 1, {"failed": 1}),
        held=(),
        objects={},
        drift=0,
        contended=(Contended(text, "name", text),),
        forms={},
        inbox={},
        oldest_pending=None,
        missed=Missed(),
        grades={"hr": "broken"},
        leaving=(Leaver(Kind.USER, text, text, text, text, "2026-01-01T00:00:00+00:00", Reason.LEFT, None),),
        failing=(Failing("user", "create", text, text, 3, text, text, 2.0),),
    )


@pytest.mark.parametrize("text", [HOSTILE, LARGE])
def test_no_page_or_line_about_how_things_stand_is_steered(text: str) -> None:
    """What others wrote stands in the status page, its JSON and its lines as escapes and not at any length."""
    found = standing(text)
    page = status_html(StatusSubject(found, "store", "1", (text,), 3.0, shows_people=True), ENGLISH)
    lines = status_text(found, "store", 3.0, ENGLISH)
    for shown in (page, lines, encoded(status_form(found, "store", 3.0)).decode()):
        assert not STEERING.search(shown)
    assert "<script>" not in page
    assert max(len(page), len(lines)) < 100_000
    assert len(lines.splitlines()) < 20


async def test_a_store_that_is_away_steers_nobody_who_asks(tmp_path: Path) -> None:
    """The answer of the admin port where the store is away is one line, whatever the database says."""
    with closing(Passes(tmp_path)) as passes:

        class Away:
            """A store whose database answers what steers a terminal."""

            name = passes.store.name

            def __getattr__(self, _name: str) -> object:
                raise StoreError(HOSTILE)

        async def accepts() -> bool:
            return True

        async with admin_client(AdminPorts(cast("Store", Away()), Metrics("1", "1"), accepts)) as client:
            for path in ("/status.json", "/readyz", "/", "/metrics"):
                answer = await client.get(path)
                assert not STEERING.search(answer.text), path
                assert "<script>" not in answer.text or answer.headers["content-type"] != "text/html; charset=utf-8"


@pytest.fixture
def hostile(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return an installation whose directory and platform write what steers, at length."""

    def refuse(_arguments: object) -> object:
        raise Rejected(71001, HOSTILE + LARGE)

    monkeypatch.setitem(site.sandbox.company.calls, "user/add", refuse)
    names = (HOSTILE, LARGE, "王" * 300_000)
    people = "".join(
        PERSON.format(number=number, name=base64.b64encode(name.encode()).decode()) for number, name in enumerate(names)
    )
    (site.folder / "company.ldif").write_text(f"version: 1\n\n{people}", encoding="utf-8")
    site.configure(tail=f"{APPLY_AT_ONCE}\n", platform='handover = "handover.csv"\n')
    return site


def test_no_output_is_steered_or_flooded(hostile: Site) -> None:
    """No output of a command, as text, JSON, CSV, Markdown or HTML, has control characters or names without end."""
    commands = [("reconcile",), ("plan", "--out", "plan.json"), ("status", "--json"), ("status",), ("export",)]
    commands += [("plan", "--format", form) for form in ("json", "csv", "markdown", "html")]
    commands += [("explain", "u0"), ("explain", "u1"), ("explain", "u0", "--json"), ("history", "--json"), ("check",)]
    for command in commands:
        done = hostile.run(*command)
        for text in (done.out.replace("\r\n", "\n"), done.err):
            assert not STEERING.search(text), (command, STEERING.search(text))
            assert len(text) < 100_000, command
    plan = (hostile.folder / "plan.json").read_text(encoding="utf-8")
    assert not STEERING.search(plan)
    handover = (hostile.folder / "handover.csv").read_text(encoding="utf-8")
    assert not STEERING.search(handover.replace("\r\n", "\n"))


def test_a_mistake_is_one_line(site: Site) -> None:
    """No value forges a line among the mistakes of a configuration or in any other error."""
    for sign in ("\n", "\x0b", "\u2028", "\x85", "\r\n"):
        done = site.run("show", f"x{sign}syncd: all is well")
        assert [line for line in done.err.splitlines() if line.startswith("syncd: ")] == done.err.splitlines()[-1:]
    assert str(ConfigurationError("a", "b")) == "a\nb"
    site.configure(tail="[policy]\nnobody = 1\non_leaver = 2\n")
    assert len([line for line in site.run("plan").err.splitlines() if line.startswith("syncd: ")]) > 1


def test_metrics_have_no_series_of_strangers() -> None:
    """Codes, types and names that others choose make no series of their own, and stand in no label."""
    metrics = Metrics("1", "1")
    before = _series(metrics)
    for number in range(50):
        metrics.call("user/add", f"{HOSTILE}{number}", 1.0)
        metrics.duty_failed("reconcile", StoreError(f"{HOSTILE}{number}"))
    after = _series(metrics)
    assert len(after) - len(before) < 40, "one code and one class"
    assert not any(STEERING.search(name) or "script" in name for name in after)


def _series(metrics: Metrics) -> set[str]:
    return {str((one.name, one.labels)) for family in metrics.registry.collect() for one in family.samples}


def test_a_notification_is_readable() -> None:
    """The sentence that people are told is one line of escapes and of a length that a chat takes."""
    for text in (HOSTILE, LARGE):
        results = ({"id": "o", "outcome": "failed", "code": "71001", "message": text},)
        told = news_form(News(RunRecord("R", 1.0, "", 2.0, "failed", 4, {"failed": 1}), results))
        without_run = news_form(News(RunRecord("", 1.0, "", 2.0, "failed", 1), results))
        for one in (told["message"], without_run["message"]):
            assert not STEERING.search(one)
            assert "\n" not in one
            assert len(one) < 5000
        assert not STEERING.search(encoded(told).decode())


def test_the_handover_file_steers_nothing(tmp_path: Path) -> None:
    """Names in the handover file are escapes and no formulas, and its lines are one for each person."""
    path = tmp_path / "handover.csv"
    with closing(InitialPasswords(path, lambda: "now")) as passwords:
        for sign in SIGNS:
            passwords.initial(f"a{sign}b", f"={sign}c", "")
    text = path.read_bytes().decode()
    assert not STEERING.search(text.replace("\r\n", "\n").replace("\r", "").replace("\t", ""))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(SIGNS)
    assert all(row[1].startswith("'=") for row in rows)
    assert harmless_cell("a\x1b[2K") == "a\\x1b[2K"


def test_systemd_is_told_nothing_that_others_write() -> None:
    """What systemd is told are words of our own alone."""
    told: list[str] = []

    class Noted(Supervisor):
        def _tell(self, text: str) -> None:
            told.append(text)

    supervisor = Noted("x")
    supervisor.ready()
    supervisor.stopping()
    supervisor.reloading()
    assert all(re.fullmatch(r"[A-Z]+=1(\nMONOTONIC_USEC=[0-9]+)?", text) for text in told)
