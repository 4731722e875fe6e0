"""An event encrypted and signed for its receiver, rightly or with something wrong on purpose."""

import secrets
import string
from enum import StrEnum

import msgspec

from syncd.sandbox.delivery import Delivery
from syncd.sandbox.envelopes import JSON, Outgoing, outgoing, time_stamp, with_line_breaks
from syncd.sandbox.state import CallbackSettings
from syncd.wire.callback import KEY_LENGTH, RANDOM_BYTES, CallbackKeys, Sealed, seal, signature

LETTERS = string.ascii_letters + string.digits
NONCE_BYTES = 8


class Wrong(StrEnum):
    """What is wrong with an event that nobody may believe."""

    TOKEN = "token"  # noqa: S105 - the name of a fault
    SIGNATURE = "signature"
    KEY = "key"
    RECEIVER = "receiver"
    CHANGED = "changed"
    SHORTENED = "shortened"
    NO_JSON = "no_json"
    PLAIN = "plain"


MEANINGS = {
    Wrong.TOKEN: "It is signed with another token.",
    Wrong.SIGNATURE: "Its signature is that of nothing.",
    Wrong.KEY: "It is encrypted with another aes_key; the signature is right.",
    Wrong.RECEIVER: "It is meant for another appkey; key and signature are right.",
    Wrong.CHANGED: "The first character of its base64 was changed after it was signed.",
    Wrong.SHORTENED: "Its cipher text ends within a block; the signature is right.",
    Wrong.NO_JSON: "Its message is cut in half before it is sealed; all else is right.",
    Wrong.PLAIN: "It stands in the body as it is, neither encrypted nor signed.",
}


def made_settings(url: str = "") -> CallbackSettings:
    """Give settings with a token and an aes_key that nobody can guess, of 43 letters and digits each."""
    return CallbackSettings(url, _made(), _made())


def keys_of(settings: CallbackSettings, appkey: str) -> CallbackKeys:
    """Give the keys of settings; raises `ConfigurationError` for an aes_key that is none."""
    return CallbackKeys.of(settings.token, settings.aes_key, appkey)


def sealed(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    """Encrypt and sign a message; `at` is its time in seconds since the epoch."""
    nonce = str(secrets.randbits(NONCE_BYTES * 8 - 1)) if delivery.numbers else secrets.token_hex(NONCE_BYTES)
    made = seal(keys, message, time_stamp(delivery, at), nonce, secrets.token_bytes(RANDOM_BYTES))
    return with_line_breaks(keys, made) if delivery.line_breaks else made


def forged(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float, wrong: Wrong) -> Outgoing:
    """Give a request that bears a message with something wrong."""
    if wrong is Wrong.PLAIN:
        return Outgoing("", JSON, message)
    return outgoing(delivery, _FORGERIES[wrong](keys, delivery, message, at))


def _other_token(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    return sealed(msgspec.structs.replace(keys, token=_made()), delivery, message, at)


def _no_signature(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    made = sealed(keys, delivery, message, at)
    return msgspec.structs.replace(made, signature=signature("", "", "", ""))


def _other_key(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    return sealed(msgspec.structs.replace(keys, key=secrets.token_bytes(len(keys.key))), delivery, message, at)


def _other_receiver(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    return sealed(msgspec.structs.replace(keys, receiver=f"{keys.receiver}-other"), delivery, message, at)


def _changed(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    made = sealed(keys, delivery, message, at)
    first = "B" if made.encrypt.startswith("A") else "A"
    return msgspec.structs.replace(made, encrypt=first + made.encrypt[1:])


def _shortened(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    made = sealed(keys, msgspec.structs.replace(delivery, line_breaks=False), message, at)
    encrypt = made.encrypt[:-4]
    signed = signature(keys.token, made.time_stamp, made.nonce, encrypt)
    return msgspec.structs.replace(made, encrypt=encrypt, signature=signed)


def _half_a_message(keys: CallbackKeys, delivery: Delivery, message: bytes, at: float) -> Sealed:
    return sealed(keys, delivery, message[: len(message) // 2], at)


_FORGERIES = {
    Wrong.TOKEN: _other_token,
    Wrong.SIGNATURE: _no_signature,
    Wrong.KEY: _other_key,
    Wrong.RECEIVER: _other_receiver,
    Wrong.CHANGED: _changed,
    Wrong.SHORTENED: _shortened,
    Wrong.NO_JSON: _half_a_message,
}


def _made() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(KEY_LENGTH))
