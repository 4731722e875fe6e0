"""Events that are many, repeated, shuffled and lost reach the store, however often the listener is killed (I9).

`SYNCD_TEST_EVENTS=100000` makes as many of them; the usual number is for everyday use.
"""

import hashlib
import http.client
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from syncd.app.records import EventState
from syncd.sandbox.api import Sandbox
from syncd.sandbox.company import Company, Rejected
from syncd.sandbox.serving import running
from syncd.shadow.store import open_store
from syncd.testing.company import generated
from syncd.testing.postbox import Postbox
from syncd.testing.throwaway import accepts
from syncd.wire.callback import Sealed
from tests.kit.installation.callbacks import JSON, KEYS, SETTINGS, Sender, sealed
from tests.kit.installation.listening import ListenProcess
from tests.kit.installation.site import Site
from tests.kit.ports import reserved_port
from tests.kit.waiting import wait_for

EVENTS = int(os.environ.get("SYNCD_TEST_EVENTS", "1500"))
SENDERS, KILLS, WINDOW, CHUNK = 32, 5, 50, 250
REPEATED, LOST = 0.05, 0.02
PEOPLE, DEPARTMENTS = 300, 30
PATIENCE = 600.0


class Posting:
    """Everything that was sent, and what of it was answered `success`, by the digest of the message."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answered: set[tuple[str, float]] = set()
        self._lock = threading.Lock()

    def send(self, posts: list[tuple[Sealed, tuple[str, float]]]) -> None:
        """Send posts from several senders at once, each again until it is answered."""
        waiting = iter(posts)

        def work() -> None:
            with Sender(self.url) as sender:
                while (post := self._next(waiting)) is not None:
                    self._sent(sender, *post)

        threads = [threading.Thread(target=work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _next(self, waiting: Iterator[tuple[Sealed, tuple[str, float]]]) -> tuple[Sealed, tuple[str, float]] | None:
        with self._lock:
            return next(waiting, None)

    def _sent(self, sender: Sender, post: Sealed, known_as: tuple[str, float]) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                status, _ = sender.post(msgspec.json.encode(post), **{"content-type": JSON})
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 200:
                with self._lock:
                    self.answered.add(known_as)
                return
            time.sleep(0.05)
        raise AssertionError("an event was never answered")


class Killer:
    """A listener on one port, killed at random moments and started again."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self._site, self._chance = site, chance
        self.process = ListenProcess(site)
        self.address = urlsplit(self.process.url)
        self.kills = 0

    def kill(self) -> None:
        """Kill the listener in the middle of whatever it does, and start another one at the same address."""
        time.sleep(self._chance.random() * 0.5)
        self.process.process.kill()
        self.process.process.wait()
        # The process that receives events has the same socket, and ends a moment after the one that was killed.
        wait_for(lambda: not accepts(self.address.hostname or "", self.address.port or 0))
        self.kills += 1
        self.process = ListenProcess(self._site, f"listen-{self.kills}")


def change(chance: random.Random, company: Company) -> None:
    """Change something as an administrator would; where the platform refuses that, change something else."""
    user, department = f"U{chance.randrange(PEOPLE)}", f"D{chance.randrange(DEPARTMENTS)}"
    edits = (
        lambda: company.add_user({"id": user, "name": "新", "account": user.lower(), "password": "x"}),
        lambda: company.update_user({"id": user, "name": f"名 {chance.randrange(9)}"}),
        lambda: company.update_user({"id": user, "phone": f"1390000{chance.randrange(200):04}"}),
        lambda: company.update_user({"id": user, "departmentId": department}),
        lambda: company.remove_user({"userId": user}),
        lambda: company.add_department({"id": department, "name": f"部门 {chance.randrange(9)}"}),
        lambda: company.update_department({"id": department, "name": f"部门 {chance.randrange(9)}"}),
    )
    weights = (4, 6, 4, 4, 1, 1, 2)
    try:
        chance.choices(edits, weights)[0]()
    except Rejected:
        change(chance, company)


def posts(chance: random.Random, postbox: Postbox) -> list[tuple[Sealed, tuple[str, float]]]:
    """Return what arrives of the latest changes: some lost, some repeated, shuffled within windows."""
    found = []
    for event in postbox.taken():
        stamp = str(int(event.time_stamp * 1000))
        post = (sealed(event.body, KEYS, stamp), (hashlib.sha256(event.body).hexdigest(), int(stamp) / 1000))
        copies = 0 if chance.random() < LOST else 2 if chance.random() < REPEATED else 1
        found += [post] * copies
    arrived = []
    for start in range(0, len(found), WINDOW):
        window = found[start : start + WINDOW]
        chance.shuffle(window)
        arrived += window
    return arrived


def test_what_was_answered_is_kept_and_one_refresh_makes_shadow_and_platform_equal(tmp_path: Path) -> None:
    """All that was answered is kept, whatever was lost or killed, and one refresh makes shadow and platform equal."""
    chance = random.Random(20261126)  # noqa: S311 - the same history in every run of the test
    sandbox = Sandbox()
    began, made = time.time(), 0

    def clock() -> float:
        return began + made / 1000

    postbox = Postbox(sandbox.company, clock)
    with running(sandbox) as url, reserved_port() as port:
        site = Site(tmp_path, sandbox, url)
        site.configure(tail=f'{SETTINGS}[listener]\nbind = "127.0.0.1:{port}"\n')
        killer = Killer(site, chance)
        posting = Posting(killer.process.url)
        kills_at = {chunk * (EVENTS // CHUNK) // (KILLS + 1) for chunk in range(1, KILLS + 1)}
        for chunk in range(EVENTS // CHUNK):
            for _ in range(CHUNK):
                made += 1
                change(chance, sandbox.company)
            murder = threading.Thread(target=killer.kill) if chunk in kills_at else None
            if murder is not None:
                murder.start()
            posting.send(posts(chance, postbox))
            if murder is not None:
                murder.join()
        _wait_until_ingested(tmp_path)
        assert killer.kills == KILLS
        assert killer.process.stop() == 0
        _prove_kept(tmp_path, posting.answered)
        site.employ(generated(1, 1))
        assert site.run("plan").code == 0
        _prove_equal(tmp_path, sandbox)


def _wait_until_ingested(folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        store = open_store(_url(folder))
        with store.reading() as work:
            waiting = work.inbox.counts().get(EventState.PENDING, 0)
        store.close()
        if not waiting:
            return
        time.sleep(0.5)
    raise AssertionError(f"{waiting} events are never ingested")


def _prove_kept(folder: Path, answered: set[tuple[str, float]]) -> None:
    """Assert that the inbox has all that was answered `success`."""
    store = open_store(_url(folder))
    with store.reading() as work:
        events = work.inbox.latest(EVENTS * 3)
    store.close()
    assert answered - {(one.digest, one.time_stamp) for one in events} == set()
    assert len(answered) > EVENTS * 0.9
    assert [one for one in events if one.state is EventState.DEAD] == []


def _prove_equal(folder: Path, sandbox: Sandbox) -> None:
    store = open_store(_url(folder))
    with store.reading() as work:
        mirror = work.shadow.mirror()
    store.close()
    state = sandbox.company.state
    users = {
        one.id: (one.fields.account, one.fields.name, one.fields.phone, one.fields.department) for one in mirror.users
    }
    departments = {one.id: (one.fields.name, one.fields.parent) for one in mirror.departments}
    assert users == {
        key: (one["account"], one["name"], one["phone"], one["departmentId"]) for key, one in state.users.items()
    }
    assert departments == {key: (one["name"], one["parentId"]) for key, one in state.departments.items()}


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'syncd.db'}"
