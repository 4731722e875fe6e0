"""Whoever holds a recorded callback fills no store with it and makes the platform answer nothing again."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from syncd.app import look_budget
from syncd.app.ingest import Ingestion, ingest_pending
from syncd.app.records import EventState, InboxEvent, Received
from syncd.errors import AnswerLost
from syncd.model.events import Topic
from syncd.testing.company import Company, Person
from syncd.testing.passes import Passes
from syncd.testing.postbox import posted, receive
from tests.kit.failing_calls import each
from tests.kit.installation.callbacks import JSON, event, fields, is_success, sealed
from tests.kit.installation.listening import ListenProcess, configure
from tests.kit.installation.site import Site
from tests.kit.passing import ingest_of, user_ids
from tests.kit.waiting import comes

TIMES = 60
MANY = [{"id": f"U{number}", "name": "x" * 1000, "account": f"u{number}"} for number in range(300)]


def test_a_recorded_callback_is_kept_once(site: Site) -> None:
    """Sixty repeats of one large callback are answered and counted; one body is kept and one look is made at most."""
    configure(site)
    body = msgspec.json.encode(fields(sealed(event(value=MANY))))

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in site.run("events", "list", "--json", "--limit", "100").out.splitlines()]

    with ListenProcess(site) as listen, listen.sender() as sender:
        for _ in range(TIMES):
            status, content = sender.post(body, **{"content-type": JSON})
            assert status == 200
            assert is_success(content)
        assert comes(lambda: len(lines()) == TIMES and all(line["state"] != "pending" for line in lines()))
    found = sorted(lines(), key=lambda line: int(str(line["id"])))
    assert [line["state"] for line in found[1:]] == ["repeated"] * (TIMES - 1)
    assert found[0]["state"] in ("done", "stale")
    asked = [call for call, *_ in site.sandbox.calls]
    assert asked == [], "nothing is written"
    assert site.sandbox.requests < 20
    size = sum(path.stat().st_size for path in site.folder.glob("syncd.db*"))
    assert size < 10 * len(body), "bytes"
    assert site.run("events", "replay", "1").code == 0
    assert "no body is kept; replay the first" in site.run("events", "replay", "2").fault
    assert site.run("events", "replay", "--state", "repeated", "--json").json == {"events": 0}


def test_the_same_message_with_another_time_stamp_is_an_event_of_its_own(site: Site) -> None:
    """A message that the platform sends once more later is kept, for something may have changed between."""
    configure(site)
    user = [{"id": "U", "name": "王芳", "account": "wang"}]
    with ListenProcess(site) as listen, listen.sender() as sender:
        for stamp in ("1764000000123", "1764000000124"):
            message = msgspec.json.encode(fields(sealed(event(value=user), time_stamp=stamp)))
            status, _ = sender.post(message, **{"content-type": JSON})
            assert status == 200
    for number in ("1", "2"):
        assert json.loads(site.run("events", "show", number, "--json").out)["body"]["value"] == user


HOUR, DAY = 3600.0, 86400.0
ANNA = Company({}, {"a": Person("anna", "安娜", "13800000001", "", "", "")})


class Flooded:
    """An installation of one person whose inbox is flooded; `asked` has every call that the platform got."""

    def __init__(self, passes: Passes, runner: asyncio.Runner) -> None:
        self.passes, self._run = passes, runner.run
        passes.sources[0].employ(ANNA)
        self._run(passes.approved())
        self.anna = user_ids(passes)["anna"]
        self.asked: list[str] = []
        self.take(posted("user_update", [passes.platform.company.state.users["1"]], passes.now))
        self.asked.clear()
        passes.platform.before = self._note
        self._number = 0

    async def _note(self, call: str, object_id: str) -> None:
        self.asked.append(f"{call} {object_id}".strip())

    def take(self, *events: Received) -> Ingestion:
        """Receive events and ingest them."""
        receive(self.passes.store, events)
        return self._run(ingest_pending(ingest_of(self.passes)))

    def recorded(self, name: str = "user_update") -> Received:
        """Return a genuine callback that was recorded a day ago and is received for the first time."""
        self._number += 1
        value = {"id": f"S{self._number}", "name": "x", "title": "x"}
        return posted(name, [value], self.passes.now - DAY - self._number, self.passes.now)

    def edited(self, phone: str) -> Received:
        """Change Anna's phone on the platform, and return the fresh event."""
        self.passes.now += 1
        self.passes.platform.company.update_user({"id": self.anna, "phone": phone})
        user = self.passes.platform.company.state.users[self.anna]
        return posted("user_update", [user], self.passes.now)

    @property
    def phone(self) -> str:
        """Return Anna's phone in the shadow."""
        with self.passes.store.reading() as work:
            shown = work.shadow.known(Topic.USER, [self.anna])[self.anna].shown
        return str(shown.fields.phone)  # type: ignore[union-attr]

    @property
    def latest(self) -> InboxEvent:
        """Return the event that came last."""
        with self.passes.store.reading() as work:
            return work.inbox.latest(1)[0]


@pytest.fixture
def flooded(tmp_path: Path) -> Iterator[Flooded]:
    """Return the installation."""
    with closing(Passes(tmp_path)) as passes, asyncio.Runner() as runner:
        yield Flooded(passes, runner)


@pytest.mark.parametrize(("at_once", "name"), [(1, "user_update"), (25, "user_update"), (1, "book_update")])
def test_old_callbacks_do_not_decide_how_often_the_platform_is_asked(
    flooded: Flooded, monkeypatch: pytest.MonkeyPatch, at_once: int, name: str
) -> None:
    """Recorded callbacks, one by one or many at once, cost so many calls an hour at most, which is told and counted."""
    monkeypatch.setattr(look_budget, "MOST", 100)
    done = [flooded.take(*(flooded.recorded(name) for _ in range(at_once))) for _ in range(110)]
    calls = len(flooded.asked)
    lists = sum(call.endswith("/list") for call in flooded.asked)
    assert calls == (100 if at_once == 1 and name == "user_update" else 5)
    assert calls - lists + 20 * lists == 100
    assert sum(one.is_first_over for one in done) == 1
    assert sum(one.passed_over for one in done) == 110 * at_once - calls * at_once
    assert flooded.latest.state is EventState.STALE
    assert "the next refresh shows" in flooded.latest.message
    flooded.passes.now += HOUR
    flooded.take(flooded.recorded(name))
    assert len(flooded.asked) == calls + 1, "another hour, another budget"


def test_nothing_fresh_is_delayed_by_old_callbacks(flooded: Flooded, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fresh event is about is asked for as ever, also where old ones about the same object came with it."""
    monkeypatch.setattr(look_budget, "MOST", 5)
    for number in range(30):
        first, second = flooded.edited(f"139{number:08}"), flooded.edited(f"138{number:08}")
        stale = posted("user_update", [{"id": flooded.anna}], flooded.passes.now - DAY - number, flooded.passes.now)
        done = flooded.take(flooded.recorded(), stale, second)
        assert flooded.phone == f"138{number:08}"
        late = flooded.take(flooded.recorded(), first)
        assert (done.postponed, late.postponed) == (0, 0)
        assert flooded.phone == f"138{number:08}", "a late one is looked at"
        assert flooded.latest.state is EventState.DONE
    assert flooded.asked.count(f"user/get {flooded.anna}") >= 60


def test_a_platform_that_repeats_itself_does_not_ask_without_end(
    flooded: Flooded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message with ever new time stamps costs as much; stale ones leave enough for a change made once more."""
    monkeypatch.setattr(look_budget, "MOST", 10)
    for _ in range(30):
        flooded.take(flooded.recorded())
    before = flooded.edited("13900000001")
    flooded.take(before)
    flooded.take(flooded.edited("13900000002"))
    flooded.take(msgspec.structs.replace(flooded.edited("13900000001"), body=before.body, digest=before.digest))
    assert flooded.phone == "13900000001", "made once more"
    for _ in range(30):
        flooded.passes.now += 1
        gone = posted("user_remove", [flooded.anna], flooded.passes.now)
        flooded.take(gone)
    assert flooded.asked.count(f"user/get {flooded.anna}") <= 1 + 1 + 10


def test_a_budget_is_kept_through_a_restart(flooded: Flooded, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for stands in the store, so that a restart, or another replica, begins no other budget."""
    monkeypatch.setattr(look_budget, "MOST", 3)
    for _ in range(5):
        flooded.take(flooded.recorded())
    with flooded.passes.store.reading() as work:
        assert json.loads(work.facts.all()[look_budget.FACT])["stale"]["calls"] == 3


def test_a_platform_that_does_not_answer_uses_nothing_up(flooded: Flooded) -> None:
    """A look that failed is made again and costs only once."""
    flooded.passes.platform.before = each(lambda: AnswerLost("no answer"), "user/get")
    done = flooded.take(flooded.recorded())
    assert (done.postponed, done.passed_over) == (1, 0)
    with flooded.passes.store.reading() as work:
        assert look_budget.FACT not in work.facts.all()
