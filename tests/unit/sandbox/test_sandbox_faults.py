"""Each fault that the sandbox is told to show is seen from the other end of the connection."""

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
    """Return the ids that a list shows."""
    return [one["id"] for one in caller.value(f"{kind}/list")]


def shown(caller: Caller, call: str, arguments: object) -> str:
    """Return what a program sees of a call: a status with a kind of content, or the name of an error."""
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
    """A writing call shows the ordered fault once, and is carried out or not as the fault's kind says."""
    caller.own("POST", "faults", [{"fault": fault, "match": "user/add"}])
    assert shown(caller, *WRITING) == SEEN[fault]
    assert ("W" in ids(caller, "user")) is (fault not in BEFOREHAND)
    again = "200 10000" if fault in BEFOREHAND else "200 71001"
    assert shown(caller, *WRITING) == again


@pytest.mark.parametrize("fault", SHOWN)
def test_every_call_can_show_every_fault(caller: Caller, fault: Fault) -> None:
    """Every call, be it a list, a reading or a writing one, can show every fault."""
    for call in caller.sandbox.company.calls:
        wanted = shown(caller, call, {"id": "none"})
        caller.sandbox.faults.order(Order(fault, call))
        expected = wanted if fault is Fault.DRIP else SEEN[fault]
        assert (call, shown(caller, call, {"id": "none"})) == (call, expected)


def test_gettoken_can_fail_too(caller: Caller) -> None:
    """A fault for the path of `gettoken` befalls one request for a token."""
    caller.sandbox.faults.order(Order(Fault.BUSY, "gettoken"))
    with pytest.raises(json.JSONDecodeError):
        caller.token()
    assert caller.token()["code"] == 10000


def test_latency_adds_to_another_fault(caller: Caller) -> None:
    """A latency delays a call and adds to another fault of the same call."""
    caller.own("POST", "faults", [{"fault": "latency", "seconds": 0.2}, {"fault": "429", "seconds": 1.5}])
    began = time.monotonic()
    status, headers, _ = caller.ask("POST", caller.path("user/list"), b"{}")
    assert time.monotonic() - began >= 0.2
    assert (status, headers["retry-after"]) == (429, "1.5")


def test_retry_after_may_be_a_date(caller: Caller) -> None:
    """Retry-After may be an HTTP date, which lies the ordered seconds in the future."""
    caller.own("POST", "faults", [{"fault": "429", "seconds": 30, "form": "date"}])
    before = int(time.time())
    headers = caller.ask("POST", caller.path("user/list"), b"{}")[1]
    assert headers["retry-after"].endswith(" GMT")
    assert before + 30 <= parsedate_to_datetime(headers["retry-after"]).timestamp() <= time.time() + 31


def test_a_status_of_5xx_may_be_chosen(caller: Caller) -> None:
    """The 5xx status of an error before and of one after the call can be chosen."""
    caller.sandbox.faults.order(Order(Fault.ERROR_BEFORE, status=503), Order(Fault.ERROR_AFTER, status=504))
    assert [shown(caller, "user/list", {})[:3] for _ in range(3)] == ["503", "504", "200"]


def test_a_redirect_leads_elsewhere(caller: Caller) -> None:
    """A redirect leads to a path of the sandbox's own where nothing is."""
    caller.sandbox.faults.order(Order(Fault.REDIRECT))
    assert caller.ask("POST", caller.path("user/list"), b"{}")[1]["location"] == "/sandbox/elsewhere"
    assert caller.ask("GET", "/sandbox/elsewhere")[0] == 404


def test_a_drip_takes_its_time(caller: Caller) -> None:
    """An answer that drips comes in pieces with pauses, and is whole in the end."""
    caller.sandbox.faults.order(Order(Fault.DRIP, "user/list", seconds=0.01))
    began = time.monotonic()
    assert ids(caller, "user") == LISTED["user"]
    assert time.monotonic() - began >= 0.19


def test_faults_come_in_order_after_some_and_for_a_while(caller: Caller) -> None:
    """Faults come in their order and number, and one with a negative count lasts until faults are forgotten."""
    caller.sandbox.faults.order(Order(Fault.BUSY, "user/get", 2, after=1), Order(Fault.HTML, "user/get", -1))
    seen = [shown(caller, "user/get", {"userId": "U"}) for _ in range(5)]
    assert seen == ["200 text/html", "429 text/html", "429 text/html", "200 text/html", "200 text/html"]
    assert shown(caller, "user/list", {}) == "200 10000"
    assert [one["count"] for one in caller.own("GET", "faults")] == [-1]
    assert caller.own("DELETE", "faults") == []
    assert shown(caller, "user/get", {"userId": "U"}) == "200 10000"


@pytest.mark.parametrize("kind", LISTED)
def test_a_list_may_be_empty(caller: Caller, kind: str) -> None:
    """The fault of an empty list makes a list of each kind empty once and touches no other call."""
    caller.sandbox.faults.order(Order(Fault.EMPTY))
    assert caller.call("user/get", userId="U")["code"] == 10000
    assert ids(caller, kind) == []
    assert ids(caller, kind) == LISTED[kind]


@pytest.mark.parametrize("kind", LISTED)
def test_a_list_may_lack_a_share(caller: Caller, kind: str) -> None:
    """A list under a fault lacks the same share of its records each time, but at least one and not all."""
    caller.sandbox.faults.order(Order(Fault.PARTIAL, count=2, share=0.5))
    first, second = ids(caller, kind), ids(caller, kind)
    assert first == second
    assert 0 < len(first) < len(LISTED[kind])


def test_a_list_may_be_as_it_was_some_changes_ago(caller: Caller) -> None:
    """A stale list shows its kind as it was some changes ago, and the next list is up to date."""
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
    """A list can be as it was some seconds ago, and the usual filters of meetings hold in it."""
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
    """An impossible order is refused with the place of its fault, and no fault is ordered."""
    for bad, said in (
        ([{"fault": "storm"}], "$[0].fault"),
        ([{"fault": "429", "mtch": "x"}], "mtch"),
        ([{"fault": "500_before", "status": 404}], "$[0].status"),
        ({"fault": "429"}, "array"),
    ):
        assert said in caller.own("POST", "faults", bad)["message"]
    assert caller.own("GET", "faults") == []
