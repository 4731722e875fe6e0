"""Answers of servers are read as ldap3's decoder reads them, and never from bytes that are not whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ldap3.operation.search import search_result_entry_response_to_dict_fast
from ldap3.utils.asn1 import decode_message_fast

from syncd.directory.ber import LONGEST, Malformed, elements, encoded
from syncd.directory.ldap_answers import (
    CONTROLS,
    DONE,
    ENTRY,
    ENUMERATED,
    INTEGER,
    OCTETS,
    PAGED_RESULTS,
    REFERENCE,
    REFERRALS,
    SEQUENCE,
    SET,
    Result,
    entry,
    message,
    references,
    result,
)
from syncd.directory.ldap_stream import Ended, MessageStream

NAMES = st.sampled_from(["cn", "objectGUID", "member;range=0-1499", "userCertificate;binary", "sn;lang-zh"])
VALUES = st.lists(st.one_of(st.binary(max_size=200), st.text(max_size=90).map(str.encode)), max_size=4)
ENTRIES = st.dictionaries(NAMES, VALUES, max_size=5)
OCTETS_OF_LENGTH = st.integers(0, LONGEST)


def element(tag: int, *parts: bytes, octets: int = 0) -> bytes:
    """Give an element whose length takes so many bytes, as Active Directory writes it, or as few as it can."""
    value = b"".join(parts)
    if not octets or len(value) >= 1 << 8 * octets:
        return encoded(tag, value)
    return bytes((tag, 0x80 | octets)) + len(value).to_bytes(octets, "big") + value


def entry_message(dn: str, values: dict[str, list[bytes]], octets: int = 0) -> bytes:
    """Give the content of a message that has an entry."""
    attributes = [
        element(
            SEQUENCE,
            element(OCTETS, name.encode(), octets=octets),
            element(SET, *(element(OCTETS, one, octets=octets) for one in several), octets=octets),
            octets=octets,
        )
        for name, several in values.items()
    ]
    found = element(
        ENTRY, element(OCTETS, dn.encode(), octets=octets), element(SEQUENCE, *attributes, octets=octets), octets=octets
    )
    return element(INTEGER, b"\x02", octets=octets) + found


def end_message(code: int, *, cookie: bytes | None = None, urls: tuple[str, ...] = (), critical: bool = False) -> bytes:
    """Give the content of a message that ends a search."""
    parts = [encoded(ENUMERATED, bytes((code,))), encoded(OCTETS), encoded(OCTETS, "说明".encode())]
    if urls:
        parts.append(encoded(REFERRALS, *(encoded(OCTETS, one.encode()) for one in urls)))
    content = encoded(INTEGER, b"\x02") + encoded(DONE, *parts)
    if cookie is None:
        return content
    value = encoded(SEQUENCE, encoded(INTEGER, b"\0"), encoded(OCTETS, cookie))
    named = encoded(OCTETS, PAGED_RESULTS) + (b"\x01\x01\xff" if critical else b"")
    other = encoded(SEQUENCE, encoded(OCTETS, b"1.2.3"))
    return content + encoded(CONTROLS, other, encoded(SEQUENCE, named, encoded(OCTETS, value)))


@settings(deadline=None)
@given(st.text(max_size=200), ENTRIES, OCTETS_OF_LENGTH)
def test_an_entry_is_what_the_library_makes_of_it(dn: str, values: dict[str, list[bytes]], octets: int) -> None:
    """An entry has the name, attributes and values that ldap3 finds, however its lengths are written."""
    content = entry_message(dn, values, octets)
    payload = decode_message_fast(encoded(SEQUENCE, content))["payload"]  # type: ignore[no-untyped-call]
    theirs = search_result_entry_response_to_dict_fast(payload, None, None, False)  # type: ignore[no-untyped-call]
    name, ours = entry(message(content), {})
    assert name == theirs["dn"]
    raw = {key: [one.encode() if isinstance(one, str) else one for one in several] for key, several in ours.items()}
    assert raw == {key.lower(): several for key, several in theirs["raw_attributes"].items() if several}


@settings(deadline=None)
@given(ENTRIES, OCTETS_OF_LENGTH, st.data())
def test_an_entry_that_is_cut_is_malformed(values: dict[str, list[bytes]], octets: int, data: st.DataObject) -> None:
    """An entry that is cut is malformed, wherever the cut is."""
    content = entry_message("cn=王", values, octets)
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(Malformed):
        message(content[:cut])


@settings(deadline=None)
@given(ENTRIES, st.data())
def test_changed_bytes_give_an_entry_or_are_malformed(values: dict[str, list[bytes]], data: st.DataObject) -> None:
    """Changed bytes give an entry no larger than they are, or are malformed; there is no other error."""
    content = bytearray(entry_message("cn=x", values))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = message(bytes(content))
        name, held = entry(found, {})
    except Malformed:
        return
    size = len(name.encode()) + sum(len(one) for several in held.values() for one in several)
    assert size <= len(content)


@pytest.mark.parametrize("critical", [False, True])
def test_the_end_of_a_page_has_its_cookie(critical: bool) -> None:  # noqa: FBT001 - a parameter
    """The cookie of a page is found among other controls; an empty one differs from no control at all."""
    assert result(message(end_message(0, cookie=b"\0more", critical=critical))).cookie == b"\0more"
    assert result(message(end_message(0, cookie=b""))).cookie == b""
    assert result(message(end_message(51))) == Result(51, "说明")


def test_referrals_are_read_at_the_end_and_between_entries() -> None:
    """All URLs of referrals are read, at the end of a search and between its entries."""
    urls = ("ldap://a/dc=x", "ldaps://b/dc=x")
    assert result(message(end_message(10, urls=urls))).referrals == urls
    between = encoded(REFERENCE, *(encoded(OCTETS, one.encode()) for one in urls))
    assert references(message(encoded(INTEGER, b"\x02") + between)) == urls


@pytest.mark.parametrize(
    "control",
    [
        encoded(OCTETS, PAGED_RESULTS),
        encoded(SEQUENCE, encoded(OCTETS, PAGED_RESULTS)),
        encoded(SEQUENCE, encoded(OCTETS, PAGED_RESULTS), b"\x01\x01\xff"),
        encoded(SEQUENCE, encoded(OCTETS, PAGED_RESULTS), encoded(OCTETS, encoded(SEQUENCE, encoded(INTEGER, b"\0")))),
        encoded(SEQUENCE, encoded(OCTETS, PAGED_RESULTS), encoded(OCTETS, b"\x30\x7f")),
    ],
)
def test_a_page_control_that_is_none_is_malformed(control: bytes) -> None:
    """A malformed control of pages is an error and never counts as the last page."""
    with pytest.raises(Malformed):
        result(message(end_message(0) + encoded(CONTROLS, control)))


@pytest.mark.parametrize("data", [b"\x04", b"\x04\x80", b"\x04\x85\0\0\0\0\1x", b"\x04\x82\0", b"\x04\x02x"])
def test_lengths_that_are_none_are_malformed(data: bytes) -> None:
    """A length that is cut short, indefinite, of too many bytes or too long is malformed."""
    with pytest.raises(Malformed):
        list(elements(data, 0, len(data)))


class Pieces:
    """A socket that gives so many bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def recv(self, size: int, /) -> bytes:
        """Give the next piece."""
        size = min(size, self._size)
        piece, self._data = self._data[:size], self._data[size:]
        return piece


@settings(deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=4), st.integers(1, 50), OCTETS_OF_LENGTH)
def test_messages_are_whole_however_they_come(people: list[dict[str, list[bytes]]], size: int, octets: int) -> None:
    """Messages are whole whether they come byte by byte or many at once, and then the end is told."""
    contents = [entry_message("cn=x", one) for one in people]
    stream = MessageStream(Pieces(b"".join(element(SEQUENCE, one, octets=octets) for one in contents), size))
    assert [stream.next().data for _ in contents] == contents
    with pytest.raises(Ended):
        stream.next()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 400", "no LDAP message"),
        (b"\x30\x80\0\0", "a length that is none"),
        (b"\x30\x83\1\0\0", "announces"),
    ],
)
def test_what_is_no_message_is_malformed_at_once(data: bytes, words: str) -> None:
    """Bytes that are no message are malformed at once, without waiting for what they announce."""
    with pytest.raises(Malformed, match=words):
        MessageStream(Pieces(data, 100), limit=1000).next()
