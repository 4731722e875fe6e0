"""Lists that are decoded as they arrive equal the decoding of the whole."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.platform.streaming import ListStream, list_start
from syncd.wire.envelope import Answer, Listed
from syncd.wire.meetings import WireMeeting

HOSTILE = st.lists(
    st.sampled_from(["},{", "} , {", "]}", "[{", '"', "\\", '\\"', '"value":[', "\n", "会", "😀", "a", ",", "]", "}"]),
    max_size=6,
).map("".join)
ATTENDANCES = st.lists(st.fixed_dictionaries({"userId": HOSTILE, "name": HOSTILE}), max_size=5)
MEETINGS = st.lists(
    st.fixed_dictionaries({"id": HOSTILE, "memo": HOSTILE}, optional={"attendances": ATTENDANCES, "more": HOSTILE}),
    max_size=12,
)
SHELL = st.permutations(["success", "code", "message", "fieldErrors", "value"])
INDENTS = st.sampled_from([None, 1, 4])
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def body(meetings: object, order: list[str], message: str, indent: int | None) -> bytes:
    """Return an answer with its keys in this order."""
    fields = {
        "success": True,
        "code": 10000,
        "message": message,
        "fieldErrors": [{"a": "},{"}, {"value": [{}, {}]}],
        "value": meetings,
    }
    separators = (",", ":") if indent is None else None
    return json.dumps({name: fields[name] for name in order}, indent=indent, separators=separators).encode()


def streamed(text: bytes, sizes: list[int], block: int) -> tuple[Answer, list[WireMeeting]]:
    """Decode a text that comes in parts of these sizes, over and over."""
    stream = ListStream(WireMeeting, block)
    found: list[WireMeeting] = []
    position = turn = 0
    while position < len(text):
        end = position + sizes[turn % len(sizes)]
        found += stream.feed(text[position:end])
        position, turn = end, turn + 1
    answer, rest = stream.close()
    return answer, found + rest


@settings(deadline=None)
@given(MEETINGS, SHELL, HOSTILE, INDENTS, SIZES, st.integers(1, 200))
def test_a_stream_gives_what_the_decoding_of_the_whole_gives(
    meetings: object, order: list[str], message: str, indent: int | None, sizes: list[int], block: int
) -> None:
    """A stream gives the records that decoding the whole text gives, however the text is made and cut into parts."""
    text = body(meetings, order, message, indent)
    whole = msgspec.json.decode(text, type=Listed[WireMeeting])
    for start in (b"", b"\xef\xbb\xbf", b" \r\n"):
        answer, records = streamed(start + text, sizes, block)
        assert (records, answer.message, answer.is_success) == (whole.value, message, True)


@settings(deadline=None)
@given(MEETINGS, SHELL, SIZES, st.integers(1, 200), st.data())
def test_a_text_that_ends_early_is_never_a_list(
    meetings: object, order: list[str], sizes: list[int], block: int, data: st.DataObject
) -> None:
    """A text that is cut anywhere is an error of decoding and never a shorter list."""
    text = body(meetings, order, "", None)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(msgspec.DecodeError):
        streamed(text[:cut], sizes, block)


@pytest.mark.parametrize("value", ["null", "{}", '"[]"', "7", None])
def test_a_success_without_a_list_says_so(value: str | None) -> None:
    """A success whose list is missing or is no list is an error that says so."""
    text = f'{{"code": 10000, "value": {value}}}' if value else '{"code": 10000}'
    with pytest.raises(msgspec.ValidationError, match=r"a list is wanted|array"):
        streamed(text.encode(), [7], 10)


@pytest.mark.parametrize("value", ["", ', "value": null', ', "value": {}', ', "value": []', ', "value": [{"no": 1}]'])
def test_an_error_needs_no_list(value: str) -> None:
    """An answer with an error code is read without a list, whatever stands in its place."""
    answer, records = streamed(f'{{"code": "71008"{value}, "message": "no"}}'.encode(), [5], 1000)
    assert (answer.code, answer.message, answer.is_success, records) == ("71008", "no", False, [])


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"\xff", b'{"value": [{"id": "\xff}], "code": 10000}', b"{}x"])
def test_what_is_no_envelope_is_an_error_of_decoding(text: bytes) -> None:
    """A text that is no envelope, or not UTF-8, is an error of decoding."""
    with pytest.raises(msgspec.DecodeError):
        streamed(text, [3], 10)


def test_a_record_that_is_not_of_the_kind_is_left_out_and_named() -> None:
    """A record that is not of the wanted kind is left out and named, and those behind it are given."""
    stream = ListStream(WireMeeting, 20)
    found = stream.feed(b'{"value": [{"no": 1}, {"id": "2"}, {"id": "3"}')
    assert [one.id for one in found] == ["2"]
    assert [one.why for one in stream.unreadable] == ["Object missing required field `id`"]


def test_a_key_may_be_written_with_escapes() -> None:
    """The list is found even where its key is written with JSON escapes."""
    assert list_start(b'{"a": [1, {"value": []}], "val\\u0075e": [{') == 41
    assert list_start(b'{"val\\ud800": [1], "value": [') == 29


def test_what_is_kept_is_bounded() -> None:
    """A stream holds no more than a block and what came with its last part, however long the list is."""
    stream, record = ListStream(WireMeeting, 1000), b'{"id": "1", "memo": "},{"},'
    stream.feed(b'{"value": [')
    for _ in range(2000):
        stream.feed(record * 3)
        assert stream.held <= 1000 + 6 * len(record)


def test_a_text_before_the_list_has_a_bound() -> None:
    """A text that goes on for a megabyte before any list is an error of decoding."""
    stream = ListStream(WireMeeting)
    for _ in range(10):
        stream.feed(b'{"message": "' + b"x" * 100_000)
    with pytest.raises(msgspec.DecodeError, match="no list within"):
        stream.feed(b"x" * 100_000)


def test_a_nested_list_longer_than_a_block_is_passed_over() -> None:
    """Records whose nested lists are longer than a block are read whole."""
    many = [{"userId": str(number), "name": "},{"} for number in range(3000)]
    meetings = [{"id": str(number), "attendances": many} for number in range(4)]
    text = body(meetings, ["code", "value"], "", None)
    _, records = streamed(text, [16384], 65536)
    assert [len(one.attendances or ()) for one in records] == [3000] * 4
