"""An event as it travels, in any of its forms, and what its answer says."""

from urllib.parse import urlencode

import msgspec

from syncd.sandbox.delivery import Delivery
from syncd.wire.callback import SUCCESS, CallbackKeys, Forged, Sealed, signature, unseal

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LINE = 76
OK = 200


class Outgoing(msgspec.Struct, frozen=True):
    """A request less its address: what is added to the query, and the body with its kind."""

    query: str
    kind: str
    body: bytes


class _Answer(msgspec.Struct, rename={"signature": "msg_signature", "time_stamp": "timeStamp"}):
    encrypt: str
    signature: str
    time_stamp: str | int
    nonce: str | int


def time_stamp(delivery: Delivery, at: float) -> str:
    """Give a time in seconds since the epoch as the delivery has it."""
    return str(int(at * 1000) if delivery.unit == "ms" else int(at))


def outgoing(delivery: Delivery, sealed: Sealed) -> Outgoing:
    """Give the request that bears a message."""
    fields: dict[str, object] = {
        "encrypt": sealed.encrypt,
        delivery.signature_name: sealed.signature,
        delivery.time_stamp_name: sealed.time_stamp,
        "nonce": sealed.nonce,
    }
    if delivery.body == "form":
        return Outgoing("", FORM, urlencode(fields).encode())
    if delivery.body == "query":
        return Outgoing(urlencode(fields), JSON, b"")
    if delivery.body == "split":
        encrypt = fields.pop("encrypt")
        return Outgoing(urlencode(fields), JSON, msgspec.json.encode({"encrypt": encrypt}))
    if delivery.numbers:
        fields |= {delivery.time_stamp_name: int(sealed.time_stamp), "nonce": int(sealed.nonce)}
    return Outgoing("", JSON, msgspec.json.encode(fields))


def with_line_breaks(keys: CallbackKeys, sealed: Sealed) -> Sealed:
    """Give a message whose base64 is broken into lines, signed as it stands."""
    encrypt = sealed.encrypt
    broken = "".join(encrypt[begin : begin + LINE] + "\r\n" for begin in range(0, len(encrypt), LINE))
    signed = signature(keys.token, sealed.time_stamp, sealed.nonce, broken)
    return Sealed(broken, signed, sealed.time_stamp, sealed.nonce)


def complaint(keys: CallbackKeys, status: int, body: bytes) -> str:
    """Tell what is wrong with an answer; empty where it is status 200 and says `success`, signed and encrypted."""
    if status != OK:
        return f"the answer has status {status} and not {OK}"
    try:
        found = msgspec.json.decode(body, type=_Answer)
        said = unseal(keys, Sealed(found.encrypt, found.signature, str(found.time_stamp), str(found.nonce)))
    except msgspec.DecodeError:
        return "the answer is no JSON object with encrypt, msg_signature, timeStamp and nonce"
    except Forged as forged:
        return f"the answer cannot be decrypted: {forged}"
    return "" if said == SUCCESS else "the answer is encrypted, and does not say success"
