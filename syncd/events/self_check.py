"""Asking our own listener as the platform does when the callback URL is saved (Open API, event subscription)."""

import secrets
import ssl
import time

import httpx
import msgspec

from syncd.containment.deadline import Connections, Deadline
from syncd.errors import SyncdError
from syncd.model.json_text import decoded
from syncd.wire.callback import RANDOM_BYTES, SUCCESS, CallbackKeys, Forged, Sealed, seal, unseal

CHECK_URL = b'{"event_type": "check_url"}'
SECONDS = 1.5
MOST_SECONDS = 5.0  # for all of it, however little comes at a time
MOST_BYTES = 64 * 1024
# As senders that know HTTP/2 do with every request (RFC 7540, 3.2): some servers and proxies lose the body over it.
OFFER = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQBAAAAAAIAAAAA"}


class NoAnswer(SyncdError):
    """Our own listener does not answer as the platform wants it."""


class NobodyListens(NoAnswer):
    """Nothing at all answers at the listener's address."""


def ask(url: str, keys: CallbackKeys, *, is_ours: bool) -> float:
    """Send `check_url`, and give after how many seconds the sealed `success` came; raises `NoAnswer`.

    `is_ours` is an address of this machine, whose certificate bears another name.
    """
    asked = seal(keys, CHECK_URL, str(int(time.time() * 1000)), secrets.token_hex(8), secrets.token_bytes(RANDOM_BYTES))
    headers = {"content-type": "application/json", **OFFER}
    connections = Connections()
    patience = {"timeout": httpx.Timeout(SECONDS).as_dict(), "trace": connections.trace}
    began = time.monotonic()
    try:
        with (
            httpx.HTTPTransport(verify=_unverified() if is_ours else True) as transport,
            Deadline(MOST_SECONDS, connections.shut),
        ):
            body = msgspec.json.encode(asked)
            answer = transport.handle_request(
                httpx.Request("POST", url, content=body, headers=headers, extensions=patience)
            )
            content = _beginning(answer)
            answer.close()
    except httpx.ConnectError as error:
        raise NobodyListens(f"nothing answers at {url} ({error}); start `syncd serve` or `syncd listen`") from None
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"{url} gives no answer within {SECONDS} s ({type(error).__name__}); the platform waits no longer"
        ) from None
    taken = time.monotonic() - began
    _prove(url, keys, answer.status_code, content)
    if taken > SECONDS:
        raise NoAnswer(f"{url} answers after {taken:.1f} s, and the platform waits {SECONDS} s")
    return taken


def _beginning(answer: httpx.Response) -> bytes:
    """Return as much of an answer as a sealed `success` may have."""
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            break
    return bytes(content)


def _prove(url: str, keys: CallbackKeys, status: int, content: bytes) -> None:
    try:
        if status == httpx.codes.OK and unseal(keys, decoded(content, Sealed)) == SUCCESS:
            return
    except (msgspec.DecodeError, Forged):
        pass
    raise NoAnswer(
        f"{url} answers HTTP {status} without a sealed success: another program, a listener with other "
        "keys, or a proxy that loses the body of a request that offers HTTP/2 (Upgrade: h2c), as this one did"
    )


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
