"""A callback is saved only if its URL answers, with keys of its own, as on the settings page of the platform."""

import http.server
import json
import re
import ssl
import stat
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest
import trustme

from syncd.sandbox.api import Sandbox
from syncd.sandbox.state import CallbackSettings, load
from syncd.testing.receiver import AES_KEY, TOKEN, Receiver, Trouble, receiving
from syncd.testing.stocked import stocked
from syncd.wire.callback import SUCCESS
from tests.kit.installation.calls import FORM, Caller, calling
from tests.kit.waiting import comes

KEYS = {"token": TOKEN, "aes_key": AES_KEY}


def test_a_url_is_saved_where_it_answers_check_url(caller: Caller, receiver: Receiver) -> None:
    """A URL is saved once it has answered a `check_url` event, which has no value."""
    saved = caller.own("POST", "callback", {"url": receiver.url, **KEYS})
    assert {name: saved[name] for name in ("url", "token", "aes_key")} == {"url": receiver.url, **KEYS}
    assert [one.event for one in receiver.came] == [{"event_type": "check_url"}]
    assert caller.sandbox.pushes.settings == CallbackSettings(receiver.url, TOKEN, AES_KEY)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble.SLOW, "no answer came within 1500 ms"),
        (Trouble.REFUSES, "the answer has status 503 and not 200"),
        (Trouble.PLAIN, "the answer is no JSON object with encrypt, msg_signature, timeStamp and nonce"),
        (Trouble.NO_JSON, "the answer is no JSON object with encrypt, msg_signature, timeStamp and nonce"),
        (Trouble.OTHER_KEYS, "the answer cannot be decrypted: the signature is not that of our token"),
        (Trouble.FAILS, "the answer is encrypted, and does not say success"),
        (Trouble.HANGS_UP, "the connection ended before the answer was whole"),
    ],
)
def test_a_url_that_answers_otherwise_is_refused(
    caller: Caller, receiver: Receiver, trouble: Trouble, said: str
) -> None:
    """A URL that does not answer `success` is refused with the reason, and what was saved before stays."""
    receiver.trouble(trouble, -1)
    refused = caller.own("POST", "callback", {"url": receiver.url, **KEYS})["message"]
    assert refused == f"the URL {receiver.url} is not saved: check_url was sent, and {said}"
    assert caller.own("GET", "callback")["url"] == ""
    receiver.trouble(None)
    caller.own("POST", "callback", {"url": receiver.url, **KEYS})
    assert "cannot be reached" in caller.own("POST", "callback", {"url": "http://127.0.0.1:1/callback"})["message"]
    assert caller.own("GET", "callback")["url"] == receiver.url


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"url": "http://127.0.0.1:1/"}, "refresh makes both"),
        ({"url": "http://127.0.0.1:1/", "token": "t", "aes_key": "short"}, "aes_key has 5 characters"),
        ({"url": "ftp://127.0.0.1/", **KEYS}, "is no URL such as http://127.0.0.1:8090/callback"),
        ({"url": "http:///callback", **KEYS}, "is no URL such as"),
        ({"url": "http://127.0.0.1:99999/", **KEYS}, "is no URL"),
        ({"url": "http://127.0.0.1:1/ x", **KEYS}, "is no URL such as"),
        ({"url": f"http://{'a' * 70}.example/", **KEYS}, "cannot be reached"),
        ({"uri": "x"}, "uri"),
    ],
)
def test_settings_that_cannot_be_are_refused(caller: Caller, asked: dict[str, str], said: str) -> None:
    """Impossible callback settings are refused with a message that shows no secret, and nothing is saved."""
    message = caller.own("POST", "callback", asked)["message"]
    assert said in message
    assert TOKEN not in message
    assert AES_KEY not in message
    assert caller.sandbox.pushes.settings == CallbackSettings()


def test_new_keys_hold_once_they_are_saved(caller: Caller, receiver: Receiver) -> None:
    """New keys are made anew each time, and events are sealed with the former keys until the new ones are saved."""
    caller.own("POST", "callback", {"url": receiver.url, **KEYS})
    fresh = caller.own("POST", "callback/keys")
    assert all(re.fullmatch("[0-9A-Za-z]{43}", one) for one in fresh.values())
    assert fresh != caller.own("POST", "callback/keys")
    caller.value("dept/update", id="E", name="by the former keys")
    receiver.wait(1)
    with receiving(Receiver(**fresh)) as other:
        assert caller.own("POST", "callback", {"url": other.url, **fresh})["token"] == fresh["token"]
        caller.value("dept/update", id="E", name="by the new keys")
        other.wait(1)
    assert len(receiver.events) == 1


def test_settings_show_no_secret_in_a_trace() -> None:
    """The text form of callback settings shows the URL alone, and no secret."""
    assert repr(CallbackSettings("http://h/", TOKEN, AES_KEY)) == "CallbackSettings(url='http://h/')"


def test_the_settings_are_kept_in_the_state_file(receiver: Receiver, tmp_path: Path) -> None:
    """Callback settings survive a restart in a file of mode 600, and a file that lacks them is read all the same."""
    path = tmp_path / "platform.json"
    with calling(Sandbox(stocked(), state_file=path)) as caller:
        caller.own("POST", "callback", {"url": receiver.url, **KEYS})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load(path).callback == CallbackSettings(receiver.url, TOKEN, AES_KEY)
    with calling(Sandbox(state_file=path)) as caller:
        caller.value("dept/update", id="E", name="told")
        receiver.wait(1)
    older = json.loads(path.read_text(encoding="utf-8"))
    del older["callback"]
    path.write_text(json.dumps(older), encoding="utf-8")
    assert load(path).callback == CallbackSettings()


def test_the_page_refreshes_saves_and_stops(caller: Caller) -> None:
    """On the page an administrator can make new keys, save a callback, read why one is refused, and stop it."""
    shown = form(caller, "POST", "callback/keys", url="http://127.0.0.1:1/callback")
    keys = {name: field(shown, name) for name in ("token", "aes_key")}
    assert field(shown, "url") == "http://127.0.0.1:1/callback"
    with receiving(Receiver(**keys)) as receiver:
        assert form(caller, "POST", "callback/save", url=receiver.url, **keys) == ""
        assert receiver.url in caller.ask("GET", "/sandbox/")[2].decode()
        assert field(form(caller, "GET", "callback"), "aes_key") == keys["aes_key"]
        receiver.trouble(Trouble.FAILS)
        refused = form(caller, "POST", "callback/save", url=f"{receiver.url}?x=1", **keys)
        assert "网址没有在 1500 毫秒内返回加密的 success（the URL" in refused
        assert field(refused, "url") == f"{receiver.url}?x=1"
        assert "没有保存：网址或密钥不能使用，" in form(caller, "POST", "callback/save", url=receiver.url, aes_key="x")
        assert caller.sandbox.pushes.settings.url == receiver.url
        assert form(caller, "POST", "callback/stop") == ""
    assert caller.sandbox.pushes.settings.url == ""
    assert "没有请求网址，不推送事件" in caller.ask("GET", "/sandbox/")[2].decode()


def test_another_sites_form_changes_no_callback(caller: Caller, receiver: Receiver) -> None:
    """A form that comes from another site gets status 403, a page that does not exist 404, and no URL is asked."""
    body = urlencode({"url": receiver.url, **KEYS}).encode()
    path = "/sandbox/page/callback/save"
    assert caller.ask("POST", path, body, FORM, origin="http://evil.example")[0] == 403
    assert caller.ask("GET", path)[0] == 404
    assert receiver.came == []


def test_the_flags_save_a_callback(receiver: Receiver, tmp_path: Path) -> None:
    """`syncd sandbox` checks the callback of its flags before it listens, and exits with one line if it is refused."""
    flags = ("--callback-token", TOKEN, "--callback-aes-key", AES_KEY)
    state = tmp_path / "platform.json"
    command = [sys.executable, "-m", "syncd", "sandbox", "--port", "0", "--state", str(state)]
    for url, extra, said in (
        ("http://127.0.0.1:1/", flags, "check_url was sent, and 127.0.0.1:1 cannot be reached"),
        (receiver.url, (), "refresh makes both"),
    ):
        done = subprocess.run(  # noqa: S603 - our own program
            [*command, "--callback-url", url, *extra], capture_output=True, check=False, text=True
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert said in done.stderr
    with subprocess.Popen(  # noqa: S603 - likewise
        [*command, "--callback-url", receiver.url, *flags], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"events go to {receiver.url}\n"
        assert comes(state.exists)
        process.terminate()
    assert load(state).callback == CallbackSettings(receiver.url, TOKEN, AES_KEY)


class Plain(http.server.BaseHTTPRequestHandler):
    """Answers as HTTP/1.0 does: without a length, ended by the connection's end."""

    receiver = Receiver()

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.receiver.answer(SUCCESS))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Say nothing."""


def test_an_answer_may_end_with_its_connection(caller: Caller) -> None:
    """A callback answer without a length is taken when the end of the connection ends it."""
    with http.server.HTTPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/"
            assert caller.own("POST", "callback", {"url": url, **KEYS})["url"] == url
        finally:
            server.shutdown()
            thread.join()


def test_a_receivers_certificate_is_checked(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver over TLS is refused unless an authority that the system or `SSL_CERT_FILE` names vouches for it."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with receiving(tls=tls) as receiver:
        said = caller.own("POST", "callback", {"url": receiver.url, **KEYS})["message"]
        assert re.search("cannot be reached: .*certificate verify failed", said)
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        assert caller.own("POST", "callback", {"url": receiver.url, **KEYS})["url"] == receiver.url
        caller.value("dept/update", id="E", name="told")
        receiver.wait(1)


def form(caller: Caller, method: str, path: str, **values: str) -> str:
    """Return the page that answers a form, empty where it leads back to the overview."""
    body = urlencode(values).encode() if method == "POST" else None
    status, headers, page = caller.ask(method, f"/sandbox/page/{path}", body, FORM)
    if status == 303:
        assert headers["location"] == "/sandbox/#callback"
        return ""
    return page.decode()


def field(page: str, name: str) -> str:
    """Return the value with which a field of a page begins."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]
