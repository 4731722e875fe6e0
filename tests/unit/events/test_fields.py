"""The four fields of a callback may stand in several places and forms."""

import json
from urllib.parse import urlencode

from syncd.events.fields import sealed_of
from syncd.wire.callback import NotUnderstood
from tests.kit.installation.callbacks import event, fields, sealed

SEALED = sealed(event("user_add", ["中文"]), nonce="42")
ALL = fields(SEALED)
DINGTALK = {
    "encrypt": SEALED.encrypt,
    "signature": SEALED.signature,
    "timestamp": SEALED.time_stamp,
    "nonce": SEALED.nonce,
}
NUMBERS = {**ALL, "timeStamp": int(SEALED.time_stamp), "nonce": 42}
ENCRYPT_ALONE = {"encrypt": SEALED.encrypt}
REST = {name: value for name, value in ALL.items() if name != "encrypt"}


def test_fields_are_found_in_every_form() -> None:
    """The four fields are found in the body, the query or both, by either name, as texts or numbers."""
    requests = {
        "json": (json.dumps(ALL), ""),
        "json, DingTalk's names": (json.dumps(DINGTALK), ""),
        "json, numbers": (json.dumps(NUMBERS), ""),
        "json, indented, with a byte order mark": ("\ufeff\r\n " + json.dumps(ALL, indent=2), ""),
        "json, with more in it": (json.dumps({"more": [{"中": None}], **ALL, "n": 1.5}), ""),
        "form": (urlencode(ALL), ""),
        "form, DingTalk's names": (urlencode(DINGTALK), ""),
        "query": ("", urlencode(ALL)),
        "query and {}": ("{}", urlencode(DINGTALK)),
        "json and query": (json.dumps(ENCRYPT_ALONE), urlencode(REST)),
        "form and query": (urlencode(ENCRYPT_ALONE), urlencode(REST)),
        "query and json": (json.dumps(REST), urlencode(ENCRYPT_ALONE)),
        "the body counts before the query": (json.dumps(ALL), urlencode({**ALL, "nonce": "other"})),
        "null is not there": (json.dumps({**ALL, "nonce": None}), "nonce=42"),
    }
    wrong = [what for what, (body, query) in requests.items() if sealed_of(body.encode(), query.encode()) != SEALED]
    assert wrong == []


def test_a_number_is_taken_as_it_is_written() -> None:
    """A number is taken as it is written, however long it is, because the signature is of its text."""
    nonce = "9" * 5000
    body = json.dumps({**ALL, "nonce": "@"}).replace('"@"', nonce).encode()
    assert sealed_of(body, b"").nonce == nonce
    assert sealed_of(body.replace(nonce.encode(), b"1.50"), b"").nonce == "1.50"


def is_refused(body: bytes, query: bytes) -> bool:
    """Return whether a request is refused as not understood."""
    try:
        sealed_of(body, query)
    except NotUnderstood:
        return True
    return False


def test_whatever_else_comes_is_one_error() -> None:
    """Any other body or query is not understood, and by one error, so that the sender does not learn what was wrong."""
    requests = {
        "nothing": (b"", b""),
        "no signature": (json.dumps({**ALL, "msg_signature": None}).encode(), b""),
        "a list": (b"[]", b""),
        "json cut": (json.dumps(ALL).encode()[:-1], b""),
        "json twice": (json.dumps(ALL).encode() * 2, b""),
        "encrypt is a list": (json.dumps({**ALL, "encrypt": [SEALED.encrypt]}).encode(), b""),
        "nonce is true": (json.dumps({**ALL, "nonce": True}).encode(), b""),
        "nonce is an object": (json.dumps({**ALL, "nonce": {}}).encode(), b""),
        "too deep": (b'{"nonce": ' * 100_000, b""),
        "half a character": (json.dumps({**ALL, "nonce": "\ud800"}).encode(), b""),
        "body not UTF-8": (json.dumps(ALL).encode().replace(b"n", b"\xff"), b""),
        "field not UTF-8": (json.dumps({**ALL, "nonce": "@"}).encode().replace(b"@", b"\xff"), b""),
        "form not UTF-8": (urlencode({**ALL, "nonce": "@"}).encode().replace(b"%40", b"%FF"), b""),
        "query not UTF-8": (b"", b"nonce=\xff"),
        "too many fields": (b"a=b&" * 1000 + urlencode(ALL).encode(), b""),
    }
    assert [what for what, (body, query) in requests.items() if not is_refused(body, query)] == []
