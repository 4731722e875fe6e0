"""Callbacks as a platform sends them: sealed, in every form that a request may have, and what the answer must be."""

import http.client
import json
import urllib.parse
from typing import Any, Self

import msgspec

from syncd.wire.callback import SUCCESS, CallbackKeys, Forged, Sealed, seal, unseal

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TOKEN = "token-of-the-sample"
APPKEY = "sandbox"
KEYS = CallbackKeys.of(TOKEN, AES_KEY, APPKEY)
RANDOM = b"0123456789abcdef"
SETTINGS = f'[platform.callback]\ntoken = "{TOKEN}"\naes_key = "{AES_KEY}"\n'
STAMP = "1764000000123"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TRIES = 10


def event(kind: str = "user_update", value: object = None) -> bytes:
    """Give the message of an event."""
    return json.dumps({"event_type": kind, "value": value or []}, ensure_ascii=False).encode()


def sealed(
    message: bytes, keys: CallbackKeys = KEYS, time_stamp: str = "1764000000123", nonce: str = "n0nce"
) -> Sealed:
    """Seal a message."""
    return seal(keys, message, time_stamp, nonce, RANDOM)


def fields(one: Sealed) -> dict[str, Any]:
    """Give the four fields by the names of the document."""
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found


def is_success(content: bytes, keys: CallbackKeys = KEYS) -> bool:
    """Tell whether an answer is `success` sealed with these keys."""
    try:
        return unseal(keys, msgspec.json.decode(content, type=Sealed)) == SUCCESS
    except (msgspec.DecodeError, Forged):
        return False


class Sender:
    """Sends callbacks to a listener over a connection of its own, which is made anew where it was closed."""

    def __init__(self, url: str, seconds: float = 30.0) -> None:
        parts = urllib.parse.urlsplit(url)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def post(self, body: bytes, query: str = "", path: str = "", **headers: str) -> tuple[int, bytes]:
        """Post anything; give status and content. Raises `OSError` and `HTTPException` as a broken connection does."""
        target = (path or self._path) + (f"?{query}" if query else "")
        try:
            self._connection.request("POST", target, body, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def send(self, message: bytes, keys: CallbackKeys = KEYS) -> bool:
        """Send an event, again while it is 503, and tell whether it was answered `success`."""
        for _ in range(TRIES):
            status, content = self.post(msgspec.json.encode(sealed(message, keys)), **{"content-type": JSON})
            if status != 503:
                break
        return status == 200 and is_success(content, keys)
