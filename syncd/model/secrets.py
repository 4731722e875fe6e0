"""Secrets in texts that others wrote: what is known to be one, in any usual form, and what looks like one (I8)."""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable

MASK = "***"
SHORTEST = 6
"""Characters: a shorter secret would be found in words that are none."""
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
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return without_patterns(text)


def _forms(secret: str) -> Iterable[str]:
    """Yield a secret as texts have it: as it is, in JSON, URLs, HTML, hexadecimal digits and base64."""
    content = secret.encode()
    yield secret
    for is_ascii in (True, False):
        inner = json.dumps(secret, ensure_ascii=is_ascii)[1:-1]
        yield inner
        yield json.dumps(inner, ensure_ascii=is_ascii)[1:-1]
    for safe in ("", "/", "!*'()"):
        yield urllib.parse.quote(secret, safe=safe)
        yield urllib.parse.quote_plus(secret, safe=safe)
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield from (content.hex(), content.hex().upper())
    for coded in (base64.b64encode(content), base64.urlsafe_b64encode(content)):
        yield coded.decode()
        yield coded.decode().rstrip("=")
