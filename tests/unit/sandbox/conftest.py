"""Fixtures of all tests of the sandbox: who calls it, and the receiver of its events."""

from collections.abc import Iterator

import pytest

from syncd.sandbox.api import Sandbox
from syncd.sandbox.delivery import Delivery
from syncd.testing.receiver import AES_KEY, TOKEN, Receiver, receiving
from syncd.testing.stocked import stocked
from tests.kit.installation.calls import Caller, calling
from tests.kit.stopping import stopped_beside


@pytest.fixture
def caller() -> Iterator[Caller]:
    """Return a caller of a sandbox with the small company, which tells nobody of its changes."""
    with stopped_beside(calling(Sandbox(stocked()))) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver of events."""
    with receiving() as made:
        yield made


@pytest.fixture
def subscribed(caller: Caller, receiver: Receiver) -> None:
    """Let the sandbox tell the receiver of its changes, and wait for every answer as long as it takes."""
    saved = caller.own("POST", "callback", {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY})
    assert saved["url"] == receiver.url, saved
    caller.sandbox.pushes.delivery = Delivery(timeout=60)
