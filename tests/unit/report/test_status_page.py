"""`status` shows how things stand as JSON, as lines and as a page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import jsonschema
import msgspec
import pytest

from syncd.app.records import EventState, FacesRecord, HeldPlan, Holder, RunRecord
from syncd.app.refreshing import Missed
from syncd.app.standing import Contended, Standing
from syncd.model.faces import FaceState
from syncd.report import status_chinese, status_english
from syncd.report.messages import CHINESE, ENGLISH, Words, words_for
from syncd.report.status_form import status_form, status_text
from syncd.report.status_html import HELD_COMMANDS, SPANS, STYLE_HASH, StatusSubject, status_html

NOW = 1_795_700_000.0
STORE = "postgresql+psycopg://syncd:***@db.example.org/syncd"
SCHEMA = json.loads((Path(__file__).parents[3] / "syncd" / "schemas" / "status.json").read_text())


CALM = Standing(
    company="1000234",
    last_run=RunRecord("20261126T1326Z-a1b2", NOW - 400, "90820bfdefbfefc9", NOW - 380, "done", 0, {"done": 120}),
    held=(),
    objects={"user": {"linked": 5012, "unmanaged": 14, "leaving": 3}},
    drift=0,
    contended=(),
    forms={},
    inbox={EventState.DONE: 40210},
    oldest_pending=None,
    missed=Missed(),
    grades={"ldap": "whole", "platform": "whole"},
    states={"user": {"active": 4990, "left": 12, "locked": 9, "parked": 1}},
    good_at=NOW - 7400,
    next_runs={"refresh": NOW + 1800, "reconcile": NOW + 500.5},
    leader=Holder("host-1", 17, "2026-11-25T13:33:20Z"),
)
FACED = msgspec.structs.replace(
    CALM,
    faces={FaceState.SENT: 4321, FaceState.UNFIT: 17},
    last_faces=FacesRecord(NOW - 100, NOW - 60, "partial", 4, {"failed": 2}),
)
TROUBLED = msgspec.structs.replace(
    CALM,
    last_run=RunRecord("20261126T1326Z-a1b2", NOW - 400, "F", NOW - 380, "partial", 4, {"done": 1, "failed": 3}),
    held=(HeldPlan("90820bfdefbfefc9", b"", NOW - 90000, ("limits",)),),
    contended=(Contended("E10023<script>", "phone", "王伟"),),
    inbox={EventState.PENDING: 12, EventState.DEAD: 2},
    oldest_pending=NOW - 65,
    missed=Missed(31, 4, NOW - 3000),
    grades={"ldap": "unproven", "platform": "whole"},
)


class Texts(HTMLParser):
    """Takes what a page shows, and which elements and attributes it has."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if text := " ".join(data.split()):
            self.shown.append(text)


def page(found: Standing | None, words: Words = ENGLISH, *, shows_people: bool = False, reason: str = "") -> Texts:
    """Give what the page shows."""
    reasons = (reason,) if reason else ()
    texts = Texts()
    texts.feed(status_html(StatusSubject(found, STORE, "1.2.3", reasons, NOW, shows_people), words))
    return texts


def test_callbacks_without_keys_are_not_said_to_be_ready_for() -> None:
    """The page does not say that it is ready for callbacks where there are no keys for any."""
    texts = Texts()
    texts.feed(status_html(StatusSubject(CALM, STORE, "1.2.3", (), NOW, receives_events=False), ENGLISH))
    answer = texts.shown[texts.shown.index("Ready for callbacks") + 1]
    assert answer == "no: platform.callback has no keys, so no events are received"
    shown = page(CALM).shown
    assert shown[shown.index("Ready for callbacks") + 1] == "yes"


@pytest.mark.parametrize("found", [CALM, TROUBLED, FACED])
def test_the_json_is_that_of_the_schema(found: Standing) -> None:
    """The JSON of `status` fits its schema, and its times are ISO 8601 in UTC."""
    form = json.loads(msgspec.json.encode(status_form(found, STORE, NOW)))
    jsonschema.validate(form, SCHEMA)
    assert form["next_runs"] == {"reconcile": "2026-11-26T13:41:40+00:00", "refresh": "2026-11-26T14:03:20+00:00"}
    assert form["leader"] == {"host": "host-1", "pid": 17, "since": "2026-11-25T13:33:20Z"}


def test_a_store_that_knows_nothing_is_json_too() -> None:
    """The JSON of an empty store fits the schema, with no leader, no last run and nothing to come."""
    empty = Standing("", None, (), {}, 0, (), {}, {}, None, Missed(), {})
    form = status_form(empty, STORE, NOW)
    jsonschema.validate(json.loads(msgspec.json.encode(form)), SCHEMA)
    assert (form["leader"], form["next_runs"], form["last_run"]) == (None, {}, None)


def test_the_lines_tell_all_of_it() -> None:
    """`status` prints store, last runs, leader, reads and objects; what is to come stands in its order."""
    assert status_text(CALM, STORE, NOW).splitlines() == [
        f"store {STORE}, company 1000234",
        "last run: 20261126T1326Z-a1b2  2026-11-26 13:26:40 UTC  done         120 done",
        "last good run: 2026-11-26 11:30:00 UTC",
        "leader: process 17 on host-1 since 2026-11-25 13:33:20 UTC",
        "next reconcile: 2026-11-26 13:41:40 UTC",
        "next refresh: 2026-11-26 14:03:20 UTC",
        "source ldap: whole",
        "source platform: whole",
        "users: 5012 linked, 14 unmanaged, 3 in grace",
    ]


def test_a_calm_page_says_so_first() -> None:
    """The page of a calm installation says below its title that nothing needs the reader."""
    shown = page(CALM).shown
    assert shown[shown.index("syncd: how things stand", 2) + 2] == "Nothing needs you."
    assert "(in 8 min)" in shown
    assert "(2 h ago)" in shown
    assert "host-1, process 17, since 2026-11-25 13:33:20 UTC" in shown


def test_a_page_names_each_trouble_and_the_command_that_helps() -> None:
    """The page names each trouble in the words of the reports, and the command that helps."""
    shown = page(TROUBLED).shown
    begin = shown.index("Look at this:")
    assert shown[begin + 1 : shown.index("This instance")] == [
        "A plan waits for a person, for 1 d: limits",
        "Look at it:",
        "syncd show 90820bfdefbfefc9",
        "Approve it:",
        "syncd approve 90820bfdefbfefc9",
        "The last run ended as: partial",
        "Look at it:",
        "syncd show 20261126T1326Z-a1b2",
        "The last read of ldap is unproven",
        "Events that make no sense: 2",
        "Look at it:",
        "syncd events list --state dead",
        "Changes that no event told, at the last refresh: 4",
        "Fields that somebody keeps changing back, no longer enforced: 1",
    ]


def test_faces_are_counted_where_there_are_any() -> None:
    """Where there are faces, page and lines count them and say how the last pass of them ended."""
    shown = page(FACED).shown
    begin = shown.index("Faces")
    assert shown[begin + 1 : shown.index("Events")] == [
        *("sent", "4321", "unfit", "17", "Last pass", "partial, 1 min ago")
    ]
    assert "The last pass of faces ended as: partial" in shown
    assert "Faces" not in page(CALM).shown
    assert status_text(FACED, STORE, NOW).splitlines()[-2:] == [
        "faces: 4321 sent, 17 unfit",
        "last pass of faces: 2026-11-26 13:31:40 UTC  partial",
    ]


def test_keys_are_hidden_unless_personal_data_is_wanted() -> None:
    """The page hides keys unless personal data is wanted, and then shows them as text, whatever they hold."""
    assert not any("E10023<script>" in one or "王伟" in one for one in page(TROUBLED).shown)
    assert "***" in page(TROUBLED).shown
    assert "王伟 (key E10023<script>)" in page(TROUBLED, shows_people=True).shown


@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
@pytest.mark.parametrize("found", [CALM, TROUBLED, FACED, None])
def test_a_page_runs_nothing_and_loads_nothing(found: Standing | None, words: Words) -> None:
    """The status page has no script, file or form, and one style, which the header names by its hash."""
    texts = page(found, words, shows_people=True, reason="the listener does not accept connections")
    assert not texts.elements & {"script", "link", "img", "iframe", "form", "object"}
    assert not texts.attributes & {"style", "src", "onclick", "onload"}
    assert re.fullmatch(r"sha256-[A-Za-z0-9+/]{43}=", STYLE_HASH)


def test_a_store_that_is_away_leaves_a_page_that_says_so() -> None:
    """Where the store is away the page says so, with the reason why nothing is accepted."""
    shown = page(None, reason="store x: connection refused").shown
    assert "Not ready for callbacks: store x: connection refused" in shown
    assert "The store cannot be read, so nothing is known of runs and objects." in shown


def test_both_languages_have_every_text_with_the_same_values() -> None:
    """Both languages have every text of the status page, with the same values."""

    def taken(texts: Words) -> dict[str, set[str | None]]:
        return {key: {name for _, name, _, _ in Formatter().parse(text)} - {None} for key, text in texts.texts.items()}

    english, chinese = (taken(Words("", one.TEXTS)) for one in (status_english, status_chinese))
    assert english == chinese
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in status_chinese.TEXTS.values())


def test_every_text_is_used() -> None:
    """Every text of `status` is used by the page or by what makes it, except those that a code chooses."""
    folder = Path(status_english.__file__).parent
    text = (folder / "status.html").read_text("utf-8") + (folder / "status_html.py").read_text("utf-8")
    by_code = ("status.duty.", "status.state.", "status.event.")
    computed = {f"status.{unit}" for _, unit in SPANS} | {f"status.{one}" for one, _ in HELD_COMMANDS}
    others = [key for key in status_english.TEXTS if not key.startswith(by_code) and key not in computed]
    assert [key for key in others if f'"{key}"' not in text] == []


def test_the_terminal_speaks_chinese_too() -> None:
    """`status` speaks Chinese on a terminal, and its commands are the same in every language."""
    lines = status_text(TROUBLED, STORE, NOW, CHINESE).splitlines()
    assert lines[1].endswith("部分完成     完成 1 个、失败 3 个")
    assert "来源 ldap：未能证明完整" in lines
    assert "用户：已关联 5012 个，未管理 14 个，宽限期内 3 个" in lines
    assert "等待处理的事件：12 个，最早的已等待 65 秒" in lines
    assert "不再强制：王伟（键 E10023<script>）的电话，有人反复改回" in lines
    assert lines[-1].startswith("已拦截（数量限制），自 2026-11-25 12:33:20 UTC：")
    assert lines[-1].endswith("syncd show 90820bfdefbfefc9，syncd approve 90820bfdefbfefc9")


def test_times_are_told_in_the_time_zone_of_the_schedule() -> None:
    """Every time of `status` and of its page is that of the configured time zone, with its name; the JSON keeps UTC."""
    shanghai = words_for("en", {}, "Asia/Shanghai")
    lines = "\n".join(status_text(TROUBLED, STORE, NOW, shanghai).splitlines() + page(TROUBLED, shanghai).shown)
    assert "HELD since 2026-11-25 20:33:20 Asia/Shanghai" in lines
    assert "UTC" not in lines
    assert "+00:00" not in lines
    assert status_form(TROUBLED, STORE, NOW)["held"][0]["since"] == "2026-11-25T12:33:20+00:00"
