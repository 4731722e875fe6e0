"""The encryption of callbacks, which is DingTalk's (Open API, event subscription).

The key is the base64 of `aes_key` and one `=`; AES-256-CBC with the key's first 16 bytes as initial vector; PKCS#7
padding to blocks of 32 bytes (RFC 5652, 6.3). The plain text is 16 random bytes, the length of the message (4 bytes,
big-endian), the message (UTF-8 JSON) and the receiver, which is our appkey. The signature is the hex SHA-1 of token,
time stamp, nonce and cipher text, sorted and joined. Answers are sealed in the same way.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator

import msgspec
from Crypto.Cipher import AES

from syncd.errors import ConfigurationError, SyncdError

KEY_LENGTH = 43
KEY_BYTES = 32
BLOCK = 32
IV_BYTES = 16
RANDOM_BYTES = 16
LENGTH_BYTES = 4
HEAD_BYTES = RANDOM_BYTES + LENGTH_BYTES
SUCCESS = b"success"
BLANKS = " \t\r\n"


class Forged(SyncdError):
    """A callback is not what its keys make of it; why is for our own log, and never for who sent it."""


class NotUnderstood(SyncdError):
    """A callback lacks a field, or is in no form that callbacks have; why is for our own log alone."""


class CallbackKeys(msgspec.Struct, frozen=True):
    """What callbacks are signed and encrypted with; `receiver` is our appkey. It shows no secret."""

    token: str
    key: bytes
    receiver: str

    @classmethod
    def of(cls, token: str, aes_key: str, receiver: str) -> "CallbackKeys":
        """Read the keys as the settings page shows them; raises `ConfigurationError` for a broken aes_key."""
        try:
            key = base64.b64decode(f"{aes_key}=", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(aes_key) != KEY_LENGTH or len(key) != KEY_BYTES:
            raise ConfigurationError(
                f"the aes_key of callbacks has {len(aes_key)} characters or is no base64; the settings page of the "
                f"platform shows one of {KEY_LENGTH} letters and digits"
            )
        return cls(token, key, receiver)

    def __repr__(self) -> str:
        return f"CallbackKeys(receiver={self.receiver!r})"


class Sealed(msgspec.Struct, frozen=True, rename={"signature": "msg_signature", "time_stamp": "timeStamp"}):
    """A message as it travels: cipher text in base64, signature, time stamp and nonce, each as text."""

    encrypt: str
    signature: str
    time_stamp: str
    nonce: str


def signature(token: str, time_stamp: str, nonce: str, encrypt: str) -> str:
    """Give the signature of a cipher text."""
    digest = hashlib.sha1(usedforsecurity=False)
    for part in sorted((token, time_stamp, nonce, encrypt)):
        digest.update(part.encode())
    return digest.hexdigest()


def unseal(keys: CallbackKeys, sealed: Sealed) -> bytes:
    """Verify, decrypt, and give the message; raises `Forged`. What is not signed is never decrypted."""
    for encrypt in _as_sent(sealed.encrypt):
        signed = signature(keys.token, sealed.time_stamp, sealed.nonce, encrypt)
        if hmac.compare_digest(signed.encode(), sealed.signature.lower().encode()):
            return _decrypted(keys, encrypt)
    raise Forged("the signature is not that of our token")


def seal(keys: CallbackKeys, message: bytes, time_stamp: str, nonce: str, random: bytes) -> Sealed:
    """Encrypt and sign a message; `random` is 16 bytes that nobody can guess."""
    plain = random + len(message).to_bytes(LENGTH_BYTES, "big") + message + keys.receiver.encode()
    missing = BLOCK - len(plain) % BLOCK
    cipher = AES.new(keys.key, AES.MODE_CBC, keys.key[:IV_BYTES])
    encrypt = base64.b64encode(cipher.encrypt(plain + bytes([missing]) * missing)).decode()
    return Sealed(encrypt, signature(keys.token, time_stamp, nonce, encrypt), time_stamp, nonce)


def _as_sent(encrypt: str) -> Iterator[str]:
    """Give the text that may have been signed: as it came, or with the plus signs that a form body made blanks of."""
    yield encrypt
    if " " in encrypt:
        yield encrypt.replace(" ", "+")


def _decrypted(keys: CallbackKeys, encrypt: str) -> bytes:
    cipher_text = _bytes(encrypt)
    if not cipher_text or len(cipher_text) % AES.block_size:
        raise Forged("the cipher text ends within a block")
    plain = AES.new(keys.key, AES.MODE_CBC, keys.key[:IV_BYTES]).decrypt(cipher_text)
    return _message(keys, _unpadded(plain))


def _bytes(encrypt: str) -> bytes:
    """Read base64, five times as fast as the standard library does, which was half of the time for a long list."""
    # Line breaks within base64 are RFC 2045's; any other stranger is refused.
    text = "".join(encrypt.split()) if any(one in encrypt for one in BLANKS) else encrypt
    try:
        return msgspec.convert(text, bytes)
    except msgspec.ValidationError:
        raise Forged("the cipher text is no base64") from None


def _unpadded(plain: bytes) -> bytes:
    count = plain[-1]
    if not 1 <= count <= min(BLOCK, len(plain)) or plain[-count:] != bytes([count]) * count:
        raise Forged("the padding is not that of the key")
    return plain[:-count]


def _message(keys: CallbackKeys, plain: bytes) -> bytes:
    end = HEAD_BYTES + int.from_bytes(plain[RANDOM_BYTES:HEAD_BYTES], "big")
    if len(plain) < HEAD_BYTES or end > len(plain):
        raise Forged("the length of the message is not what it says")
    if not hmac.compare_digest(plain[end:], keys.receiver.encode()):
        raise Forged("it is for another receiver than our appkey")
    return plain[HEAD_BYTES:end]
