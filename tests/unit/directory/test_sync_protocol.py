"""Requests of RFC 4533 are as ldap3's own BER writes them, and answers are read in every form."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber.encoder import encode
from pyasn1.type.namedtype import DefaultedNamedType, NamedType, NamedTypes, OptionalNamedType
from pyasn1.type.univ import Boolean, Enumerated, OctetString, Sequence

from syncd.directory.ber import Malformed, encoded
from syncd.directory.ldap_answers import CONTROLS, DONE, ENTRY, INTEGER, INTERMEDIATE, OCTETS, SEQUENCE, message
from syncd.directory.sync_protocol import (
    SYNC_DONE,
    SYNC_INFO,
    SYNC_STATE,
    State,
    Step,
    done_of,
    request_value,
    state_of,
    step_of,
)

UUID = bytes(range(16))
TRUE, FALSE = encoded(0x01, b"\xff"), encoded(0x01, b"\0")


class SyncRequest(Sequence):
    """As RFC 4533, 2.2 has it."""

    componentType = NamedTypes(  # noqa: N815 - the library's name
        NamedType("mode", Enumerated()),
        OptionalNamedType("cookie", OctetString()),
        DefaultedNamedType("reloadHint", Boolean(value=False)),
    )


def octets(value: bytes) -> bytes:
    """Write a text of bytes."""
    return encoded(OCTETS, value)


def with_control(kind: int, oid: bytes, value: bytes) -> bytes:
    """Write a message whose operation is empty, with a control."""
    control = encoded(SEQUENCE, octets(oid), octets(value))
    return encoded(INTEGER, b"\2") + encoded(kind) + encoded(CONTROLS, control)


def entry_that_is(state: bytes, *more: bytes) -> bytes:
    """Write an entry with its state."""
    return with_control(ENTRY, SYNC_STATE, encoded(SEQUENCE, encoded(0x0A, state), octets(UUID), *more))


def info(tag: int, *parts: bytes, oid: bytes = SYNC_INFO) -> Step:
    """Read an intermediate response with this value."""
    value = encoded(tag, *parts)
    body = encoded(INTERMEDIATE, encoded(0x80, oid), encoded(0x81, value))
    return step_of(message(encoded(INTEGER, b"\2") + body))


@pytest.mark.parametrize("cookie", [None, b"", b"rid=000,csn=20261126220000.000000Z#000000#000#000000"])
def test_a_request_asks_for_changes_without_end(cookie: bytes | None) -> None:
    """A request asks for changes without end, with the cookie of the last time if there is one."""
    wanted = SyncRequest()
    wanted["mode"] = 3
    if cookie is not None:
        wanted["cookie"] = cookie
    assert request_value(cookie) == encode(wanted)


@pytest.mark.parametrize("state", list(State))
def test_an_entry_says_what_it_is(state: State) -> None:
    """An entry is read with its state, and with a new cookie where it bears one."""
    assert state_of(message(entry_that_is(bytes((state,))))) == (state, None)
    assert state_of(message(entry_that_is(bytes((state,)), octets(b"c")))) == (state, b"c")


@pytest.mark.parametrize("state", [b"\4", b"\xff", b""])
def test_an_entry_of_no_known_state_is_no_answer(state: bytes) -> None:
    """An entry of an unknown state is malformed, because it may mean anything."""
    with pytest.raises(Malformed):
        state_of(message(entry_that_is(state)))


def test_an_entry_without_state_is_no_answer() -> None:
    """An entry without a state is malformed, so that no other server is taken for one that synchronizes."""
    with pytest.raises(Malformed, match="without its state"):
        state_of(message(encoded(INTEGER, b"\2") + encoded(ENTRY)))
    with pytest.raises(Malformed, match="without its state"):
        state_of(message(with_control(ENTRY, b"1.2.3", b"")))


@pytest.mark.parametrize(
    ("tag", "parts", "wanted"),
    [
        (0x80, (b"cookie",), Step(b"cookie")),
        (0xA1, (), Step(refreshed=True)),
        (0xA1, (octets(b"c"), FALSE), Step(b"c")),
        (0xA2, (octets(b"c"),), Step(b"c", refreshed=True)),
        (0xA2, (TRUE,), Step(refreshed=True)),
        (0xA3, (encoded(0x31, octets(UUID)),), Step()),
        (0xA3, (octets(b"c"), TRUE, encoded(0x31, octets(UUID))), Step(b"c", deletes=True)),
    ],
)
def test_every_step_of_a_refresh_is_understood(tag: int, parts: tuple[bytes, ...], wanted: Step) -> None:
    """Every step of a refresh is read, with the defaults of booleans that do not stand there (2.5)."""
    assert info(tag, *parts) == wanted


def test_an_intermediate_answer_of_another_kind_says_nothing() -> None:
    """An intermediate answer of another kind says nothing and is no error."""
    assert info(0xA2, oid=b"1.2.3") == Step()


def test_the_end_bears_a_cookie() -> None:
    """The end of a refresh bears a cookie, and says whether what was named is gone."""
    ended = encoded(SEQUENCE, octets(b"c"), TRUE)
    assert done_of(message(with_control(DONE, SYNC_DONE, ended))) == Step(b"c", deletes=True)
    assert done_of(message(encoded(INTEGER, b"\2") + encoded(DONE))) == Step()


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_raise_anything_but_what_is_said(data: bytes) -> None:
    """Bytes that are no answer are malformed, and raise no other error."""
    for read in (state_of, step_of, done_of):
        with contextlib.suppress(Malformed):
            read(message(encoded(INTEGER, b"\2") + encoded(ENTRY, data) + data))
