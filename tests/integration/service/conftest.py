"""What the tests of the admin port share."""

import pytest

from tests.kit.waiting import DEADLINE_SECONDS


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time after which the store or the listener counts as hanging, for a busy machine."""
    monkeypatch.setattr("syncd.service.readiness.PATIENCE", DEADLINE_SECONDS)
    monkeypatch.setattr("syncd.app.status_kept.PATIENCE", DEADLINE_SECONDS)
