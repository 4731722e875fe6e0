"""Waiting for the events of a sandbox."""

from typing import Any

from tests.kit.installation.calls import Caller
from tests.kit.waiting import comes


def settle(caller: Caller) -> Any:  # noqa: ANN401 - JSON
    """Wait until no event waits or is on its way, and return what the path of the callback says then.

    It is asked over HTTP, for only the sandbox's own thread sees an event at every moment either waiting or on its way.
    """

    def is_settled() -> bool:
        told = caller.own("GET", "callback")
        return bool(told["waiting"] == told["sending"] == 0)

    assert comes(is_settled)
    return caller.own("GET", "callback")
