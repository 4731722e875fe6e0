"""Every change is told, as it was made, in order, and never at the cost of the call that made it."""

import threading
from urllib.parse import urlencode

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.delivery import Delivery
from syncd.sandbox.pushing import NO_URL
from syncd.sandbox.quirks import Quirks
from syncd.testing.receiver import AES_KEY, TOKEN, Receiver, Trouble, receiving
from syncd.testing.stocked import Clock, booking, stocked
from tests.kit.installation.calls import FORM, Caller, calling
from tests.kit.installation.settling import settle
from tests.kit.pictures import noise
from tests.kit.ports import reserved_port

pytestmark = pytest.mark.usefixtures("subscribed")
PATIENT = Delivery(pause=0.0, timeout=60)
Changes = tuple[str, dict[str, object], str, str]
WITHOUT_VALUE = ("user/clearFace", "meeting/finish")
GETS = {"user": "userId", "dept": "deptId", "room": "roomId", "meeting": "meetingId"}
SHOWN: list[Changes] = [
    ("user/add", {"id": "W", "name": "王五", "account": "wang"}, "user_add", "W"),
    ("user/update", {"id": "U", "phone": "13900000000"}, "user_update", "U"),
    ("user/clearFace", {"userId": "U"}, "user_update", "U"),
    ("dept/add", {"id": "F", "name": "华南", "parentId": "D"}, "dept_add", "F"),
    ("dept/update", {"id": "E", "parentId": "0"}, "dept_update", "E"),
    ("room/add", {"id": "T", "name": "三号"}, "room_add", "T"),
    ("room/update", {"id": "R", "capacity": 9, "userIds": ["1", "U"]}, "room_update", "R"),
    ("meeting/book", booking(id="B"), "book_success", "B"),
    ("meeting/update", {"id": "M", "subject": "评审"}, "book_update", "M"),
    ("meeting/finish", {"meetingId": "N"}, "book_update", "N"),
]


def told(answered: dict[str, object]) -> dict[str, object]:
    """Return an object of an answer as events show it: users have `isAdmin` where answers have `admin`."""
    names = {"admin": "isAdmin"}
    return {names.get(name, name): value for name, value in answered.items()}


GONE: list[Changes] = [
    ("user/remove", {"userId": "V"}, "user_remove", "V"),
    ("dept/remove", {"deptId": "E"}, "dept_remove", "E"),
    ("room/remove", {"roomId": "S"}, "room_remove", "S"),
    ("meeting/cancel", {"meetingId": "M"}, "book_cancel", "M"),
]


@pytest.mark.parametrize(("call", "arguments", "event_type", "object_id"), SHOWN)
def test_what_is_made_or_changed_is_told_as_it_is_answered(
    caller: Caller, receiver: Receiver, call: str, arguments: dict[str, object], event_type: str, object_id: str
) -> None:
    """Each call that makes or changes an object sends one event with it as it is answered, but for `isAdmin`."""
    clock = caller.sandbox.company.clock
    assert isinstance(clock, Clock)
    clock.now += 0 if call in WITHOUT_VALUE else 0.427
    answered = caller.value(call, **arguments)
    kind = call.partition("/")[0]
    there = told(answered or caller.value(f"{kind}/get", **{GETS[kind]: object_id}))
    assert receiver.wait(1) == [{"event_type": event_type, "value": [there]}]


@pytest.mark.parametrize(("call", "arguments", "event_type", "object_id"), GONE)
def test_what_is_removed_or_cancelled_is_told_by_its_id(
    caller: Caller, receiver: Receiver, call: str, arguments: dict[str, object], event_type: str, object_id: str
) -> None:
    """Each call that removes or cancels an object sends one event with its id."""
    caller.value(call, **arguments)
    assert receiver.wait(1) == [{"event_type": event_type, "value": [object_id]}]


def test_a_new_face_is_a_change_of_its_user(caller: Caller, receiver: Receiver) -> None:
    """A new face sends an event about its user that bears the address of the picture."""
    caller.sandbox.company.update_face({"userId": "U", "file": noise("png")})
    assert receiver.wait(1)[0]["event_type"] == "user_update"
    assert receiver.events[0]["value"][0]["faceUrl"].endswith(".png")


def test_rooms_that_lose_a_user_are_told_before_the_user_goes(caller: Caller, receiver: Receiver) -> None:
    """Where a user is removed, the rooms that lose the user are told of before the removal."""
    caller.value("user/remove", userId="U")
    receiver.wait(2)
    assert receiver.told == [("room_update", ["R"]), ("user_remove", ["U"])]
    assert receiver.events[0]["value"][0]["userIds"] == []


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(admin_field="isAdmin", root="0"),
        Quirks(admin_field="both", event_admin_field="both", first_is_admin=True, empty_fields="missing"),
        Quirks(event_admin_field="admin", numeric_ids=True, root="null", extra_fields=True),
        Quirks(
            admin_field="none",
            event_admin_field="none",
            volatile_times=False,
            trimmed=("name",),
            digits_only=("phone",),
            empty_fields="null",
        ),
    ],
    ids=["admin", "missing", "numbers", "forms"],
)
def test_an_event_shows_an_object_under_the_quirks(caller: Caller, receiver: Receiver, quirks: Quirks) -> None:
    """Under quirks an event shows an object or the id of a removed one just as the calls do."""
    caller.sandbox.quirks = quirks
    caller.value("user/update", id="1", name=" 管理员 ", phone="+86 139")
    caller.value("dept/add", id="42", name="数字")
    caller.value("dept/remove", deptId="42")
    changed, added, removed = receiver.wait(3)
    assert changed["value"] == [caller.value("user/get", userId="1")]
    assert [added["value"][0]["id"]] == removed["value"] == [42 if quirks.numeric_ids else "42"]


def test_what_an_administrator_does_by_hand_is_told(caller: Caller, receiver: Receiver) -> None:
    """A change that an administrator makes on the page sends an event like a call."""
    for call, form in (
        ("dept/update", {"id": "E", "name": "华东区", "parentId": "D"}),
        ("user/remove", {"id": "V"}),
        ("meeting/cancel", {"id": "M"}),
    ):
        assert caller.ask("POST", f"/sandbox/page/{call}", urlencode(form).encode(), FORM)[0] == 303
    receiver.wait(3)
    assert receiver.told == [("dept_update", ["E"]), ("user_remove", ["V"]), ("book_cancel", ["M"])]


def test_a_refused_call_and_a_reading_one_are_not_told(caller: Caller, receiver: Receiver) -> None:
    """A refused call sends no event, and a reading one sends none either."""
    assert caller.call("user/update", id="V", account="anna")["code"] == 71006
    caller.value("user/list")
    caller.value("dept/update", id="E", name="last")
    receiver.wait(1)
    assert receiver.told == [("dept_update", ["E"])]


def test_nothing_is_told_without_a_url(caller: Caller, receiver: Receiver) -> None:
    """A change that is made while no URL is saved is never told."""
    keys = caller.own("GET", "callback")
    assert caller.own("DELETE", "callback")["url"] == ""
    caller.value("dept/update", id="E", name="untold")
    assert caller.own("POST", "callback", {"url": receiver.url})["token"] == keys["token"]
    caller.value("dept/update", id="E", name="told")
    assert [one["value"][0]["name"] for one in receiver.wait(1)] == ["told"]


def test_what_waits_is_not_told_once_the_url_is_gone(caller: Caller, receiver: Receiver) -> None:
    """Once the URL is gone, neither waiting events nor those due for another try are ever sent."""
    caller.sandbox.pushes.delivery = Delivery(tries=1000, pause=0.1)
    receiver.trouble(Trouble.FAILS, -1)
    caller.value("dept/update", id="E", name="tried")
    receiver.wait(1)
    caller.value("dept/update", id="E", name="waiting")
    assert caller.own("DELETE", "callback")["waiting"] == 0
    failed = settle(caller)["failures"]
    assert [one["problem"] for one in failed] == [NO_URL]
    receiver.trouble(None)
    caller.own("POST", "callback", {"url": receiver.url})
    caller.value("dept/update", id="E", name="told")
    settle(caller)
    assert {one["value"][0]["name"] for one in receiver.events} == {"tried", "told"}


def test_an_event_that_is_tried_again_is_sealed_with_the_keys_of_the_day(caller: Caller, receiver: Receiver) -> None:
    """Another try of an event goes to the URL, and is sealed with the keys, that are saved by then."""
    caller.sandbox.pushes.delivery = Delivery(tries=1000, pause=0.1)
    receiver.trouble(Trouble.FAILS, -1)
    caller.value("dept/update", id="E", name="told")
    receiver.wait(1)
    fresh = caller.own("POST", "callback/keys")
    with receiving(Receiver(**fresh)) as other:
        caller.own("POST", "callback", {"url": other.url, **fresh})
        assert other.wait(1) == receiver.events[:1]


def test_events_come_in_the_order_of_the_changes(caller: Caller, receiver: Receiver) -> None:
    """Events of every kind arrive in the order of their changes."""
    for number in range(20):
        caller.value("dept/update", id="E", name=str(number))
        caller.value("user/update", id="U", memo=str(number))
        caller.value("room/update", id="R", memo=str(number))
    receiver.wait(60)
    assert receiver.told == [(f"{one.kind}_update", [one.id]) for one in caller.sandbox.company.registry.changes][-60:]


def test_changes_may_come_from_any_thread(caller: Caller, receiver: Receiver) -> None:
    """No change is lost and each object keeps its order, though threads make changes while calls come in."""

    def change(user_id: str) -> None:
        for number in range(100):
            caller.sandbox.company.update_user({"id": user_id, "memo": str(number)})

    threads = [threading.Thread(target=change, args=(one,)) for one in ("U", "V")]
    for thread in threads:
        thread.start()
    for number in range(20):
        caller.value("dept/update", id="E", memo=str(number))
    shown = [one["value"][0] for one in receiver.wait(220, seconds=60)]
    for user_id in ("U", "V"):
        assert [one["memo"] for one in shown if one["id"] == user_id] == [str(number) for number in range(100)]


def test_an_answer_waits_for_no_receiver(caller: Caller, receiver: Receiver) -> None:
    """All calls are answered while the receiver has not yet answered the first event."""
    caller.sandbox.pushes.delivery = Delivery(timeout=60)
    receiver.slowness = 60
    receiver.trouble(Trouble.SLOW)
    for number in range(20):
        caller.value("dept/update", id="E", name=str(number))
    told = caller.own("GET", "callback")
    assert (told["counts"]["answered"], told["sending"] + told["waiting"]) == (0, 20)
    receiver.released.set()
    receiver.wait(20)


@pytest.mark.parametrize("trouble", [Trouble.REFUSES, Trouble.FAILS, Trouble.HANGS_UP, Trouble.SLOW])
def test_an_event_that_is_not_answered_is_tried_again(caller: Caller, receiver: Receiver, trouble: Trouble) -> None:
    """An event is sent again with the same bytes until `success` comes, and those behind it wait."""
    is_slow = trouble is Trouble.SLOW
    caller.sandbox.pushes.delivery = Delivery(pause=0.0, timeout=0.3, tries=1000) if is_slow else PATIENT
    receiver.slowness = 0.6
    before = len(receiver.came)
    receiver.trouble(trouble, 2 if trouble is not Trouble.HANGS_UP else 1)
    caller.value("dept/update", id="E", name="first")
    caller.value("dept/update", id="E", name="second")
    done = settle(caller)
    assert (done["counts"]["answered"], done["counts"]["failed"], done["failures"]) == (2, 0, [])
    names = [one["value"][0]["name"] for one in receiver.events]
    assert names == sorted(names)
    first = [one.body for one in receiver.came[before:] if one.event["value"][0]["name"] == "first"]
    assert len(first) > 1
    assert len(set(first)) == 1


def test_an_event_that_is_never_answered_is_a_failure(caller: Caller, receiver: Receiver) -> None:
    """An event whose tries are used up is shown with its reason, and the next event is sent as ever."""
    caller.sandbox.pushes.delivery = Delivery(tries=2, pause=0.0, timeout=60)
    receiver.trouble(Trouble.REFUSES, 2)
    caller.value("user/update", id="U", memo="x")
    caller.value("dept/update", id="E", name="told")
    done = settle(caller)
    assert (done["counts"]["answered"], done["counts"]["failed"]) == (1, 1)
    failed = done["failures"][0]
    assert (failed["event_type"], failed["ids"], failed["tries"]) == ("user_update", ["U"], 2)
    assert failed["problem"] == "the answer has status 503 and not 200"
    page = caller.ask("GET", "/sandbox/")[2].decode()
    assert "已应答 1，失败 1" in page
    assert failed["problem"] in page


def test_a_receiver_that_is_gone_is_a_failure() -> None:
    """An event fails while its receiver is gone, and the next one arrives once the receiver is back on its port."""
    with calling(Sandbox(stocked())) as caller, reserved_port() as port:
        with receiving(port=port) as receiver:
            caller.own("POST", "callback", {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY})
        caller.sandbox.pushes.delivery = Delivery(tries=1)
        caller.value("dept/update", id="E", name="untold")
        assert "cannot be reached" in settle(caller)["failures"][0]["problem"]
        with receiving(port=port) as again:
            caller.value("dept/update", id="E", name="told")
            assert again.wait(1)[0]["value"][0]["name"] == "told"


def test_a_queue_has_an_end(caller: Caller, receiver: Receiver) -> None:
    """A change that finds the queue full is counted as overflowed and never told."""
    caller.sandbox.pushes.delivery = Delivery(queue=2, delay=30)
    for number in range(5):
        caller.value("dept/update", id="E", name=str(number))
    told = caller.own("GET", "callback")
    assert (told["waiting"], told["counts"]["overflowed"]) == (2, 3)
    caller.sandbox.pushes.delivery = Delivery()
    receiver.wait(2)
    assert [one["value"][0]["name"] for one in receiver.events] == ["0", "1"]


def test_events_are_told_of_a_company_that_a_program_changes(receiver: Receiver) -> None:
    """A change that a program makes through the Python object sends an event too."""
    sandbox = Sandbox(stocked())
    with calling(sandbox) as caller:
        caller.own("POST", "callback", {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY})
        sandbox.company.remove_user({"userId": "V"})
        assert receiver.wait(1) == [{"event_type": "user_remove", "value": ["V"]}]
