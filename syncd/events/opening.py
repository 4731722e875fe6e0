"""From a request to the event in it: keys tried, signature and encryption verified, type and time read."""

import hashlib
from collections.abc import Sequence

import msgspec

from syncd.app.records import Received
from syncd.events.fields import sealed_of
from syncd.wire.callback import CallbackKeys, Forged, NotUnderstood, Sealed, unseal

CHECK_URL = "check_url"
LONGEST_TYPE = 64
LONGEST_TIME_STAMP = 16
MILLISECONDS_FROM = 1e11  # as seconds that is the year 5138, as milliseconds it is 1973


class Opened(msgspec.Struct, frozen=True):
    """A genuine callback: the keys that it was sealed with, and what it says."""

    keys: CallbackKeys
    event: Received

    @property
    def is_check(self) -> bool:
        """Tell whether the platform only asks if this address answers."""
        return self.event.type == CHECK_URL


class _Head(msgspec.Struct):
    event_type: msgspec.Raw = msgspec.Raw(b'""')


def opened(keys: Sequence[CallbackKeys], body: bytes, query: bytes, now: float) -> Opened:
    """Open a request that came at `now`, with the first keys that fit.

    Raises `NotUnderstood` for what is no callback by its form, and `Forged` for one that no keys fit.
    """
    sealed = sealed_of(body, query)
    used, message = _unsealed(keys, sealed)
    event = Received(
        received_at=now,
        time_stamp=seconds(sealed.time_stamp),
        type=_type(message),
        digest=hashlib.sha256(message).hexdigest(),
        body=message,
    )
    return Opened(used, event)


def _unsealed(keys: Sequence[CallbackKeys], sealed: Sealed) -> tuple[CallbackKeys, bytes]:
    why = Forged("there are no keys")
    for one in keys:
        try:
            return one, unseal(one, sealed)
        except Forged as forged:
            why = forged
    raise why


def seconds(time_stamp: str) -> float:
    """Give a time stamp, which is in milliseconds or seconds, as seconds; 0, which is long ago, where it is none."""
    if not (time_stamp.isascii() and time_stamp.isdecimal() and len(time_stamp) <= LONGEST_TIME_STAMP):
        return 0.0
    number = float(time_stamp)
    return number / 1000 if number >= MILLISECONDS_FROM else number


def _type(message: bytes) -> str:
    """Give the type of an event, `""` where it names none; raise `NotUnderstood` for what is not JSON in UTF-8.

    What is signed by the platform and makes no sense beyond that is for the ingest to judge.
    """
    try:
        # The decoder passes over texts that it does not need without looking whether they are UTF-8.
        message.decode()
        found = _named(message)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise NotUnderstood("the message is not JSON") from None
    # It is kept in a column of its own, which holds no control characters.
    return found if len(found) <= LONGEST_TYPE and found.isprintable() else ""


def _named(message: bytes) -> str:
    if not message.lstrip().startswith(b"{"):
        msgspec.json.decode(message, type=msgspec.Raw)
        return ""
    named = bytes(msgspec.json.decode(message, type=_Head).event_type)
    return msgspec.json.decode(named, type=str) if named.startswith(b'"') else ""
