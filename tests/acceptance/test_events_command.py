"""The tests run `events` as its user does, and look at what `status` says of events."""

import json
import time

import pytest

from syncd.app.records import EventState, Ingested, Received
from syncd.testing.postbox import posted, receive
from tests.kit.installation.site import Site
from tests.kit.installation.stores import default_store, opened
from tests.kit.schema_checks import valid

LINE = {"id", "received_at", "time_stamp", "type", "state", "objects", "message"}
NOW = time.time()
USER = {"id": "U1", "name": "王芳", "account": "wang"}


@pytest.fixture
def inbox(site: Site) -> Site:
    """Return an installation with three events: one done, one dead, one pending for a minute."""
    nonsense = Received(NOW - 80, NOW - 80, "user_add", "d", b"\xff")
    ingested = [Ingested(1, EventState.DONE, ("U1",), "fine"), Ingested(2, EventState.DEAD, (), "no JSON")]
    with opened(default_store(site)) as store:
        receive(store, [posted("user_add", [USER], NOW - 90), nonsense, posted("user_remove", ["U1"], NOW - 60)])
        with store.unit_of_work() as work:
            work.inbox.settle(ingested)
            work.commit()
    return site


def test_events_are_listed_newest_first(inbox: Site) -> None:
    """`events list --json` prints a JSON object a line, newest first, with the fields of the contract."""
    result = inbox.run("events", "list", "--json")
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert [(line["id"], line["state"]) for line in lines] == [(3, "pending"), (2, "dead"), (1, "done")]
    assert all(set(line) == LINE for line in lines)
    assert (lines[2]["objects"], lines[2]["message"], lines[2]["type"]) == (["U1"], "fine", "user_add")


def test_times_have_milliseconds_whatever_the_platform_sent(site: Site) -> None:
    """Times are shown with milliseconds, and a time stamp that is no time is shown as its number."""
    with opened(default_store(site)) as store:
        receive(store, [posted("user_remove", ["U"], 1e18, 1_700_000_000.25)])
    line = json.loads(site.run("events", "list", "--json").out)
    assert (line["received_at"], line["time_stamp"]) == ("2023-11-14T22:13:20.250+00:00", "1e+18")


def test_they_can_be_confined(inbox: Site) -> None:
    """`events list` shows only the events of a state, or only so many, and refuses an unknown state."""
    dead = inbox.run("events", "list", "--state", "dead")
    assert dead.code == 0
    assert "user_add  dead: no JSON" in dead.out
    assert len(inbox.run("events", "list", "--limit", "2").out.splitlines()) == 2
    assert (
        "--state gone is not known; it is one of pending, done" in inbox.run("events", "list", "--state", "gone").fault
    )


def test_a_message_is_shown_as_it_was_sent(inbox: Site) -> None:
    """`events show` prints a message as JSON, or as text where it is none, and refuses an unknown id."""
    shown = inbox.run("events", "show", "1")
    assert shown.json == {"event_type": "user_add", "value": [USER]}
    assert "user_add  done  U1: fine" in shown.err
    assert inbox.run("events", "show", "2", "--json").json["body"] == "\\xff"
    missing = inbox.run("events", "show", "9")
    assert (missing.code, missing.fault) == (
        1,
        "syncd: there is no event 9 in the inbox; `syncd events list` names those there are",
    )


@pytest.mark.parametrize("how", [["2"], ["--state", "dead"]])
def test_events_can_be_replayed(inbox: Site, how: list[str]) -> None:
    """Events that are replayed by id or by state are pending again."""
    result = inbox.run("events", "replay", *how, "--json")
    assert (result.code, result.json) == (0, {"events": 1})
    assert len(inbox.run("events", "list", "--state", "pending").out.splitlines()) == 2
    assert inbox.run("events", "list", "--state", "dead").out == "no event\n"


def test_a_replay_says_of_what(inbox: Site) -> None:
    """`events replay` refuses a missing choice, an id together with a state, and an unknown id."""
    assert inbox.run("events", "replay").code == 1
    assert inbox.run("events", "replay", "1", "--state", "dead").code == 1
    assert "there is no event 9" in inbox.run("events", "replay", "9").fault


def test_status_tells_how_the_inbox_stands(inbox: Site) -> None:
    """`status` says in JSON and in words how many events wait, for how long, and how many are dead."""
    result = inbox.run("status", "--json")
    found = valid(result.json, "status.json")["inbox"]
    assert (found["pending"], found["dead"]) == (1, 1)
    assert found["oldest_seconds"] >= 60
    assert result.json["missed_events"] == 0
    text = inbox.run("status").out
    assert "events that wait: 1, the oldest for" in text
    assert "events that make no sense: 1; syncd events list --state dead" in text
