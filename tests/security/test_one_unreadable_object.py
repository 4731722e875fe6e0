"""One object of a platform's list that makes no sense is left as it is, and everybody else is dealt with."""

from typing import Any

import msgspec
import pytest

from syncd.platform.streaming import ListStream
from syncd.testing.company import Company
from syncd.wire.envelope import WireUser
from tests.kit.failures import Failures
from tests.kit.installation.site import Site

GOOD = '{"id":"A","name":"王"}', '{"id":"Z","name":"},{ [","memo":"]"}'
AT_ONCE = '[policy]\non_configuration = "apply"\nremove_after = "0d"\n[limits]\nremove = {}\n'
UNREADABLE = {
    "nested": '{"id":"B","status":' + "[" * 100_000 + "]" * 100_000 + "}",
    "nested unknown": '{"id":"B","unknown":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}",
    "another type": '{"id":"B","name":{"zh":"王"}}',
    "no object": "7",
    "a list": '[{"id":"B"}]',
    "no id": '{"name":"王"}',
    "an id that is none": '{"id":["B"],"name":"王"}',
    "null": "null",
}


def read(text: bytes, chunk: int, block: int) -> tuple[list[str], ListStream[WireUser]]:
    """Return the ids of the users that are read of a text which comes in chunks, and the stream."""
    stream: ListStream[WireUser] = ListStream(WireUser, block)
    found: list[Any] = []
    for start in range(0, len(text), chunk):
        found += stream.feed(text[start : start + chunk])
    _, rest = stream.close()
    return [str(one.value().id) for one in (*found, *rest)], stream


@pytest.mark.parametrize(("chunk", "block"), [(1 << 20, 1 << 18), (1 << 16, 64), (1 << 20, 16), (30_000, 1)])
def test_everybody_else_of_a_list_is_read(chunk: int, block: int) -> None:
    """Whatever one object is, those before and behind it are read, and it is named, in blocks of any size."""
    failures = Failures()
    for name, bad in UNREADABLE.items():
        for place in range(3):
            with failures.case(f"{name} at {place}"):
                objects = [*GOOD]
                objects.insert(place, bad)
                text = f'{{"code":10000,"success":true,"value":[{",".join(objects)}],"more":[1]}}'.encode()
                ids, stream = read(text, chunk, block)
                assert ids == ["A", "Z"]
                assert [one.id for one in stream.unreadable] == ["B" if '"id":"B"' in bad else ""]
    failures.assert_none()


def test_a_text_that_is_no_json_is_no_list() -> None:
    """A text that is cut or is not JSON is an error as ever, also where an object of it makes no sense."""
    failures = Failures()
    whole = f'{{"code":10000,"success":true,"value":[{GOOD[0]},{UNREADABLE["another type"]},{GOOD[1]}]}}'.encode()
    for end in range(1, len(whole)):
        with failures.case(f"cut at {end}"), pytest.raises(msgspec.DecodeError):
            read(whole[:end], 1 << 20, 16)
    for broken in (whole.replace(b'"A"', b'"A" "B"'), whole.replace(b"},{", b"}{", 1), whole + b"x"):
        with failures.case(repr(broken[-60:])), pytest.raises(msgspec.DecodeError):
            read(broken, 1 << 20, 16)
    failures.assert_none()


def test_a_refusal_is_a_refusal_whatever_its_value() -> None:
    """An answer that bears an error code is that, whatever stands in its value."""
    text = f'{{"code":71002,"success":false,"message":"no","value":[{UNREADABLE["nested"]}]}}'.encode()
    stream: ListStream[WireUser] = ListStream(WireUser)
    stream.feed(text)
    answer, found = stream.close()
    assert (answer.code, answer.is_success, found) == (71002, False, [])


def test_who_cannot_be_read_is_neither_made_again_nor_removed(site: Site, company: Company) -> None:
    """A linked user and a stranger that make no sense stay as they are, named once; all others are dealt with."""
    site.configure(tail=AT_ONCE)
    site.employ(company)
    assert site.settle().code == 0
    site.sandbox.company.add_user({"name": "来客", "account": "guest", "password": "x"})
    first, second = list(company.people)[:2]
    by_account = {user["account"]: user for user in site.sandbox.company.state.users.values()}
    odd = by_account[company.people[first].account]
    name, odd["name"] = odd["name"], {"zh": odd["name"]}
    by_account["guest"]["name"] = ["来客"]
    site.employ(
        msgspec.structs.replace(
            company,
            people={**company.people, second: msgspec.structs.replace(company.people[second], name="改名")},
        )
    )
    calls = len(site.sandbox.calls)
    found = site.run("reconcile", "--json")
    assert found.code == 0, found
    assert [path for path, _, _ in site.sandbox.calls[calls:]] == ["user/update"]
    plan = site.run("plan", "--json").json
    assert plan["operations"] == []
    (note,) = [guard["message"] for guard in plan["guards"] if guard["name"] == "short_list"]
    assert f"1 of them cannot be read and stay as they are: user {odd['id']}" in note
    odd["name"] = name
    assert site.run("plan", "--json").json["operations"] == []
