"""Every change is told, as it was made, in order, and never at the cost of the call that made it."""

from collections.abc import Iterator

import pytest

from syncd.sandbox.api import Sandbox
from syncd.testing.calls import Caller, calling
from syncd.testing.receiver import AES_KEY, TOKEN, Receiver, receiving
from syncd.testing.stocked import stocked


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give who is told."""
    with receiving() as made:
        yield made


@pytest.fixture
def caller(receiver: Receiver) -> Iterator[Caller]:
    """Give who calls a small company that tells the receiver."""
    with calling(Sandbox(stocked())) as made:
        saved = made.own("POST", "callback", {"url": receiver.url, "token": TOKEN, "aes_key": AES_KEY})
        assert saved["url"] == receiver.url, saved
        yield made


def test_a_change_is_told(caller: Caller, receiver: Receiver) -> None:
    """As `get` shows it."""
    caller.value("user/update", id="U", phone="13900000000")
    assert receiver.wait(1) == [{"event_type": "user_update", "value": [caller.value("user/get", userId="U")]}]
