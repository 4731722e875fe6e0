"""What the tests of the admin port share."""

import pytest

from tests.kit.waiting import DEADLINE_SECONDS


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time before the store or the listener counts as hanging."""
    monkeypatch.setattr("syncd.service.readiness.PATIENCE", DEADLINE_SECONDS)
    monkeypatch.setattr("syncd.app.status_kept.PATIENCE", DEADLINE_SECONDS)
