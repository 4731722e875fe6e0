"""The tests run `syncd listen`: what it answered `success` is in the inbox, whatever becomes of the process."""

import http.client
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from syncd.shadow.schema import upgrade
from syncd.wire.callback import CallbackKeys
from tests.kit.installation.callbacks import AES_KEY, KEYS, TOKEN, Sender, event
from tests.kit.installation.listening import ListenProcess, configure
from tests.kit.installation.site import Site
from tests.kit.installation.stores import default_store, inbox
from tests.kit.waiting import comes

KILLS = 5
SENDERS = 8


class Sending(threading.Thread):
    """Sends one event after the other, and remembers which of them were answered `success`."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(name=name)
        self._url = url
        self.sent: list[bytes] = []
        self.answered: list[bytes] = []
        self.start()

    def run(self) -> None:
        """Send until nobody answers any more."""
        with Sender(self._url) as sender:
            try:
                while True:
                    self.sent.append(event("user_update", [f"{self.name} {len(self.sent)}"]))
                    if sender.send(self.sent[-1]):
                        self.answered.append(self.sent[-1])
            except (OSError, http.client.HTTPException):
                pass


def are_answered(sending: list[Sending], count: int) -> bool:
    """Return whether each of these comes to be answered `success` so many times."""
    return comes(lambda: all(len(sender.answered) >= count for sender in sending))


def test_nothing_that_was_answered_is_missing_after_any_kill(site: Site, store_url: str) -> None:
    """After `kill -9` at random moments every event that was answered `success` is in the inbox as it was sent."""
    upgrade(store_url)
    configure(site, store_url)
    answered: set[bytes] = set()
    sent: set[bytes] = set()
    moments = random.Random(20261126)  # noqa: S311 - the same moments in every run of the test
    for kill in range(KILLS):
        with ListenProcess(site) as listen:
            sending = [Sending(listen.url, f"王 {kill}.{number}") for number in range(SENDERS)]
            assert are_answered(sending, 2)
            time.sleep(moments.random() * 0.3)
            listen.process.kill()
            for sender in sending:
                sender.join()
                answered.update(sender.answered)
                sent.update(sender.sent)
    bodies = {received.body for received in inbox(store_url)}
    assert len(answered) > KILLS * SENDERS
    assert answered <= bodies <= sent


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_it_cleanly(site: Site, number: signal.Signals, code: int) -> None:
    """A signal ends `listen` with the exit code of the contract and a line that counts what was received."""
    configure(site)
    with ListenProcess(site) as listen, listen.sender() as sender:
        assert sender.send(event())
        assert sender.send(b'{"event_type": "check_url"}')
        assert sender.post(b"nonsense")[0] == 400
        assert listen.stop(number) == code
        assert "received: checked 1, not_understood 1, stored 1\n" in listen.said
        assert "Traceback" not in listen.said
    assert len(inbox(default_store(site))) == 1


def test_former_keys_are_taken_while_they_are_named(site: Site) -> None:
    """An event with former keys is taken while the configuration names them, and is a forgery otherwise."""
    former = CallbackKeys.of("former-token", AES_KEY, KEYS.receiver)
    configure(site)
    with ListenProcess(site) as listen, listen.sender() as sender:
        assert not sender.send(event(), former)
    text = (site.folder / "syncd.toml").read_text(encoding="utf-8")
    (site.folder / "former").write_text("former-token\n", encoding="utf-8")
    written = f'aes_key = "{AES_KEY}"\n'
    (site.folder / "syncd.toml").write_text(
        text.replace(written, f'{written}former = {{token_file = "former"}}\n'), encoding="utf-8"
    )
    with ListenProcess(site) as listen, listen.sender() as sender:
        assert sender.send(event(), former)
        assert sender.send(event())


def test_several_stand_before_one_store(site: Site, store_url: str) -> None:
    """What any of several listeners before one store answered `success` is in that store's inbox."""
    upgrade(store_url)
    configure(site, store_url)
    with ListenProcess(site, "one") as one, ListenProcess(site, "other") as other:
        sending = [Sending(url, f"{number} {url}") for url in (one.url, other.url) for number in range(2)]
        assert are_answered(sending, 1)
        assert [one.stop(), other.stop()] == [0, 0]
        for thread in sending:
            thread.join()
    bodies = {received.body for received in inbox(store_url)}
    assert all(thread.answered for thread in sending)
    assert {body for thread in sending for body in thread.answered} <= bodies


def test_without_keys_it_does_not_begin(site: Site) -> None:
    """`listen` without keys ends with exit code 1 and one line that names the missing settings."""
    result = site.run("listen")
    assert result.code == 1
    assert "platform.callback.token and platform.callback.aes_key are missing" in result.fault
    assert result.out == ""


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (
            'bind = "8090"',
            'listener.bind: 8090 is not an address to listen on; it looks like "0.0.0.0:8090" or "[::]:8090"',
        ),
        ('tls = {cert = "own.pem"}', "listener.tls.key: is missing"),
        ('tls = {cert = "own.pem", key = "own.key"}', "own.pem and {folder}/own.key cannot be used: No such file"),
    ],
)
def test_settings_that_cannot_be_used_end_it_with_a_line(site: Site, written: str, fault: str) -> None:
    """A setting that cannot be used ends `listen` with exit code 1 and one line that says which it is."""
    configure(site, listener=f"[listener]\n{written}\n")
    result = site.run("listen")
    assert result.code == 1
    assert fault.format(folder=site.folder) in result.fault


def test_an_address_that_is_taken_ends_it_with_a_line(site: Site) -> None:
    """An address that is taken ends `listen` with exit code 1 and one line that names the setting."""
    configure(site)
    with ListenProcess(site) as listen:
        port = listen.url.split(":")[2].split("/")[0]
        configure(site, listener=f'[listener]\nbind = "127.0.0.1:{port}"\n')
        result = site.run("listen")
    assert result.code == 1
    assert f"listener.bind: 127.0.0.1:{port} cannot be listened on: Address already in use" in result.fault


def test_no_secret_is_said(site: Site, tmp_path: Path) -> None:
    """`listen` says neither its keys nor a message, whatever comes, and its store is private."""
    configure(site)
    with ListenProcess(site) as listen, listen.sender() as sender:
        sender.send(event("user_add", ["13800000000"]))
        sender.send(b"13800000001")
        assert sender.post(b"", **{"content-length": "13800000002 no"})[0] == 400
        listen.stop()
        assert not any(secret in listen.said for secret in (TOKEN, AES_KEY, "1380000000", "HTTP request"))
    assert (tmp_path / "syncd.db").stat().st_mode & 0o777 == 0o600
