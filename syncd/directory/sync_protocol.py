"""What Content Synchronization adds to LDAP (RFC 4533): what is asked, and what comes with the answers."""

from collections.abc import Iterator
from enum import IntEnum

import msgspec

from syncd.directory.ber import Malformed, element, elements, encoded, expected, integer
from syncd.directory.ldap_answers import CONTROLS, ENUMERATED, OCTETS, SEQUENCE, Message

SYNC_REQUEST = "1.3.6.1.4.1.4203.1.9.1.1"
SYNC_STATE = b"1.3.6.1.4.1.4203.1.9.1.2"
SYNC_DONE = b"1.3.6.1.4.1.4203.1.9.1.3"
SYNC_INFO = b"1.3.6.1.4.1.4203.1.9.1.4"
REFRESH_AND_PERSIST = 3
REFRESH_REQUIRED = 4096  # e-syncRefreshRequired (RFC 4533, 2.6)
BOOLEAN = 0x01
NAME, VALUE = 0x80, 0x81  # of an intermediate response (RFC 4511, 4.13)
NEW_COOKIE, ID_SET = 0x80, 0xA3  # beside refreshDelete 0xA1 and refreshPresent 0xA2


class State(IntEnum):
    """What an entry that comes is (RFC 4533, 2.3)."""

    PRESENT = 0
    ADD = 1
    MODIFY = 2
    DELETE = 3


class Step(msgspec.Struct, frozen=True):
    """How far a synchronization has come.

    `cookie` is `None` where there is no new one; `refreshed` says that from now on only changes come, `deletes` that
    entries were deleted.
    """

    cookie: bytes | None = None
    refreshed: bool = False
    deletes: bool = False


def request_value(cookie: bytes | None) -> bytes:
    """Ask for the content, or for what changed since a cookie, and then for changes as they come (RFC 4533, 2.2)."""
    parts = [encoded(ENUMERATED, bytes((REFRESH_AND_PERSIST,)))]
    if cookie is not None:
        parts.append(encoded(OCTETS, cookie))
    return encoded(SEQUENCE, *parts)


def state_of(found: Message) -> tuple[State, bytes | None]:
    """Give what an entry is, and the cookie that comes with it; raises `Malformed` where it does not say."""
    value = _control(found, SYNC_STATE)
    if value is None:
        raise Malformed("an entry comes without its state")
    at, end = expected(value, 0, len(value), SEQUENCE)
    start, at = expected(value, at, end, ENUMERATED)
    try:
        state = State(integer(value, start, at))
    except ValueError as error:
        raise Malformed("an entry has a state that is none") from error
    _, at = expected(value, at, end, OCTETS)
    cookie = value[slice(*expected(value, at, end, OCTETS))] if at < end else None
    return state, cookie


def done_of(found: Message) -> Step:
    """Give what the end of a synchronization says."""
    value = _control(found, SYNC_DONE)
    return _step(value, *expected(value, 0, len(value), SEQUENCE)) if value is not None else Step()


def step_of(found: Message) -> Step:
    """Give what an intermediate response says; nothing where it is of another kind (RFC 4533, 2.5)."""
    parts = {tag: found.data[start:stop] for tag, start, stop in elements(found.data, found.start, found.stop)}
    value = parts.get(VALUE, b"")
    if parts.get(NAME) != SYNC_INFO or not value:
        return Step()
    tag, start, stop = element(value, 0, len(value))
    if tag == NEW_COOKIE:
        return Step(value[start:stop])
    step = _step(value, start, stop)
    if tag == ID_SET:
        return step
    # Here the boolean says whether the refresh is done, and is true where it does not stand.
    said = [value[first:last] != b"\0" for kind, first, last in elements(value, start, stop) if kind == BOOLEAN]
    return Step(step.cookie, refreshed=all(said))


def _step(value: bytes, at: int, end: int) -> Step:
    """Read an optional cookie, and the boolean that says that entries which are named were deleted."""
    cookie, deletes = None, False
    for tag, start, stop in elements(value, at, end):
        if tag == OCTETS:
            cookie = value[start:stop]
        elif tag == BOOLEAN:
            deletes = value[start:stop] != b"\0"
    return Step(cookie, deletes=deletes)


def _control(found: Message, wanted: bytes) -> bytes | None:
    """Give the value of a control that comes with a message."""
    end = len(found.data)
    if found.stop == end:
        return None
    for parts in _controls(found, end):
        if found.data[slice(*parts[0][1:])] == wanted:
            return found.data[slice(*parts[-1][1:])]
    return None


def _controls(found: Message, end: int) -> Iterator[list[tuple[int, int, int]]]:
    first, last = expected(found.data, found.stop, end, CONTROLS)
    for tag, start, stop in elements(found.data, first, last):
        parts = list(elements(found.data, start, stop))
        if tag != SEQUENCE or not parts:
            raise Malformed("a control is none")
        yield parts
