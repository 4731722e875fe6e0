"""Events travel in every form, and meet every accident, that the switches of the delivery name."""

import json
import time
from collections import Counter
from collections.abc import Mapping

import pytest

from syncd.sandbox.envelopes import Outgoing
from syncd.sandbox.pushing import LOST
from syncd.sandbox.sealing import MEANINGS, Wrong
from syncd.sandbox.sent import MOST_BYTES, Sent
from syncd.testing.receiver import FORM, Came, Receiver, Trouble
from syncd.testing.stocked import NOW, Clock
from tests.kit.installation.calls import Caller
from tests.kit.installation.settling import settle

pytestmark = pytest.mark.usefixtures("subscribed")
MILLISECONDS = str(int(NOW * 1000))


def switch(caller: Caller, **switches: object) -> None:
    """Change the delivery while it runs."""
    shown = caller.own("POST", "callback/delivery", switches)
    assert {name: shown[name] for name in switches} == switches


def change(caller: Caller, count: int = 1) -> None:
    """Change the name of a department so many times."""
    for number in range(count):
        caller.sandbox.company.update_department({"id": "E", "name": str(number)})


def came(caller: Caller, receiver: Receiver) -> Came:
    """Return the request that tells of a change."""
    change(caller)
    receiver.wait(1)
    return receiver.came[-1]


def names(receiver: Receiver) -> list[str]:
    """Return the names that the events tell."""
    return [one["name"] for event in receiver.events for one in event["value"]]


@pytest.mark.parametrize(
    ("switches", "kind", "query", "body"),
    [
        ({}, "application/json", set(), {"encrypt", "msg_signature", "timeStamp", "nonce"}),
        ({"body": "form"}, FORM, set(), None),
        ({"body": "query"}, "application/json", {"encrypt", "msg_signature", "timeStamp", "nonce"}, set()),
        ({"body": "split"}, "application/json", {"msg_signature", "timeStamp", "nonce"}, {"encrypt"}),
        (
            {"time_stamp_name": "timestamp", "signature_name": "signature"},
            "application/json",
            set(),
            {"encrypt", "signature", "timestamp", "nonce"},
        ),
    ],
    ids=["json", "form", "query", "split", "names"],
)
def test_where_the_fields_stand(
    caller: Caller,
    receiver: Receiver,
    switches: Mapping[str, object],
    kind: str,
    query: set[str],
    body: set[str] | None,
) -> None:
    """The four fields of an event stand in a JSON body, a form or the query, by the names that were chosen."""
    switch(caller, **switches)
    request = came(caller, receiver)
    assert request.event["event_type"] == "dept_update"
    assert (request.kind, set(request.query)) == (kind, query)
    if body is not None:
        assert set(json.loads(request.body or b"{}")) == body
    assert {type(one) for one in request.fields.values()} == {str}


@pytest.mark.parametrize("body", ["json", "form", "query", "split"])
def test_every_form_is_understood_with_every_other_switch(caller: Caller, receiver: Receiver, body: str) -> None:
    """In each form of body, combined with other switches, an event with Chinese text reaches the receiver whole."""
    switch(caller, body=body, numbers=True, unit="s", line_breaks=True, signature_name="signature")
    caller.value("user/update", id="U", memo="经理" * 200)
    assert receiver.wait(1)[0]["value"][0]["memo"] == "经理" * 200


def test_time_stamp_and_nonce_may_be_numbers(caller: Caller, receiver: Receiver) -> None:
    """Time stamp and nonce are JSON numbers under the switch `numbers`."""
    switch(caller, numbers=True)
    fields = came(caller, receiver).fields
    assert (fields["timeStamp"], type(fields["nonce"])) == (int(MILLISECONDS), int)


def test_the_time_stamp_may_be_in_seconds(caller: Caller, receiver: Receiver) -> None:
    """The time stamp is in milliseconds, or in seconds where the switch `unit` is `s`."""
    assert came(caller, receiver).fields["timeStamp"] == MILLISECONDS
    switch(caller, unit="s")
    change(caller)
    receiver.wait(2)
    assert receiver.came[-1].fields["timeStamp"] == MILLISECONDS[:-3]


def test_the_base64_may_be_broken_into_lines(caller: Caller, receiver: Receiver) -> None:
    """The base64 text is broken into lines of 76 characters and CR LF under the switch `line_breaks`."""
    switch(caller, line_breaks=True)
    encrypt = came(caller, receiver).fields["encrypt"]
    assert encrypt.endswith("\r\n")
    assert {len(one) for one in encrypt.split("\r\n")[:-2]} == {76}


def test_the_time_stamp_may_be_that_of_sending(caller: Caller, receiver: Receiver) -> None:
    """The time stamp is the moment of the change, or of the sending where the switch `stamped` says so."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    for stamped, late in (("change", 0), ("sending", 60_000)):
        switch(caller, stamped=stamped, delay=60)
        at = int(clock.now * 1000)
        change(caller)
        clock.now += 60
        before = len(receiver.events)
        switch(caller, delay=0)
        receiver.wait(before + 1)
        assert receiver.came[-1].fields["timeStamp"] == str(at + late)


def test_events_may_be_delayed(caller: Caller, receiver: Receiver) -> None:
    """A delay holds events back for its seconds, and they then arrive in the order of their changes."""
    switch(caller, delay=0.3)
    began = time.monotonic()
    change(caller, 3)
    receiver.wait(3)
    assert time.monotonic() - began >= 0.3
    assert names(receiver) == ["0", "1", "2"]


def test_a_pause_lies_between_two_tries(caller: Caller, receiver: Receiver) -> None:
    """The pause lies between two tries of an event, and after the last try the event has failed."""
    switch(caller, tries=2, pause=0.3)
    receiver.trouble(Trouble.FAILS, 2)
    began = time.monotonic()
    change(caller)
    receiver.wait(2)
    assert time.monotonic() - began >= 0.3
    settle(caller)
    assert [(one["tries"], one["problem"] == "") for one in caller.own("GET", "callback/events")] == [(2, False)]
    assert len(receiver.events) == 2


def test_events_may_be_shuffled_within_windows(caller: Caller, receiver: Receiver) -> None:
    """Events are shuffled within a window of ten, and none leaves its window."""
    switch(caller, delay=60, window=10)
    change(caller, 40)
    switch(caller, delay=0)
    receiver.wait(40)
    told = [int(one) for one in names(receiver)]
    assert told != sorted(told)
    assert [one // 10 for one in told] == sorted(one // 10 for one in told)


@pytest.mark.parametrize(("sealed", "bodies"), [("once", 1), ("each", 2)])
def test_a_share_of_events_may_be_repeated(caller: Caller, receiver: Receiver, sealed: str, bodies: int) -> None:
    """A share of the events is sent twice with one time stamp, as the same bytes or encrypted anew."""
    switch(caller, repeated=0.5, sealed=sealed)
    change(caller, 40)
    receiver.wait(41)
    settle(caller)
    counts = Counter(names(receiver))
    assert set(counts) == {str(number) for number in range(40)}
    assert set(counts.values()) == {1, 2}
    assert caller.own("GET", "callback")["counts"]["repeated"] == list(counts.values()).count(2)
    twice = next(name for name in counts if counts[name] == 2)
    same = [one for one in receiver.came[1:] if one.event["value"][0]["name"] == twice]
    assert len({one.body for one in same}) == bodies
    assert len({one.fields["timeStamp"] for one in same}) == 1


def test_a_share_of_events_may_be_lost(caller: Caller, receiver: Receiver) -> None:
    """A share of the events is never sent, and each lost one is counted and listed but is no failure."""
    switch(caller, lost=0.5)
    change(caller, 40)
    settle(caller)
    lost = [one for one in caller.own("GET", "callback/events") if one["problem"] == LOST]
    assert 0 < len(receiver.events) < 40
    assert len(lost) == 40 - len(receiver.events) == caller.own("GET", "callback")["counts"]["lost"]
    assert caller.own("GET", "callback")["failures"] == []


def test_the_chance_is_the_same_for_the_same_seed(caller: Caller, receiver: Receiver) -> None:
    """The same seed loses the same events each time, and another seed loses others."""
    seen = []
    for seed in (7, 7, 8):
        before = len(receiver.events)
        switch(caller, lost=0.5, seed=seed)
        change(caller, 40)
        settle(caller)
        seen.append(names(receiver)[before:])
    assert seen[0] == seen[1] != seen[2]


def test_several_changes_may_be_one_event(caller: Caller, receiver: Receiver) -> None:
    """Changes of one type that follow each other are batched into one event, in their order."""
    switch(caller, batch=3, delay=60)
    change(caller, 5)
    caller.sandbox.company.update_user({"id": "U", "memo": "x"})
    caller.sandbox.company.remove_user({"userId": "V"})
    caller.sandbox.company.remove_department({"deptId": "E"})
    switch(caller, delay=0)
    receiver.wait(5)
    assert receiver.told == [
        ("dept_update", ["E", "E", "E"]),
        ("dept_update", ["E", "E"]),
        ("user_update", ["U"]),
        ("user_remove", ["V"]),
        ("dept_remove", ["E"]),
    ]
    assert names_of_departments(receiver) == ["0", "1", "2", "3", "4"]


def test_several_events_may_be_on_their_way_at_once(caller: Caller, receiver: Receiver) -> None:
    """As many events as there are senders are on their way at once, and the others wait."""
    receiver.slowness = 60
    receiver.trouble(Trouble.SLOW, 5)
    switch(caller, senders=5, timeout=60)
    change(caller, 8)
    receiver.wait(5)
    shown = caller.own("GET", "callback")
    assert (shown["sending"], shown["waiting"]) == (5, 3)
    receiver.released.set()
    receiver.wait(8)
    assert sorted(names(receiver)) == [str(number) for number in range(8)]


def test_an_old_event_can_be_replayed(caller: Caller, receiver: Receiver) -> None:
    """A replay sends the same bytes again by number, and without a number those of the last event."""
    change(caller, 3)
    receiver.wait(3)
    settle(caller)
    first = caller.own("GET", "callback/events")[0]["number"]
    assert caller.own("POST", "callback/replay", {"number": first}) == {"answered": True, "problem": ""}
    assert caller.own("POST", "callback/replay", {})["answered"] is True
    assert names(receiver) == ["0", "1", "2", "0", "2"]
    assert receiver.came[-2].body == receiver.came[1].body
    assert "1 to 3" in caller.own("POST", "callback/replay", {"number": 99})["message"]


def test_only_so_many_requests_are_remembered_as_fit() -> None:
    """The last thousand requests are remembered, fewer if they are large, and the last one always."""
    sent = Sent()
    for number in range(1, 1201):
        sent.add(number, Outgoing("", "", b"x"))
    assert (len(sent.numbers), min(sent.numbers), sent.of(200)) == (1000, 201, None)
    sent.add(1201, Outgoing("", "", bytes(MOST_BYTES - 10)))
    assert (len(sent.numbers), max(sent.numbers)) == (11, 1201)
    sent.add(1202, Outgoing("", "", bytes(MOST_BYTES + 1)))
    assert list(sent.numbers) == [1202]


@pytest.mark.parametrize("wrong", Wrong)
def test_a_forged_event_can_be_sent(caller: Caller, receiver: Receiver, wrong: Wrong) -> None:
    """An event can be sent with each possible forgery, and the receiver refuses it for that reason."""
    event = {"event_type": "user_remove", "value": ["U"]}
    said = caller.own("POST", "callback/send", {"event": event, "wrong": wrong})
    assert said == {"answered": False, "problem": "the answer has status 403 and not 200"}
    problems = {
        Wrong.TOKEN: "the signature is not",
        Wrong.SIGNATURE: "the signature is not",
        Wrong.KEY: "",
        Wrong.RECEIVER: "another receiver",
        Wrong.CHANGED: "the signature is not",
        Wrong.SHORTENED: "ends within a block",
        Wrong.NO_JSON: "Unterminated string",
        Wrong.PLAIN: "timestamp",
    }
    assert problems[wrong] in receiver.came[-1].problem
    assert receiver.came[-1].problem
    assert receiver.events == []
    assert set(MEANINGS) == set(Wrong)


def test_any_event_can_be_sent_by_hand_and_be_old(caller: Caller, receiver: Receiver) -> None:
    """An event of any type can be sent by hand, with a time stamp as old as is asked for."""
    odd = {"event_type": "moon_phase", "value": {"深": [None]}}
    assert caller.own("POST", "callback/send", {"event": odd, "age": 7200})["answered"] is True
    assert receiver.events == [odd]
    assert receiver.came[-1].fields["timeStamp"] == str(int(NOW * 1000) - 7_200_000)


def test_switches_that_cannot_be_are_refused(caller: Caller) -> None:
    """Impossible switches are refused with a hint at the fault, and a DELETE brings the defaults back."""
    for bad, said in (
        ({"bodi": "json"}, "did you mean body?"),
        ({"lost": 2}, "$.lost"),
        ({"senders": 0}, "$.senders"),
        ([], "JSON object"),
    ):
        assert said in caller.own("POST", "callback/delivery", bad)["message"]
    switch(caller, lost=1)
    assert caller.own("DELETE", "callback/delivery")["lost"] == 0
    assert caller.own("GET", "callback/delivery") == caller.own("GET", "callback")["delivery"]


def names_of_departments(receiver: Receiver) -> list[str]:
    """Return the names that changes of departments tell."""
    changes = [one["value"] for one in receiver.events if one["event_type"] == "dept_update"]
    return [one["name"] for value in changes for one in value]
