"""The test sends ten thousand requests to `syncd listen` that no platform sent."""

import http.client
import json
import random
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlencode

from syncd.wire.callback import CallbackKeys
from tests.kit.installation.callbacks import AES_KEY, APPKEY, KEYS, TOKEN, Sender, event, fields, sealed
from tests.kit.installation.listening import ListenProcess, configure
from tests.kit.installation.site import Site

REQUESTS = 10_000
GROWTH = 16 << 20
HEX = "0123456789abcdef"
STRANGERS = (
    CallbackKeys.of("guessed", AES_KEY, APPKEY),
    CallbackKeys.of(TOKEN, AES_KEY[::-1], APPKEY),
    CallbackKeys.of(TOKEN, AES_KEY, "another"),
)
ODD: list[object] = [None, True, [], {}, -1, 1e300, "", "\x00", "\ud800", "中", 10**400]
Request = tuple[bytes, str]


def changed(draw: random.Random, text: str, letters: str = HEX) -> str:
    """Change one letter of a text, by more than its case."""
    place = draw.randrange(len(text))
    other = draw.choice([letter for letter in letters if letter.lower() != text[place].lower()])
    return text[:place] + other + text[place + 1 :]


def tampered(draw: random.Random) -> Request:
    """Change one field of a genuine request."""
    found = fields(sealed(event("user_remove", ["1"] * draw.randrange(50))))
    name = draw.choice(sorted(found))
    found[name] = changed(draw, found[name], "0123456789" if name == "timeStamp" else HEX)
    return json.dumps(found).encode(), ""


def lacking(draw: random.Random) -> Request:
    """Leave out a field, or give it another kind of value."""
    found = fields(sealed(event()))
    name = draw.choice(sorted(found))
    del found[name]
    if draw.random() < 0.7:
        found[name] = draw.choice(ODD)
    return json.dumps(found).encode(), ""


def cut(draw: random.Random) -> Request:
    """Cut a genuine request, or its query, off."""
    found = fields(sealed(event()))
    if draw.random() < 0.5:
        text = json.dumps(found).encode()
        return text[: draw.randrange(len(text))], ""
    query = urlencode({"nonce": found.pop("nonce"), **found})
    return b"", query[: draw.randrange(len(query) - 1)]


def stranger(draw: random.Random) -> Request:
    """Seal with other keys, as JSON, form or query."""
    found = fields(sealed(event(), draw.choice(STRANGERS)))
    form = draw.randrange(3)
    return (
        (json.dumps(found).encode(), "")
        if form == 0
        else (urlencode(found).encode(), "")
        if form == 1
        else (b"", urlencode(found))
    )


def mutated(draw: random.Random) -> Request:
    """Change, insert and drop bytes of what a stranger has sealed."""
    body, query = stranger(draw)
    text = bytearray(body or query.encode())
    for _ in range(draw.randrange(1, 6)):
        place = draw.randrange(len(text))
        text[place : place + draw.randrange(3)] = draw.randbytes(draw.randrange(3))
    return bytes(text), ""


def sealed_nonsense(draw: random.Random) -> Request:
    """Seal with our own keys what is no JSON."""
    return json.dumps(fields(sealed(b"x" + draw.randbytes(draw.randrange(200))))).encode(), ""


def noise(draw: random.Random) -> Request:
    """Send anything."""
    return draw.randbytes(draw.randrange(4096)), ""


def deep(draw: random.Random) -> Request:
    """Send what has no end to its depth."""
    return draw.choice([b"[", b'{"encrypt":', b"{", b"&", b"%"]) * draw.choice([10, 10_000]), ""


def oversized(draw: random.Random) -> Request:
    """Send more than may come, rarely, for it takes long."""
    return b"x" * ((1 << 20) + 1) if draw.random() < 0.05 else b"{" + b" " * draw.randrange(1 << 15), ""


KINDS: list[Callable[[random.Random], Request]] = [
    tampered,
    lacking,
    cut,
    stranger,
    mutated,
    sealed_nonsense,
    noise,
    deep,
    oversized,
]


def status(sender: Sender, request: Request) -> int:
    """Return the status that a request is answered with; 0 where the connection was closed on it."""
    try:
        code, content = sender.post(*request)
    except (OSError, http.client.HTTPException):
        return 0
    assert content == b""
    return code


def test_ten_thousand_requests_that_no_platform_sent_do_nothing(site: Site) -> None:
    """No forged request is taken or stored, memory does not grow, and a genuine event is still taken."""
    configure(site, listener='[listener]\nbind = "127.0.0.1:0"\nmax_body = "1MiB"\n')
    draw = random.Random(20261126)  # noqa: S311 - the same requests in every run of the test
    found: Counter[int] = Counter()
    with ListenProcess(site) as listen, listen.sender() as sender:
        warm = 0
        for number in range(REQUESTS):
            found[status(sender, KINDS[number % len(KINDS)](draw))] += 1
            if number == REQUESTS // 5:
                warm = listen.resident
        grown = listen.resident - warm
        assert set(found) <= {0, 400, 403, 413}, found
        assert found[400] + found[403] > REQUESTS * 0.9
        assert grown < GROWTH
        assert sender.send(event(), KEYS)
        assert listen.stop() == 0
        assert "stored 1," in listen.said
