"""The keys of callbacks are changed while events come, and none of them is lost."""

import http.client
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from syncd.wire.callback import CallbackKeys
from tests.kit.installation.callbacks import AES_KEY, KEYS, SETTINGS, TOKEN, event
from tests.kit.installation.listening import LISTENER, ListenProcess
from tests.kit.installation.settings import ADMIN, NO_PASSES
from tests.kit.installation.site import Site
from tests.kit.waiting import wait_for

NEW_AES_KEY = AES_KEY[::-1].replace("G", "A", 1)
NEW = CallbackKeys.of("token-of-tomorrow", NEW_AES_KEY, KEYS.receiver)
NEW_SETTINGS = f'[platform.callback]\ntoken = "token-of-tomorrow"\naes_key = "{NEW_AES_KEY}"\n'
FORMER = f'former = {{token = "{TOKEN}", aes_key = "{AES_KEY}"}}\n'


class Platform:
    """A platform that sends events without a pause, with the keys that it has at the moment."""

    def __init__(self, listen: ListenProcess) -> None:
        self._listen = listen
        self.keys, self.answered, self.refused, self.ends = KEYS, list[int](), list[int](), False

    def goes_on(self) -> None:
        """Wait until twenty more events were answered."""
        wanted = len(self.answered) + 20
        wait_for(lambda: len(self.answered) >= wanted)

    def send(self) -> None:
        """Send until the end."""
        number = 0
        with self._listen.sender() as sender:
            while not self.ends:
                number += 1
                message = event(value=[{"id": f"U{number}", "name": "王芳"}])
                try:
                    taken = sender.send(message, self.keys)
                except (OSError, http.client.HTTPException):  # an idle connection was closed: a new one is made
                    taken = sender.send(message, self.keys)
                (self.answered if taken else self.refused).append(number)


@contextmanager
def sending(listen: ListenProcess) -> Iterator[Platform]:
    """Let a platform send while the block runs."""
    platform = Platform(listen)
    thread = threading.Thread(target=platform.send, name="platform")
    thread.start()
    try:
        yield platform
    finally:
        platform.ends = True
        thread.join()


def test_no_event_is_lost_while_the_keys_of_callbacks_are_changed(site: Site) -> None:
    """Events of old and new keys are all taken while `former` is named, over two reloads; then the old are forged."""
    rest = LISTENER + NO_PASSES + ADMIN
    site.configure(tail=SETTINGS + rest)
    with ListenProcess(site, "daemon", "serve") as running:

        def reloaded(number: int) -> None:
            running.process.send_signal(signal.SIGHUP)
            wait_for(lambda: running.said.count('"action": "reloaded"') == number)

        with sending(running) as platform:
            platform.goes_on()
            site.configure(tail=NEW_SETTINGS + FORMER + rest)
            reloaded(1)
            platform.goes_on()
            platform.keys = NEW
            platform.goes_on()
            site.configure(tail=NEW_SETTINGS + rest)
            reloaded(2)
            platform.goes_on()
        assert platform.refused == []
        with running.sender() as late:
            assert not late.send(event(value=[{"id": "LATE"}]), KEYS)
        wait_for(lambda: site.run("status", "--json").json["inbox"]["pending"] == 0)
        assert running.stop() == 0
    lines = map(json.loads, site.run("events", "list", "--json", "-n", "100000").out.splitlines())
    objects = {name for line in lines if line["state"] != "repeated" for name in line["objects"]}
    assert objects == {f"U{number}" for number in platform.answered}
