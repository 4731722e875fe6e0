"""Events are read, and what makes no sense is an error."""

import json

import pytest

from syncd.model.events import Deed, Topic
from syncd.model.meetings import KnownMeeting
from syncd.model.objects import PlatformDepartment, PlatformUser
from syncd.model.rooms import PlatformRoom
from syncd.wire.events import TYPES, EventBroken, read_event
from tests.kit.failures import Failures

USER = {"id": "U1", "name": "王芳", "account": "wang", "phone": 13800000001, "status": "1", "new": {"field": []}}


def message(name: object, value: object = None) -> bytes:
    """Return a message as it is posted."""
    return json.dumps({"event_type": name, "value": value}).encode()


def test_users_are_read_as_in_answers() -> None:
    """Users in events are read as in answers: as texts or as numbers, whatever unknown fields they have."""
    told = read_event(message("user_update", [USER, {"id": 2}]))
    assert (told.topic, told.deed) == (Topic.USER, Deed.UPDATE)
    (_, first), (second_id, _) = told.objects
    assert isinstance(first, PlatformUser)
    assert (first.fields.phone, first.status, second_id) == ("13800000001", 1, "2")


@pytest.mark.parametrize("name", ["admin", "isAdmin"])
@pytest.mark.parametrize("event_type", ["user_add", "user_update"])
def test_an_administrator_is_read_under_both_names(event_type: str, name: str) -> None:
    """An event tells an administrator by `isAdmin`, as the document has it, or by `admin`, as answers do."""
    told = read_event(message(event_type, [{**USER, name: True}, {**USER, name: False}]))
    users = [shown for _, shown in told.objects if isinstance(shown, PlatformUser)]
    assert [user.is_admin for user in users] == [True, False]


def test_every_type_of_the_document_is_read() -> None:
    """Every event type of the document is read with its topic, its deed, and the objects or ids that it bears."""
    kinds = {
        Topic.USER: PlatformUser,
        Topic.DEPARTMENT: PlatformDepartment,
        Topic.ROOM: PlatformRoom,
        Topic.MEETING: KnownMeeting,
    }
    for name, (topic, deed) in TYPES.items():
        value: list[object] = ["X"] if deed is Deed.REMOVE else [{"id": "X", "name": "一"}]
        told = read_event(message(name, value))
        ((object_id, shown),) = told.objects
        assert (told.type, told.topic, told.deed, object_id) == (name, topic, deed, "X")
        assert shown is None if deed is Deed.REMOVE else isinstance(shown, kinds[topic])


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("user_add", USER, ["U1"]),
        ("user_add", None, []),
        ("user_remove", "U1", ["U1"]),
        ("user_remove", 7, ["7"]),
        ("user_remove", ["U1", 7, {"id": "U3", "name": "x"}], ["U1", "7", "U3"]),
        ("user_remove", {"id": "U1"}, ["U1"]),
        ("user_remove", None, []),
        ("dept_update", {"id": 5, "name": "x", "parentId": 0}, ["5"]),
        ("book_cancel", ["M"], ["M"]),
    ],
)
def test_one_object_and_none_are_lists_too(name: str, value: object, ids: list[str]) -> None:
    """An event with one object, one id or none is read like an event with a list."""
    assert [one for one, _ in read_event(message(name, value)).objects] == ids


def test_a_value_that_is_missing_names_no_object() -> None:
    """An event without a value names no object."""
    assert read_event(b'{"event_type": "user_add"}').objects == ()


@pytest.mark.parametrize("name", ["check_url", "user_moved", "label_modify_org", 42])
def test_types_that_nobody_knows_are_kept(name: object) -> None:
    """An event of an unknown type keeps its type and names no object."""
    told = read_event(message(name, [{"whatever": 1}]))
    assert (told.type, told.topic, told.objects) == (str(name), None, ())


SENSELESS = (
    b"",
    b"success",
    b"[]",
    b"{}",
    b'{"event_type": ""}',
    b'{"event_type": ["user_add"]}',
    b'{"event_type": "user_add", "value": [1]}',
    b'{"event_type": "user_add", "value": "U1"}',
    b'{"event_type": "user_add", "value": [{"name": "x"}]}',
    b'{"event_type": "user_add", "value": [{"id": ""}]}',
    b'{"event_type": "user_add", "value": [{"id": null}]}',
    b'{"event_type": "user_add", "value": [{"id": "U", "name": {}}]}',
    b'{"event_type": "user_add", "value": [{"id": "U", "name": "\\u0000"}]}',
    b'{"event_type": "user_remove", "value": [[]]}',
    b'{"event_type": "user_remove", "value": [true]}',
    b'{"event_type": "user_remove", "value": ["' + b"U" * 256 + b'"]}',
    b'{"event_type": "user_remove", "value": ["\xff"]}',
    b'{"event_type": "user_remove", "value": ["U1"',
    b'{"event_type": "user_add", "value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
)


def test_what_makes_no_sense_is_one_error() -> None:
    """A message that makes no sense raises `EventBroken`, whatever is wrong with it."""
    failures = Failures()
    for body in SENSELESS:
        with failures.case(body[:100]), pytest.raises(EventBroken):
            read_event(body)
    failures.assert_none()


def test_the_error_says_where_the_fault_is() -> None:
    """The error about a broken event names the path of the fault within the message."""
    with pytest.raises(EventBroken, match=r"not what the document describes: .*\$\[1\]\.name"):
        read_event(message("user_add", [USER, {"id": "U2", "name": []}]))
