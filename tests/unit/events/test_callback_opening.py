"""A request becomes an event by the keys that fit it."""

import hashlib
import json

import pytest

from syncd.events.opening import opened, seconds
from syncd.wire.callback import CallbackKeys, Forged, NotUnderstood
from tests.kit.installation.callbacks import AES_KEY, APPKEY, KEYS, TOKEN, event, fields, sealed

FORMER = CallbackKeys.of("former token", AES_KEY[::-1], APPKEY)
SAME_TOKEN = CallbackKeys.of(TOKEN, AES_KEY[::-1], APPKEY)


def body(message: bytes, keys: CallbackKeys = KEYS, **changes: str) -> bytes:
    """Give a request with a message."""
    return json.dumps(fields(sealed(message, keys, **changes))).encode()


def test_an_event_is_given_as_it_came() -> None:
    """An event is given as it came, with its type, its time and the digest of its bytes."""
    message = event("user_remove", ["王"])
    found = opened((KEYS,), body(message), b"", 1764000001.5).event
    assert (found.type, found.time_stamp, found.received_at) == ("user_remove", 1764000000.123, 1764000001.5)
    assert (found.body, found.digest) == (message, hashlib.sha256(message).hexdigest())


@pytest.mark.parametrize("used", [KEYS, FORMER, SAME_TOKEN], ids=["present", "former", "only aes_key changed"])
def test_former_keys_are_taken_while_they_are_changed(used: CallbackKeys) -> None:
    """A request that was sealed with former keys is opened, and its answer is for those keys."""
    assert opened((KEYS, FORMER, SAME_TOKEN), body(event(), used), b"", 0.0).keys == used


def test_keys_that_are_no_longer_named_are_refused() -> None:
    """A request that was sealed with keys that are no longer named is a forgery."""
    with pytest.raises(Forged):
        opened((KEYS,), body(event(), FORMER), b"", 0.0)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (b'{"event_type": "check_url"}', "check_url"),
        ('{"event_type": "房间"}'.encode(), "房间"),
        (b'{"value": []}', ""),
        (b'{"event_type": null}', ""),
        (b'{"event_type": 7}', ""),
        (b'{"event_type": {"event_type": "user_add"}}', ""),
        (b'{"event_type": "a\\u0000b"}', ""),
        (b'{"event_type": "' + b"x" * 65 + b'"}', ""),
        (b"[1, 2]", ""),
        (b'"text"', ""),
        (b" 1 ", ""),
    ],
)
def test_what_is_genuine_has_a_type_or_none(message: bytes, kind: str) -> None:
    """A genuine message without a usable type is kept with an empty one; no control character gets through."""
    found = opened((KEYS,), body(message), b"", 0.0)
    assert (found.event.type, found.is_check) == (kind, kind == "check_url")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"success",
        b'{"event_type": "user_add"',
        b'{"event_type": "user_add"} {}',
        b'{"event_type": "user_add", "value": ["\xff"]}',
        b"[\xff]",
        b'{"event_type": "\\ud800"}',
        b"[" * 100_000,
        b'{"value": ' + b"[" * 100_000,
    ],
    ids=lambda message: message[:12],
)
def test_what_is_not_json_in_utf_8_is_refused(message: bytes) -> None:
    """A message that is no JSON in UTF-8 is not understood, though our keys have sealed it."""
    with pytest.raises(NotUnderstood):
        opened((KEYS,), body(message), b"", 0.0)


def test_a_signed_field_with_half_a_character_is_refused() -> None:
    """A request with half a character in a signed field is not understood."""
    request = json.dumps({**fields(sealed(event())), "nonce": "@"}).replace("@", "\\udc00\\ud800").encode()
    with pytest.raises(NotUnderstood):
        opened((KEYS,), request, b"", 0.0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1764000000123", 1764000000.123),
        ("1764000000", 1764000000.0),
        ("0", 0.0),
        ("", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("1.764e12", 0.0),
        ("²", 0.0),
        ("1" * 17, 0.0),
    ],
)
def test_a_time_stamp_is_in_milliseconds_or_seconds(text: str, moment: float) -> None:
    """A time stamp is in milliseconds or seconds, and counts as long ago where it is neither."""
    assert seconds(text) == moment
