"""Callbacks are encrypted as openssl did it for the vectors (`vectors/make.sh`)."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from Crypto.Cipher import AES
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.errors import ConfigurationError
from syncd.wire.callback import CallbackKeys, Forged, Sealed, seal, signature, unseal
from tests.kit.failures import Failures

VECTORS: list[Mapping[str, str]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors" / "callback.jsonl").read_text(encoding="utf-8").splitlines()
]
AES_KEY, TOKEN = VECTORS[0]["aes_key"], VECTORS[0]["token"]
KEYS = CallbackKeys.of(TOKEN, AES_KEY, "app")
RANDOM = b"0123456789abcdef"


def sealed(message: bytes = b'{"event_type": "check_url"}', keys: CallbackKeys = KEYS) -> Sealed:
    """Return a message as a platform with these keys sends it."""
    return seal(keys, message, "1764000000000", "nonce", RANDOM)


def resigned(encrypt: str) -> Sealed:
    """Return a cipher text that somebody who knows the token has signed."""
    return Sealed(encrypt, signature(TOKEN, "1", "n", encrypt), "1", "n")


def encrypted(plain: bytes) -> Sealed:
    """Return any plain text as somebody who knows all keys would send it."""
    cipher = AES.new(KEYS.key, AES.MODE_CBC, KEYS.key[:16])
    return resigned(base64.b64encode(cipher.encrypt(plain)).decode())


def plain(message: bytes) -> bytes:
    """Give a message as it stands before it is padded and encrypted."""
    return RANDOM + len(message).to_bytes(4, "big") + message + KEYS.receiver.encode()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["nonce"] or "empty")
def test_what_openssl_sealed_is_unsealed_and_sealed_to_the_same_bytes(vector: Mapping[str, str]) -> None:
    """Messages that openssl sealed are unsealed, and sealing them again gives the same bytes."""
    keys = CallbackKeys.of(vector["token"], vector["aes_key"], vector["appkey"])
    travelling = Sealed(vector["encrypt"], vector["msg_signature"], vector["timeStamp"], vector["nonce"])
    assert unseal(keys, travelling) == vector["message"].encode()
    again = seal(keys, vector["message"].encode(), vector["timeStamp"], vector["nonce"], vector["random"].encode())
    assert again == travelling
    assert msgspec.to_builtins(again).keys() == {"encrypt", "msg_signature", "timeStamp", "nonce"}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\n".join(text[i : i + 76] for i in range(0, len(text), 76)),
        lambda text: "\r\n".join(text[i : i + 64] for i in range(0, len(text), 64)) + "\r\n",
    ],
    ids=["lf", "crlf"],
)
def test_line_breaks_within_base64_are_taken(change: object) -> None:
    """A base64 text that is signed with line breaks in it is taken."""
    assert callable(change)
    message = "消息".encode() * 100
    assert unseal(KEYS, resigned(change(sealed(message).encrypt))) == message


def test_plus_signs_that_a_form_body_made_blanks_of_are_taken() -> None:
    """A base64 text whose plus signs became blanks in a form is taken, for the signature tells what was meant."""
    travelling = next(one for n in range(50) if "+" in (one := sealed(str(n).encode() * 40)).encrypt)
    assert unseal(KEYS, msgspec.structs.replace(travelling, encrypt=travelling.encrypt.replace("+", " ")))


def test_a_signature_in_upper_case_is_taken() -> None:
    """A signature is taken in upper case as in lower case."""
    travelling = sealed()
    assert unseal(KEYS, msgspec.structs.replace(travelling, signature=travelling.signature.upper()))


BROKEN = {
    "signature": msgspec.structs.replace(sealed(), signature="0" * 40),
    "signature not ascii": msgspec.structs.replace(sealed(), signature="签名"),
    "no signature": msgspec.structs.replace(sealed(), signature=""),
    "time stamp": msgspec.structs.replace(sealed(), time_stamp="1764000000001"),
    "nonce": msgspec.structs.replace(sealed(), nonce="other"),
    "cipher text changed": msgspec.structs.replace(sealed(), encrypt="A" + sealed().encrypt[1:]),
    "another token": sealed(keys=msgspec.structs.replace(KEYS, token="other")),
    "another key": sealed(keys=CallbackKeys.of(TOKEN, "Z" * 42 + "E", "app")),
    "another receiver": sealed(keys=msgspec.structs.replace(KEYS, receiver="ap")),
    "a longer receiver": sealed(keys=msgspec.structs.replace(KEYS, receiver="app2")),
    "no base64": resigned("***"),
    "empty": resigned(""),
    "base64 cut": resigned(sealed().encrypt[:-5]),
    "a block missing": resigned(base64.b64encode(base64.b64decode(sealed().encrypt)[:16]).decode()),
    "no whole block": resigned(base64.b64encode(b"x" * 40).decode()),
    "padding zero": encrypted(b"\0" * 64),
    "padding too long": encrypted(b"x" * 31 + b"\x21" + b"\x21" * 32),
    "padding uneven": encrypted(b"x" * 29 + b"\x02\x03\x03"),
    "genuine but for a padding too long": encrypted(plain(b'{"v":""}') + b"\x21" * 33),
    "genuine but for a padding uneven": encrypted(plain(b"{}") + b"\x01" * 6 + b"\x07"),
    "length too long": encrypted(RANDOM + b"\xff\xff\xff\xff" + b"{}app" + b"\x07" * 7),
    "nothing but padding": encrypted(b"\x20" * 32),
}


def test_everything_broken_is_one_error() -> None:
    """Whatever is wrong with a sealed message raises `Forged`, whose text shows no secret."""
    failures = Failures()
    for name, broken in BROKEN.items():
        with failures.case(name):
            with pytest.raises(Forged) as found:
                unseal(KEYS, broken)
            assert AES_KEY not in str(found.value)
            assert TOKEN not in str(found.value)
    failures.assert_none()


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=20), st.binary(min_size=16, max_size=16))
def test_any_message_comes_back(message: bytes, time_stamp: str, nonce: str, random: bytes) -> None:
    """Any message that is sealed is the same after it is unsealed."""
    assert unseal(KEYS, seal(KEYS, message, time_stamp, nonce, random)) == message


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_anything_but_fail(junk: bytes) -> None:
    """Arbitrary bytes raise `Forged`, even where they are signed with our token."""
    with pytest.raises(Forged):
        unseal(KEYS, resigned(base64.b64encode(junk).decode()))


@pytest.mark.parametrize("aes_key", ["", "short", "x" * 44, "中" * 43, "*" * 43])
def test_an_aes_key_that_is_none_is_said_without_showing_it(aes_key: str) -> None:
    """An impossible aes_key is refused with what it should be, and is not shown."""
    with pytest.raises(ConfigurationError, match="43 letters and digits") as found:
        CallbackKeys.of("token", aes_key, "app")
    assert not aes_key or aes_key not in str(found.value)


def test_keys_show_no_secret() -> None:
    """The text form of callback keys shows the receiver's name alone."""
    assert repr(KEYS) == "CallbackKeys(receiver='app')"
