"""Numbers, depths, lengths and types beyond reason make one event, one entry or one answer unusable, and nothing else.

Each reader of what others wrote is given each of them, and either reads it or says in one line why it cannot.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
import pytest

from syncd.directory.http_exchange import Answer
from syncd.directory.http_tokens import _content, _seconds
from syncd.directory.ldap_again import with_keys
from syncd.directory.ldap_paging import Search
from syncd.directory.reading import Scope
from syncd.directory.search_filter import compiled
from syncd.errors import ConfigurationError, SyncdError
from syncd.mapping.presence import is_enabled
from syncd.model.json_text import decoded
from syncd.model.numbers import whole_number
from syncd.plan.json_form import from_json
from syncd.platform.streaming import ListStream
from syncd.platform.transport import read_envelope
from syncd.wire.envelope import WireDepartment, WireUser
from syncd.wire.events import TYPES, EventBroken, read_event
from syncd.wire.loose import whole
from syncd.wire.meetings import WireMeeting
from syncd.wire.retry_after import retry_after
from syncd.wire.rooms import WireRoom
from tests.kit.failures import Failures

DIGITS = (19, 20, 308, 309, 400, 4300, 4301, 100_000)
DEPTH = 100_000
NUMBERS = [f"{sign}{'9' * digits}" for digits in DIGITS for sign in ("", "-")] + ["1e308", "1e309", "-1e999", "1E-999"]
DEEP = ["[" * DEPTH + "]" * DEPTH, '{"a":' * DEPTH + "0" + "}" * DEPTH]
TYPES_BEYOND = ["true", "false", "null", "[]", "{}", '[{"id":[]}]', '"\\u0000"', '"\\ud800"', '"' + "x" * 100_000 + '"']
BEYOND = [*NUMBERS, *DEEP, *TYPES_BEYOND]
FIELDS: Mapping[type, tuple[str, ...]] = {
    WireUser: ("id", "name", "phone", "departmentId", "admin", "isAdmin", "status", "unknown"),
    WireDepartment: ("id", "name", "parentId", "unknown"),
    WireRoom: ("id", "capacity", "size", "longitude", "status", "needAudit", "userIds", "unknown"),
    WireMeeting: ("id", "beginTime", "createdTime", "checkedState", "attendances", "unknown"),
}
TEXTS = [
    *(number for number in NUMBERS if number[-1] == "9"),
    "--5",
    "-",
    "",
    "+5",
    "1_000",
    "٣",
    "²",
    "\U00010a40",
    "0x10",
    "nan",
    "inf",
    " 5",
    "5 ",
    "\x00",
]


def records(kind: type) -> Iterator[tuple[str, str]]:
    """Yield an object for each field and each value beyond reason, with what is beyond reason in it."""
    for field in FIELDS[kind]:
        for value in BEYOND:
            others = "" if field == "id" else '"id":"U",'
            yield f"{field} {value[:12]} ({len(value)})", f'{{{others}"{field}":{value}}}'


def tried(failures: Failures, what: str, work: Callable[[], object], *faults: type[Exception]) -> None:
    """Note it where reading ends with anything but a value or one of these faults."""
    with failures.case(what), contextlib.suppress(*faults):
        work()


def test_every_event_is_read_or_broken() -> None:
    """An event with any field of any object beyond reason is read, or is broken with a reason of one line."""
    failures = Failures()
    objects = [found for kind in FIELDS for found in records(kind)]
    for name in TYPES:
        for what, record in objects if name.endswith(("update", "success")) else [("id", one) for one in BEYOND]:
            body = f'{{"event_type":"{name}","value":[{record}]}}'.encode()
            tried(failures, f"{name} {what}", partial(read_event, body), EventBroken)
    for value in BEYOND:
        body = f'{{"event_type":{value},"value":{value}}}'.encode()
        tried(failures, f"event_type {value[:12]}", partial(read_event, body), EventBroken)
    failures.assert_none()


@pytest.mark.parametrize("kind", FIELDS)
def test_every_list_of_the_platform_is_read_or_unusable(kind: type) -> None:
    """A list with one object beyond reason is read, or is no answer of the document."""
    failures = Failures()

    def read(record: str) -> None:
        stream: ListStream[Any] = ListStream(kind)
        found = stream.feed(f'{{"code":10000,"success":true,"value":[{{"id":"A"}},{record}]}}'.encode())
        _, rest = stream.close()
        for one in (*found, *rest):
            one.value()

    for what, record in records(kind):
        tried(failures, what, partial(read, record), msgspec.DecodeError)
    failures.assert_none()


async def test_every_envelope_is_read_or_unusable() -> None:
    """An answer whose code, message, success or value is beyond reason is read, or is no answer of the document."""
    failures = Failures()
    for name in ("code", "success", "message", "value", "fieldErrors"):
        for value in BEYOND:
            body = f'{{"{name}":{value}}}'.encode()

            async def chunks(body: bytes = body) -> AsyncIterator[bytes]:
                yield body

            with failures.case(f"{name} {value[:12]}"), contextlib.suppress(msgspec.DecodeError):
                answer, _ = await read_envelope(chunks())
                assert answer.is_success in (True, False)
    failures.assert_none()


BYTES = [b'"\xff"', b'{"a":"\xff"}', b'{"\xff":1}', b"\xff", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf", b"", b"\x00"]


def test_every_text_of_others_that_is_no_json_is_told() -> None:
    """Bytes that are no JSON in UTF-8, or nested beyond reason, are neither token, plan file nor answer."""
    failures = Failures()
    for body in (*BYTES, *(one.encode(errors="surrogatepass") for one in DEEP)):
        tried(failures, f"plan file {body[:12]!r}", partial(from_json, body), SyncdError)
        tried(failures, f"text {body[:12]!r}", partial(decoded, body, object), msgspec.DecodeError)
        with failures.case(f"token {body[:12]!r}"):
            assert _content(Answer(200, {}, body)) == {}
    failures.assert_none()
    assert decoded(b'\xef\xbb\xbf{"a":1}', object) == {"a": 1}


def searched(attribute: str, key: str) -> list[Search]:
    """Return the searches for a key."""
    return list(with_keys(Search("ldap", "dc=x", "(uid=*)", Scope.SUB, ("uid",)), attribute, [key]))


def test_every_number_is_a_number_or_none() -> None:
    """A number of the wire, of a directory, of a token or of a header is read as one that can be, or as unknown."""
    failures = Failures()
    for found in [json.loads(one) for one in NUMBERS if len(one) < 4300] + TEXTS:
        tried(failures, f"decimal {str(found)[:12]}", partial(whole, found))
        assert 0 <= _seconds(found) < 1e9
    for text in TEXTS:
        tried(failures, f"retry-after {text[:12]}", partial(retry_after, {"retry-after": text}))
        tried(failures, f"key {text[:12]}", partial(searched, "objectSid", f"S-1-{text}-{text}"))
        tried(failures, f"guid {text[:12]}", partial(searched, "objectGUID", text))
        values = {"useraccountcontrol": (text,), "accountexpires": (text,)}
        tried(failures, f"enabled {text[:12]}", partial(is_enabled, values, 0.0))
    failures.assert_none()
    assert [whole_number(one) for one in ("0", "-0", "512", "9223372036854775807", "9" * 20, "--5", "²")] == [
        0,
        0,
        512,
        9223372036854775807,
        None,
        None,
        None,
    ]


FILTERS = [
    "(userAccountControl:1.2.840.113556.1.4.803:=2)",
    "(userAccountControl:1.2.840.113556.1.4.804:=2)",
    "(userAccountControl>=2)",
    "(userAccountControl<=2)",
    "(userAccountControl=2)",
]


def test_every_value_of_an_entry_is_compared() -> None:
    """A filter for files takes every value of an entry, whatever it is, as a match or as none."""
    failures = Failures()
    for text in FILTERS:
        test = compiled(text)
        for value in TEXTS:
            tried(failures, f"{text} {value[:12]}", partial(test, {"useraccountcontrol": (value,)}))
    failures.assert_none()
    assert compiled(FILTERS[0])({"useraccountcontrol": ("514",)})
    assert not compiled(FILTERS[0])({"useraccountcontrol": ("--2",)})


def test_a_filter_of_many_parts_walks_a_value_once() -> None:
    """Parts that occur a hundred thousand times in a value are found or not without trying every combination."""
    test = compiled("(cn=*" + "a*" * 40 + "b)")
    assert not test({"cn": ("a" * 100_000,)})
    assert test({"cn": ("a" * 100_000 + "b",)})
    for text, value, is_wanted in (
        ("(cn=a*b)", "ab", True),
        ("(cn=ab*bc)", "abc", False),
        ("(cn=ab*bc)", "abbc", True),
        ("(cn=*x*x*)", "x", False),
        ("(cn=*x*x*)", "xx", True),
        ("(cn=a*)", "A", True),
        ("(cn=*)", "a", True),
        ("(cn=a*\\2a*b)", "a*b", True),
        ("(cn=a*b*a)", "aba", True),
        ("(cn=a*a)", "a", False),
    ):
        assert compiled(text)({"cn": (value,)}) is is_wanted, (text, value)


@pytest.mark.parametrize("depth", [101, 2000, DEPTH])
def test_a_filter_nested_beyond_reason_is_a_mistake_in_the_configuration(depth: int) -> None:
    """A filter of thousands of nested nots is refused in one line."""
    with pytest.raises(ConfigurationError, match="nested deeper than 100"):
        compiled("(!" * depth + "(uid=a)" + ")" * depth)
    assert compiled("(!" * 98 + "(uid=a)" + ")" * 98)({"uid": ("a",)})
    assert issubclass(ConfigurationError, SyncdError)
