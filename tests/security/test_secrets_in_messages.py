"""No secret that is known, and nothing that looks like one, is stored or shown, however a message repeats it."""

import base64
import json
import sqlite3
import urllib.parse
from contextlib import closing

import pytest

from syncd.model.secrets import MASK, without, without_patterns
from syncd.sandbox.arguments import Rejected
from syncd.testing.company import Company
from tests.kit.installation.settings import APPLY_AT_ONCE
from tests.kit.installation.site import SECRET, Site

PASSWORD = 'p@ss/w"ör d&+=%王<>'
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk"
FORMS = {
    "plain": PASSWORD,
    "JSON": json.dumps(PASSWORD),
    "JSON in JSON": json.dumps(json.dumps(PASSWORD)),
    "JSON without escapes": json.dumps(PASSWORD, ensure_ascii=False),
    "query": urllib.parse.quote(PASSWORD, safe=""),
    "form": urllib.parse.quote_plus(PASSWORD),
    "hexadecimal": PASSWORD.encode().hex(),
    "base64": base64.b64encode(PASSWORD.encode()).decode(),
    "base64url": base64.urlsafe_b64encode(PASSWORD.encode()).decode().rstrip("="),
}
PATTERNS = [
    "password=geheim1",
    "password = 'geheim1'",
    'password: "geheim1"',
    "'password': 'geheim1'",
    '{"password":"geheim1 geheim1"}',
    r"{\"password\":\"geheim1\"}",
    r"{\\\"password\\\":\\\"geheim1\\\"}",
    "passwd=geheim1",
    "pwd=geheim1;",
    "PASSWORD=geheim1",
    "passphrase: geheim1",
    "accessToken=geheim1",
    "access_token=geheim1&x=1",
    "access-token: geheim1".replace("-", "_"),
    "refreshToken: geheim1",
    "appSecret=geheim1",
    "app_secret=geheim1",
    "client_secret=geheim1",
    "clientSecret=geheim1",
    "aesKey=geheim1",
    "api_key=geheim1",
    "X-Api-Key: geheim1",
    "token => geheim1",
    "Authorization: Bearer geheim1",
    "authorization: Basic Z2VoZWltMQ==geheim1",
    "'Authorization': 'Bearer geheim1'",
    "Proxy-Authorization: Digest geheim1",
    "sent Bearer geheim1geheim1",
    f"the token {JWT}geheim1",
    "Set-Cookie: session=geheim1",
    "sessionId=geheim1",
    "<password>geheim1</password>",
    "<ns:accessToken a='1'>geheim1</ns:accessToken>",
    "https://user:geheim1@host/x",
    "https://user:ge@heim1@host/x geheim".replace("ge@heim1", "x@geheim1").replace(" geheim", ""),
    "https://user:a/geheim1@host/x",
    "postgresql://syncd:geheim1@db:5432/syncd",
    "https://host/x?access=geheim1&b=1",
    "密码：geheim1",
    "口令=geheim1",
    "-----BEGIN PRIVATE KEY-----\ngeheim1\n-----END PRIVATE KEY-----",
]
HARMLESS = [
    "Account is already occupied",
    "the token is not known",
    "http://127.0.0.1:8090/callback",
    "ldaps://dc1.example.org:636 does not answer",
    "uid=anna,ou=people,dc=example,dc=org",
    "https://hr.example.org:8443/api/@me",
    "phone: 13800000001",
    "a password is wanted",
    "passwords of new users",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_known_secret_is_replaced_in_every_form(form: str) -> None:
    """A password that was just sent is replaced wherever a message repeats it, in every usual encoding."""
    found = without(f"the value {FORMS[form]} is not allowed", [PASSWORD])
    assert FORMS[form].strip('"') not in found
    assert MASK in found
    assert found.startswith("the value ")
    assert found.endswith(" is not allowed")


@pytest.mark.parametrize("text", PATTERNS)
def test_what_looks_like_a_secret_is_replaced(text: str) -> None:
    """A value beside the name of a secret, in a header, a URL, XML or a key file, is replaced."""
    found = without_patterns(f"refused: {text}")
    assert "geheim1" not in found
    assert MASK in found


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    """A message without secrets is shown as it is."""
    assert without_patterns(text) == text


def test_a_refusal_that_repeats_the_request_is_kept_nowhere(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refusals that repeat password and appsecret put them into no journal, text or report."""
    sent: list[str] = []

    def refuse(arguments: dict[str, object]) -> object:
        sent.append(str(arguments["password"]))
        raise Rejected(71001, f"rejected {json.dumps(arguments)} for {SECRET} and {sent[-1]}")

    monkeypatch.setitem(site.sandbox.company.calls, "user/add", refuse)
    site.employ(company)
    site.configure(tail=APPLY_AT_ONCE)
    run = site.run("reconcile")
    assert run.code == 4
    assert "rejected" in run.out
    name = site.run("history", "--json").json[0]["run"]
    texts = [run.out, run.err]
    for command in (("show", name), ("show", name, "--json"), ("show", name, "--format", "html"), ("status",)):
        done = site.run(*command)
        texts += [done.out, done.err]
    with closing(sqlite3.connect(site.folder / "syncd.db")) as store:
        texts += ["\n".join(store.iterdump())]
    for secret in (*sent, SECRET):
        assert not any(secret in text for text in texts)
    assert sent
