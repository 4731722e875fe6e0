"""Each fault, seen from the other end of the connection."""

import http.client
import json
import time
from email.utils import parsedate_to_datetime

import pytest

from syncd.sandbox.faults import BEFOREHAND, LISTS, Fault, Order
from syncd.testing.stocked import Clock
from tests.kit.installation.calls import Caller

WRITING = ("user/add", {"id": "W", "name": "w", "account": "w"})
LISTED = {"user": ["1", "U", "V"], "dept": ["D", "E"], "room": ["R", "S"], "meeting": ["M", "N"]}
SHOWN = [one for one in Fault if one not in LISTS and one is not Fault.LATENCY]


@pytest.fixture(autouse=True)
def _has_token(caller: Caller) -> None:
    """Get a token, so that no fault befalls `gettoken`."""
    caller.path("user/list")


def ids(caller: Caller, kind: str) -> list[str]:
    """Give the ids that a list shows."""
    return [one["id"] for one in caller.value(f"{kind}/list")]


def shown(caller: Caller, call: str, arguments: object) -> str:
    """Give what a program sees of a call: a status with a kind of content, or the name of an error."""
    try:
        status, headers, body = caller.ask("POST", caller.path(call), json.dumps(arguments).encode())
    except (ConnectionError, http.client.HTTPException) as error:
        return type(error).__name__
    try:
        return f"{status} {json.loads(body)['code']}"
    except json.JSONDecodeError:
        return f"{status} {headers['content-type'].partition(';')[0]}"


SEEN = {
    Fault.BUSY: "429 text/html",
    Fault.ERROR_BEFORE: "500 text/html",
    Fault.ERROR_AFTER: "500 text/html",
    Fault.LOST_REQUEST: "RemoteDisconnected",
    Fault.LOST_ANSWER: "RemoteDisconnected",
    Fault.RESET: "ConnectionResetError",
    Fault.CUT: "IncompleteRead",
    Fault.DRIP: "200 10000",
    Fault.HTML: "200 text/html",
    Fault.REDIRECT: "302 text/html",
    Fault.INVALID_JSON: "200 application/json",
}


@pytest.mark.parametrize("fault", SHOWN)
def test_a_writing_call_shows_the_fault_and_is_carried_out_or_not(caller: Caller, fault: Fault) -> None:
    """As the guide's table says of it; the next call is as ever."""
    caller.own("POST", "faults", [{"fault": fault, "match": "user/add"}])
    assert shown(caller, *WRITING) == SEEN[fault]
    assert ("W" in ids(caller, "user")) is (fault not in BEFOREHAND)
    again = "200 10000" if fault in BEFOREHAND else "200 71001"
    assert shown(caller, *WRITING) == again


@pytest.mark.parametrize("fault", SHOWN)
def test_every_call_can_show_every_fault(caller: Caller, fault: Fault) -> None:
    """Lists, writing calls and readings alike; arguments do not matter where the fault comes before them."""
    for call in caller.sandbox.company.calls:
        wanted = shown(caller, call, {"id": "none"})
        caller.sandbox.faults.order(Order(fault, call))
        expected = wanted if fault is Fault.DRIP else SEEN[fault]
        assert (call, shown(caller, call, {"id": "none"})) == (call, expected)


def test_gettoken_can_fail_too(caller: Caller) -> None:
    """By its own path."""
    caller.sandbox.faults.order(Order(Fault.BUSY, "gettoken"))
    with pytest.raises(json.JSONDecodeError):
        caller.token()
    assert caller.token()["code"] == 10000


def test_latency_adds_to_another_fault(caller: Caller) -> None:
    """And the call is then as it would be."""
    caller.own("POST", "faults", [{"fault": "latency", "seconds": 0.2}, {"fault": "429", "seconds": 1.5}])
    began = time.monotonic()
    status, headers, _ = caller.ask("POST", caller.path("user/list"), b"{}")
    assert time.monotonic() - began >= 0.2
    assert (status, headers["retry-after"]) == (429, "1.5")


def test_retry_after_may_be_a_date(caller: Caller) -> None:
    """Of the future, as HTTP writes it."""
    caller.own("POST", "faults", [{"fault": "429", "seconds": 30, "form": "date"}])
    before = int(time.time())
    headers = caller.ask("POST", caller.path("user/list"), b"{}")[1]
    assert headers["retry-after"].endswith(" GMT")
    assert before + 30 <= parsedate_to_datetime(headers["retry-after"]).timestamp() <= time.time() + 31


def test_a_status_of_5xx_may_be_chosen(caller: Caller) -> None:
    """Before and after the call is carried out."""
    caller.sandbox.faults.order(Order(Fault.ERROR_BEFORE, status=503), Order(Fault.ERROR_AFTER, status=504))
    assert [shown(caller, "user/list", {})[:3] for _ in range(3)] == ["503", "504", "200"]


def test_a_redirect_leads_elsewhere(caller: Caller) -> None:
    """To the sandbox's own path, where nothing is."""
    caller.sandbox.faults.order(Order(Fault.REDIRECT))
    assert caller.ask("POST", caller.path("user/list"), b"{}")[1]["location"] == "/sandbox/elsewhere"
    assert caller.ask("GET", "/sandbox/elsewhere")[0] == 404


def test_a_drip_takes_its_time(caller: Caller) -> None:
    """And is whole in the end."""
    caller.sandbox.faults.order(Order(Fault.DRIP, "user/list", seconds=0.01))
    began = time.monotonic()
    assert ids(caller, "user") == LISTED["user"]
    assert time.monotonic() - began >= 0.19


def test_faults_come_in_order_after_some_and_for_a_while(caller: Caller) -> None:
    """A negative count is without end, until they are forgotten."""
    caller.sandbox.faults.order(Order(Fault.BUSY, "user/get", 2, after=1), Order(Fault.HTML, "user/get", -1))
    seen = [shown(caller, "user/get", {"userId": "U"}) for _ in range(5)]
    assert seen == ["200 text/html", "429 text/html", "429 text/html", "200 text/html", "200 text/html"]
    assert shown(caller, "user/list", {}) == "200 10000"
    assert [one["count"] for one in caller.own("GET", "faults")] == [-1]
    assert caller.own("DELETE", "faults") == []
    assert shown(caller, "user/get", {"userId": "U"}) == "200 10000"


@pytest.mark.parametrize("kind", LISTED)
def test_a_list_may_be_empty(caller: Caller, kind: str) -> None:
    """Once; no other call is touched, whatever the order matches."""
    caller.sandbox.faults.order(Order(Fault.EMPTY))
    assert caller.call("user/get", userId="U")["code"] == 10000
    assert ids(caller, kind) == []
    assert ids(caller, kind) == LISTED[kind]


@pytest.mark.parametrize("kind", LISTED)
def test_a_list_may_lack_a_share(caller: Caller, kind: str) -> None:
    """Always the same one, and at least one object."""
    caller.sandbox.faults.order(Order(Fault.PARTIAL, count=2, share=0.5))
    first, second = ids(caller, kind), ids(caller, kind)
    assert first == second
    assert 0 < len(first) < len(LISTED[kind])


def test_a_list_may_be_as_it_was_some_changes_ago(caller: Caller) -> None:
    """Of its own kind; what was removed is there, what was made is not, what was changed is as it was."""
    caller.value("user/update", id="U", phone="9")
    caller.value("user/remove", userId="V")
    caller.value("user/add", id="W", name="w", account="w")
    caller.value("dept/add", name="other")
    caller.sandbox.faults.order(Order(Fault.STALE, "user/list", changes=3), Order(Fault.STALE, "user/list", changes=1))
    stale = {one["id"]: one["phone"] for one in caller.value("user/list")}
    assert stale == {"1": "", "U": "1", "V": ""}
    assert ids(caller, "user") == ["1", "U"]
    assert ids(caller, "user") == ["1", "U", "W"]


def test_a_list_may_be_as_it_was_some_time_ago(caller: Caller) -> None:
    """Filters of meetings hold in it."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 60
    caller.value("meeting/cancel", meetingId="M")
    caller.value("room/remove", roomId="R")
    clock.now += 60
    caller.sandbox.faults.order(*(Order(Fault.STALE, kind, seconds=90) for kind in ("meeting/list", "room/list")))
    assert sorted(ids(caller, "meeting")) == ["M", "N"]
    assert sorted(ids(caller, "room")) == ["R", "S"]
    assert ids(caller, "meeting") == ["N"]


def test_an_order_that_cannot_be_is_refused(caller: Caller) -> None:
    """With its place and what it may be."""
    for bad, said in (
        ([{"fault": "storm"}], "$[0].fault"),
        ([{"fault": "429", "mtch": "x"}], "mtch"),
        ([{"fault": "500_before", "status": 404}], "$[0].status"),
        ({"fault": "429"}, "array"),
    ):
        assert said in caller.own("POST", "faults", bad)["message"]
    assert caller.own("GET", "faults") == []
