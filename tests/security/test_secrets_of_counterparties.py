"""What a directory, a database, a service, the platform or a notification repeats of our secrets is shown nowhere."""

import base64
import html
import io
import json
import re
import sqlite3
import sys
import urllib.parse
from collections.abc import Iterable
from contextlib import closing

import pytest

from syncd.app.notification import Event, News, NotDelivered
from syncd.app.records import RunRecord
from syncd.directory.http_access import Access
from syncd.directory.http_pages import Places
from syncd.directory.http_source import HttpSource, Listing, Service
from syncd.directory.http_tokens import Client as OAuthClient
from syncd.directory.http_tokens import ClientCredentials, Fixed, basic
from syncd.directory.ldap_connection import LdapSettings
from syncd.directory.ldap_pictures import LdapPictures
from syncd.directory.ldap_source import LdapSource
from syncd.directory.picture_urls import Fetching, UrlPictures
from syncd.directory.reading import Selection, TreeSettings
from syncd.directory.sql_source import Database, Query, SqlSource
from syncd.errors import Refused, StoreError, SyncdError
from syncd.model.faces import Sought
from syncd.model.secrets import LONGEST_TEXT, MASK
from syncd.model.source import Entry
from syncd.platform import Client, ClientSettings
from syncd.platform.raw import RawCalls
from syncd.report.news import news_form
from syncd.shadow.store import open_store
from syncd.telemetry.logs import configure
from syncd.telemetry.notifying import CommandNotifier, HttpNotifier
from syncd.telemetry.retries import log_retries
from tests.kit.installation.site import Site
from tests.kit.servers.repeating import Reply, database, directory, web

PASSWORD = "p@ss/w'ör d&+=%王"
PEOPLE = Selection("(objectClass=person)", ("dc=example,dc=com",))


def forms(secret: str) -> tuple[str, ...]:
    """Return a secret as counterparties write it."""
    raw = secret.encode()
    return (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(secret)),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        html.escape(secret),
        secret.replace("'", "''"),
        secret.replace("'", "\\'"),
        repr(secret)[1:-1],
    )


def repeated(*secrets: str) -> str:
    """Return a message in which secrets stand in every form, with nothing that looks like a secret beside them."""
    return " | ".join(f"seen [{form}]" for secret in secrets for form in forms(secret))


def assert_kept_out(text: str, *secrets: str) -> None:
    """Fail where a text has one of these secrets in any form, or none was replaced."""
    assert MASK in text, text
    for secret in secrets:
        for form in forms(secret):
            assert form not in text, (form, text)


def ldap(url: str) -> LdapSettings:
    """Return how the reader signs in at a directory."""
    return LdapSettings((url,), "cn=reader,dc=example,dc=com", PASSWORD, connect_timeout=5, read_timeout=5)


def reader(url: str) -> LdapSource:
    """Return a reader of a directory."""
    return LdapSource(TreeSettings("ldap", PEOPLE), ldap(url), frozenset({"cn"}), frozenset())


@pytest.mark.parametrize("is_notice", [False, True])
def test_a_directory(is_notice: bool) -> None:  # noqa: FBT001 - a case
    """A diagnostic message that repeats the bind password is in no error of a read, of changes or of a picture."""
    with directory(repeated(PASSWORD), is_notice=is_notice) as url:
        faults = []
        found = Sought("k", Entry("k", "cn=a,dc=example,dc=com", {}))
        pictures = LdapPictures("ldap", ldap(url), PEOPLE, "jpegPhoto")
        for ask in (
            reader(url).read,
            lambda: pictures.marks([found]),
            lambda: reader(url).feed(lambda: None).begin(),
        ):
            with pytest.raises(SyncdError) as caught:
                ask()
            faults.append(caught.value)
    for fault in faults:
        assert_kept_out(str(fault), PASSWORD)
        assert_kept_out(repr(fault.__cause__ or fault), PASSWORD)


def test_a_long_message_of_a_directory() -> None:
    """A message of a megabyte is cut, and a secret that stands where it is cut leaves no part of itself."""
    for padding in (150, 155, LONGEST_TEXT - 150, LONGEST_TEXT - 100):
        with directory("x" * padding + PASSWORD + "y" * 1_000_000) as url, pytest.raises(SyncdError) as caught:
            reader(url).read()
        assert PASSWORD[:5] not in str(caught.value)
        assert len(str(caught.value)) < 2 * LONGEST_TEXT
    with directory("x" * 145 + PASSWORD + "y" * 9, is_notice=True) as url, pytest.raises(SyncdError) as caught:
        reader(url).read()
    assert PASSWORD[:5] not in str(caught.value)


def test_what_is_said_of_a_read_of_a_directory() -> None:
    """A referral and an unusable entry that repeat the bind password show it in nothing that is said of the read."""
    with directory(repeated(PASSWORD).replace(",", "").replace("+", "").replace("|", ""), code=0) as url:
        found = reader(url).read()
    said = (*found.certificate.doubts, *found.certificate.proofs, *(one.message for one in found.unreadable))
    assert len(said) > 2
    assert_kept_out(" ".join(said), PASSWORD)


def test_a_database() -> None:
    """A database that repeats its URL's password and query shows neither, as a source and as the store."""
    query = urllib.parse.urlencode({"sslpassword": "key-of-the-key", "sslmode": "disable"})
    with database(repeated(PASSWORD, "key-of-the-key")) as port:
        url = f"postgresql+psycopg://reader:{urllib.parse.quote(PASSWORD, safe='')}@127.0.0.1:{port}/staff?{query}"
        for ask in (
            lambda: SqlSource("hr", Database(url), Query("SELECT 1", "no")).read(),
            lambda: SqlSource("hr", Database(url), Query("SELECT 1", "no")).still_has({}),
            lambda: open_store(url),
        ):
            with pytest.raises(SyncdError) as caught:
                ask()
            assert_kept_out(str(caught.value), PASSWORD, "key-of-the-key")
        assert isinstance(caught.value, StoreError)


SERVICE_SECRETS = ("query-secret-of-16", "header-secret-of-ours")


def service(url: str) -> Service:
    """Return a service with secrets in its URL and its headers."""
    return Service(f"{url}/api?access={SERVICE_SECRETS[0]}", {"X-Api-Key": SERVICE_SECRETS[1]})


def credentials_of(kind: str, url: str) -> tuple[Fixed | ClientCredentials, tuple[str, ...]]:
    """Return what shows who asks, and what of it is secret."""
    if kind == "basic":
        pair = basic("reader", PASSWORD)
        return Fixed(pair, (PASSWORD,)), (PASSWORD, pair["authorization"].partition(" ")[2])
    if kind == "bearer":
        return Fixed({"authorization": "Bearer a-token-of-ours"}), ("a-token-of-ours",)
    return ClientCredentials("hr", OAuthClient(f"{url}/token", "syncd", PASSWORD)), (PASSWORD, "live-token-1")


@pytest.mark.parametrize("place", ["message", "header", "token", "names"])
@pytest.mark.parametrize("kind", ["basic", "bearer", "oauth2"])
def test_a_service(kind: str, place: str) -> None:
    """A service, or the server of its tokens, that repeats what it was shown shows it in no error."""
    every: list[str] = []

    def answer(path: str, _body: bytes) -> Reply:
        said = repeated(*every)
        if path == "/token":
            if place == "token":
                return 401, {}, json.dumps({"error": said}).encode()
            return 200, {}, json.dumps({"access_token": "live-token-1", "expires_in": 3600}).encode()
        if place == "header":
            return 200, {"content-type": urllib.parse.quote(said)}, b"no JSON"
        if place == "names":
            return 200, {}, json.dumps({said: 1}).encode()
        return 200, {}, json.dumps({"errcode": 7, "errmsg": said}).encode()

    with web(answer) as url:
        shown, secrets = credentials_of(kind, url)
        every += [*secrets[: 1 if place == "token" else 2], *SERVICE_SECRETS]
        success = ("/errcode", 0) if place == "message" else None
        listing = Listing("/people", "id", Places(items="/data", success=success))
        if place == "token" and kind != "oauth2":
            return
        with pytest.raises(SyncdError) as caught:
            HttpSource("hr", service(url), shown, listing).read()
    text = str(caught.value) if place != "header" else urllib.parse.unquote(str(caught.value))
    for secret in every:
        if place != "header":
            assert_kept_out(text, secret)
        assert secret not in text


def test_what_is_said_of_a_read_of_a_service() -> None:
    """A key that repeats a secret shows it in no doubt about the read, and is a value as it is."""

    def answer(_path: str, _body: bytes) -> Reply:
        return 200, {}, json.dumps([{"id": "header-secret-of-ours"}, {"id": "header-secret-of-ours"}]).encode()

    with web(answer) as url:
        found = HttpSource("hr", service(url), Fixed({}), Listing("/people", "id")).read()
    messages = [one.message for one in found.unreadable]
    assert messages
    assert_kept_out(" ".join((*messages, *found.certificate.doubts)), "header-secret-of-ours")


def test_a_server_of_pictures() -> None:
    """A tag that repeats who asks is not kept with the picture, and no error shows it."""
    status = 200

    def answer(_path: str, _body: bytes) -> Reply:
        return status, {"etag": f'"{base64.b64encode(b"header-secret-of-ours").decode()}"'}, b"picture"

    with web(answer) as url:
        pictures = UrlPictures(Fetching(5.0), Access("hr", service(url), Fixed({})))
        sought = Sought("k", Entry("k", "row 1", {}), f"{url}/api/a.jpg")
        found = pictures.picture(sought, "")
        assert (found.content, found.mark) == (b"picture", "")
        pictures.close()


PLATFORM_SECRETS = ("appsecret-of-ours", "live-token-1", "callback-token", "k" * 43, "proxy'password")


def platform(url: str) -> ClientSettings:
    """Return how the platform is called."""
    return ClientSettings(
        url,
        "appkey",
        PLATFORM_SECRETS[0],
        rate=0,
        patience=0.3,
        proxy=f"http://us:{urllib.parse.quote(PLATFORM_SECRETS[4])}@{url.removeprefix('http://')}",
        other_secrets=PLATFORM_SECRETS[2:4],
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # httpx-aiohttp passes a proxy's password on as it used to be
@pytest.mark.parametrize("place", ["message", "code", "header", "token"])
async def test_the_platform(place: str) -> None:
    """A platform or a proxy that repeats keys, tokens and passwords shows them in no error and no line of a retry."""
    known = tuple(one for one in PLATFORM_SECRETS if one != "live-token-1" or place != "token")
    every = (*known, PASSWORD)
    said = repeated(*every)

    def answer(path: str, _body: bytes) -> Reply:
        if "gettoken" in path and place != "token":
            value = {"access_token": "live-token-1", "companyId": "c", "expires_in": 7200}
            return 200, {}, json.dumps({"code": 10000, "success": True, "value": value}).encode()
        if place == "header":
            return 200, {"content-type": " ".join(every[:5])}, b"no JSON"
        code = said if place == "code" else 71001
        return 200, {}, json.dumps({"code": code, "success": False, "message": said}).encode()

    lines = io.StringIO()
    log_retries(lambda: configure("info", "json", out=lines))
    with web(answer) as url:
        async with Client(platform(url)) as client:
            with pytest.raises(SyncdError) as caught:
                await client.add_user("u", {"account": "a"}, PASSWORD)
            with pytest.raises(SyncdError) as second:
                await client.users()
        raw = RawCalls(platform(url))
        asked = ""
        try:
            asked = json.dumps((await raw.ask("user/list", {"password": PASSWORD})).envelope, ensure_ascii=False)
        except SyncdError as error:
            asked = str(error)
        finally:
            await raw.aclose()
    for fault in (caught.value, second.value):
        texts = [str(fault), repr(fault.args)]
        if isinstance(fault, Refused):
            texts += [fault.code, fault.platform_message]
        for text in texts:
            for secret in known:
                assert secret not in text
    assert PASSWORD not in str(caught.value)
    assert MASK in str(caught.value)
    for secret in known if place == "token" else every:  # before there is a token nobody has seen a password
        assert secret not in asked
        assert secret not in lines.getvalue()
    assert bool(lines.getvalue()) == (place == "header"), "what is no envelope is asked for again"


def test_a_notification() -> None:
    """A program or server that is told and repeats what it was told with shows nothing of it, wherever it is cut."""
    news = News(RunRecord("R1", 1.0, "abc", 2.0, "held", 3, {}), ())
    text = "password=" + "Z" * 150 + "y" * 100
    command = CommandNotifier([sys.executable, "-c", f"import sys; sys.exit({text!r})"], news_form, {})
    with pytest.raises(NotDelivered) as caught:
        command.tell(Event.HELD, news)
    assert "Z" not in str(caught.value)
    secrets = ("T0123456789/B0123456789", "query-secret-of-16")

    def answer(path: str, body: bytes) -> Reply:
        return 500, {"x": path}, body + path.encode()

    with web(answer) as url:
        address = (
            f"{url.replace('://', '://us:' + urllib.parse.quote(PASSWORD, safe='') + '@')}/{secrets[0]}?k={secrets[1]}"
        )
        with pytest.raises(NotDelivered) as caught:
            HttpNotifier(address, news_form).tell(Event.HELD, news)
    for secret in (*secrets, PASSWORD, urllib.parse.quote(PASSWORD, safe="")):
        assert secret not in str(caught.value)


SOURCE = """[source.ldap]
type = "ldap"
urls = ["{url}"]
bind_dn = "cn=reader,dc=example,dc=com"
bind_password = {password}
base = "dc=example,dc=com"
insecure = true
[mapping.user]
account = "cn"
name = "cn"
"""


def test_nothing_of_it_reaches_the_outside(site: Site) -> None:
    """A directory that repeats the bind password leaves it in no output, log, report, notification or store."""
    tell = site.folder / "tell.py"
    tell.write_text("import pathlib, sys\npathlib.Path('told').open('ab').write(sys.stdin.buffer.read())\n")
    tail = f'[notify]\ncommand = ["{sys.executable}", "{tell}"]\non = ["failed"]\n'
    texts: list[str] = []
    for code in (80, 0):
        with directory(repeated(PASSWORD).replace(",", "").replace("+", "").replace("|", ""), code=code) as url:
            site.configure(SOURCE.format(url=url, password=json.dumps(PASSWORD, ensure_ascii=False)), tail)
            commands = ("check",), ("plan",), ("reconcile",), ("reconcile", "--json"), ("status",), ("history",)
            for command in (*commands, ("status", "--json"), ("explain", "cn")):
                done = site.run(*command)
                assert "Traceback" not in done.err
                texts += [done.out, done.err]
    told = site.folder / "told"
    texts += [told.read_text()] if told.exists() else []
    assert told.exists()
    with closing(sqlite3.connect(site.folder / "syncd.db")) as store:
        texts += ["\n".join(store.iterdump())]
    assert MASK in "".join(texts)
    for form in _telling(forms(PASSWORD)):
        assert not any(form in text for text in texts), form


def _telling(some: Iterable[str]) -> tuple[str, ...]:
    """Return the forms that went through the names of a directory as they are."""
    return tuple(one for one in some if not set(one) & set(",+|"))
