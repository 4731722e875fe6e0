"""The four fields of a callback, wherever they stand: JSON body, form body, query, or some here and some there.

The document names them and says no more (Open API, event subscription); DingTalk's libraries know two names for two of
them, and send numbers or texts.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec

from syncd.wire.callback import NotUnderstood, Sealed

NAMES: Mapping[str, tuple[str, ...]] = {
    "encrypt": ("encrypt",),
    "signature": ("msg_signature", "signature"),
    "time_stamp": ("timeStamp", "timestamp"),
    "nonce": ("nonce",),
}
MOST_FIELDS = 64
_NULL = msgspec.Raw(b"null")
_OTHERS = tuple(name for names in NAMES.values() for name in names if name != "encrypt")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Json(msgspec.Struct):
    """A body; numbers are kept as they are written, for that is what was signed."""

    encrypt: str | None = None
    msg_signature: msgspec.Raw = _NULL
    signature: msgspec.Raw = _NULL
    timeStamp: msgspec.Raw = _NULL  # noqa: N815 - the platform's name
    timestamp: msgspec.Raw = _NULL
    nonce: msgspec.Raw = _NULL


def sealed_of(body: bytes, query: bytes) -> Sealed:
    """Give the sealed message of a request; the body's word counts before the query's. Raises `NotUnderstood`.

    Whether a body is JSON or a form is seen from its first character: not every sender says it, or says it rightly.
    """
    text = body.removeprefix(BYTE_ORDER_MARK).strip()
    try:
        said = {**_form(query), **(_json(text) if text.startswith(b"{") else _form(text))}
    # Whatever else a decoder makes of bytes from strangers: too deep, not UTF-8, numbers beyond measure.
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise NotUnderstood("the request is neither JSON nor a form") from None
    return Sealed(**{field: _first(said, names) for field, names in NAMES.items()})


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str:
    for name in names:
        if name in said:
            return said[name]
    raise NotUnderstood(f"{names[0]} is missing")


def _form(text: bytes) -> dict[str, str]:
    pairs = parse_qsl(text.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    return dict(pairs)


def _json(text: bytes) -> dict[str, str]:
    found = msgspec.json.decode(text, type=_Json)
    said = {} if found.encrypt is None else {"encrypt": found.encrypt}
    for name in _OTHERS:
        if (value := _text(bytes(getattr(found, name)))) is not None:
            said[name] = value
    return said


def _text(value: bytes) -> str | None:
    """Give a text, or a number as it is written; nothing for null."""
    if value.startswith(b'"'):
        return msgspec.json.decode(value, type=str)
    if value[:1] in b"{[tf":
        raise NotUnderstood("a field is neither text nor number")
    return None if value == b"null" else value.decode()
