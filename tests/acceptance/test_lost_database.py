"""The tests take a PostgreSQL away from `syncd listen` and `serve` and give it back."""

import time
from collections.abc import Iterator

import msgspec
import pytest

from syncd.testing.company import generated
from tests.kit.installation.callbacks import JSON, KEYS, Sender, event, is_success, sealed
from tests.kit.installation.listening import LISTENER, ListenProcess, configure
from tests.kit.installation.settings import ADMIN
from tests.kit.installation.site import Site
from tests.kit.installation.stores import inbox
from tests.kit.servers.postgresql import PostgreSQL
from tests.kit.waiting import comes

ANSWERED_SECONDS = 10.0  # the listener gives up on its store after 1.2, and the rest is for a busy machine


class Posting:
    """Posts one event after the other, and keeps those that were taken and the longest time of an answer."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.taken: list[bytes] = []
        self.longest = 0.0

    def post(self) -> int:
        """Post an event, and return the status of its answer."""
        message = event("user_update", [f"王 {time.monotonic_ns()}"])
        begun = time.monotonic()
        status, content = self._sender.post(msgspec.json.encode(sealed(message)), **{"content-type": JSON})
        self.longest = max(self.longest, time.monotonic() - begun)
        if status == 200 and is_success(content, KEYS):
            self.taken.append(message)
        return status

    def until(self, status: int) -> None:
        """Post until the answer is this one."""
        assert comes(lambda: self.post() == status), f"never {status}"


@pytest.fixture(params=["listen", "serve"])
def process(request: pytest.FixtureRequest, site: Site, database: PostgreSQL) -> Iterator[ListenProcess]:
    """Return a daemon on that database."""
    configure(site, database.url, LISTENER + ADMIN)
    (site.folder / "company.ldif").write_bytes(generated(3, 1).ldif())
    with ListenProcess(site, request.param, request.param) as made:
        yield made


@pytest.fixture
def posting(process: ListenProcess) -> Iterator[Posting]:
    """Return what posts to it."""
    with process.sender() as sender:
        yield Posting(sender)


def test_events_are_503_while_the_database_is_away_and_taken_once_it_is_back(
    process: ListenProcess, posting: Posting, database: PostgreSQL
) -> None:
    """Events are 503 while the database is away, in time, and all that were answered `success` are stored (I9)."""
    for mode in ("fast", "immediate"):
        posting.until(200)
        database.stop(mode)
        posting.until(503)
        assert [posting.post() for _ in range(5)] == [503] * 5
        database.start()
        posting.until(200)
    assert database.end_sessions() > 0
    posting.until(200)
    assert posting.longest < ANSWERED_SECONDS
    assert process.stop() == 0
    assert set(posting.taken) <= {received.body for received in inbox(database.url)}
    assert "Traceback" not in process.said
    assert "inbox_recovered" in process.said


def test_what_came_while_the_database_was_away_is_ingested_afterwards(
    site: Site, process: ListenProcess, posting: Posting, database: PostgreSQL
) -> None:
    """A failed ingest is logged while the database is away, and what waits is ingested once it is back."""
    posting.until(200)
    database.stop()
    posting.until(503)
    assert comes(lambda: '"following_failed"' in process.said), process.said
    database.start()
    posting.until(200)
    assert comes(lambda: not site.run("status", "--json").json["inbox"]["pending"]), process.said
    assert process.stop() == 0
    assert "Traceback" not in process.said
