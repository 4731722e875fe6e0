"""Secrets in texts that others wrote: what is known to be one, in any usual form, and what looks like one (I8)."""

import base64
import html
import json
import re
import urllib.parse
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeVar, cast

from syncd.errors import SyncdError
from syncd.model.visible import visible

Value = TypeVar("Value")
MASK = "***"
SHORTEST = 6
"""Characters: a shorter secret would be found in words that are none."""
LONGEST_TEXT = 2000
"""Characters of one text that a counterparty has a part in."""
LOOKED_AT = 4 * LONGEST_TEXT
LONG = 16
"""Characters: so long a value in a URL's query is taken for a secret, whatever its name."""
TOKENS = 8
"""So many tokens are remembered: a counterparty may repeat one that it has just replaced."""
NAMES = (
    r"app_?secret|app_?key|access_?token|refresh_?token|id_?token|token|pass_?word|passwd|pwd|pass_?phrase|"
    r"client_?secret|secret|aes_?key|api_?key|x-api-key|private_?key|session_?id|set-cookie|cookie|密码|口令|密钥|令牌"
)
_QUOTE = r"\\*[\"']"
_NAMED_VALUE = re.compile(
    rf"(?<![\w./])((?:{_QUOTE})?(?:{NAMES})(?:{_QUOTE})?\s*(?:=>|[=:：])\s*)"
    rf"(?:({_QUOTE})(?:(?!\2).)*(?:\2|$)|[^\s&\"',;}}\])<>]+)",
    re.IGNORECASE,
)
_ELEMENT = re.compile(rf"(<(?:\w+:)?({NAMES})(?:\s[^<>]*)?>)[^<]+", re.IGNORECASE)
_AUTHORIZATION = re.compile(
    rf"((?:proxy-)?authorization(?:{_QUOTE})?\s*[=:]\s*(?:{_QUOTE})?)(?:\w+\s+)?[^\s\"',;}}]+", re.IGNORECASE
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?")
_PEM = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]*)\?[^\s\"'<>]*", re.IGNORECASE)
_SECRET_NAME = re.compile(rf"{NAMES}|\b(?:key|sig|signature|auth|code)\b", re.IGNORECASE)
_PERCENT = re.compile("%[0-9A-F]{2}")
_USER_INFO = re.compile(
    r"(\b[a-z][a-z0-9+.-]*://)(?:[^\s/@:\"'<>]*@|[^\s/:@\"'<>]*:(?!\d{1,5}(?:[/\s\"'<>]|\Z))[^\s\"'<>]*@)",
    re.IGNORECASE,
)


def without_patterns(text: str) -> str:
    """Return a text without the queries and credentials of its URLs and without what stands beside names of secrets."""
    text = _QUERY.sub(rf"\1?{MASK}", _USER_INFO.sub(rf"\1{MASK}@", text))
    text = _PEM.sub(rf"\1{MASK}", text)
    text = _AUTHORIZATION.sub(rf"\1{MASK}", text)
    text = _JWT.sub(MASK, _BEARER.sub(rf"\1 {MASK}", text))
    text = _ELEMENT.sub(rf"\1{MASK}", text)
    return _NAMED_VALUE.sub(lambda found: f"{found[1]}{found[2] or ''}{MASK}{found[2] or ''}", text)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these secrets, in whatever usual encoding, and without what looks like others."""
    return without_patterns(without_known(text, secrets))


def without_known(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these secrets, in whatever usual encoding."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


class KnownSecrets:
    """What one counterparty was shown, and may repeat in whatever it answers; tokens come and go.

    Values of entries and objects are data and stay as they are: a name may be anybody's password.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._tokens: deque[str] = deque(maxlen=TOKENS)

    def learn(self, token: str) -> None:
        """Remember a token that was just given."""
        self._tokens.append(token)

    def without(self, text: str, more: Iterable[str] = ()) -> str:
        """Return a text as it may be stored and shown: without them, these further ones, and what looks like others.

        What steers a terminal is an escape, and what is too long is cut, once no secret is in it that a cut would leave
        half of.
        """
        # What is known is looked for in all of it; what looks like a secret only where somebody may read it.
        known = without_known(text, (*self._secrets, *self._tokens, *more))[:LOOKED_AT]
        found = visible(without_patterns(known))
        return found if len(found) <= LONGEST_TEXT else f"{found[:LONGEST_TEXT]}…"

    def out_of(self, document: Value, more: Iterable[str] = ()) -> Value:
        """Return a document without them in its texts, however deep, and with everything else as it is."""
        also = (*self._secrets, *self._tokens, *more)

        def cleaned(value: object) -> object:
            if isinstance(value, str):
                return without_known(value, also)
            if isinstance(value, list):
                return [cleaned(one) for one in value]
            if isinstance(value, Mapping):
                return {cleaned(name): cleaned(one) for name, one in value.items()}
            return value

        return cast("Value", cleaned(document))

    @contextmanager
    def kept_out(self, more: Iterable[str] = ()) -> Iterator[None]:
        """Keep them out of the texts of every error that passes, and of those that led to it.

        `more` are further ones, such as a password that is just being sent.
        """
        try:
            yield
        except Exception as error:
            cleaned = partial(self.without, more=tuple(more))
            fault: BaseException | None = error
            while fault is not None:
                if isinstance(fault, SyncdError):
                    fault.reword(cleaned)
                else:
                    fault.args = tuple(cleaned(one) if isinstance(one, str) else one for one in fault.args)
                fault = fault.__cause__ or fault.__context__
            raise


def of_url(url: str) -> Iterator[str]:
    """Yield what is secret of a URL: its password, and what its query says under the name of a secret.

    In a URL of HTTP a user without a password may be a token, and a long value of a query too.
    """
    is_http = url.lower().startswith("http")
    found = _USER_INFO.match(url)
    if found:
        pair = found[0][len(found[1]) : -1]
        password = pair.partition(":")[2]
        for one in (pair, password) if password else (pair,) if is_http else ():
            yield from (one, urllib.parse.unquote(one))
    for name, value in urllib.parse.parse_qsl(url.partition("#")[0].partition("?")[2]):
        if _SECRET_NAME.search(name) or (is_http and len(value) >= LONG):
            yield value


def of_headers(headers: Iterable[str]) -> Iterator[str]:
    """Yield what is secret of the values of headers: each whole, and what stands behind its scheme (RFC 9110, 11.4)."""
    for value in headers:
        yield from (value, value.partition(" ")[2])


def _forms(secret: str) -> Iterable[str]:
    """Yield a secret as texts have it: as it is, in quotes, in JSON, URLs, HTML, hexadecimal digits and base64."""
    content = secret.encode(errors="surrogatepass")
    yield secret
    yield secret.replace("'", "''")
    yield secret.replace("\\", "\\\\").replace("'", "\\'")
    yield ascii(secret)[1:-1]
    yield repr(secret)[1:-1]
    for is_ascii in (True, False):
        inner = json.dumps(secret, ensure_ascii=is_ascii)[1:-1]
        yield inner
        yield json.dumps(inner, ensure_ascii=is_ascii)[1:-1]
    for safe in ("", "/", "!*'()"):
        for quoted in (urllib.parse.quote(content, safe=safe), urllib.parse.quote_plus(content, safe=safe)):
            yield from (quoted, _PERCENT.sub(lambda found: found[0].lower(), quoted))
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield from (content.hex(), content.hex().upper())
    for coded in (base64.b64encode(content), base64.urlsafe_b64encode(content)):
        yield coded.decode()
        yield coded.decode().rstrip("=")
