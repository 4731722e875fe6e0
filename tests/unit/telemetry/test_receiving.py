"""What becomes of requests is counted always and logged now and then."""

from structlog.testing import capture_logs

from syncd.app.receiving import Receipt
from syncd.telemetry.receiving import QUIET_SECONDS, Receipts


def test_a_flood_of_forgeries_is_one_line_a_minute() -> None:
    """A flood of refusals is one line a minute for each kind, with the count since the line before."""
    now = 100.0
    receipts = Receipts(lambda: now)
    with capture_logs() as logs:
        for number in range(1000):
            receipts(Receipt.FORGED, f"10.0.0.{number % 250}", "the signature is not that of our token")
        receipts(Receipt.FULL, "10.0.0.9", "")
        now += QUIET_SECONDS
        receipts(Receipt.FORGED, "10.9.9.9", "another reason")
    assert [(one["receipt"], one["sender"], one["count"]) for one in logs] == [
        (Receipt.FORGED, "10.0.0.0", 1),
        (Receipt.FULL, "10.0.0.9", 1),
        (Receipt.FORGED, "10.9.9.9", 1000),
    ]
    assert {one["action"] for one in logs} == {"callback_refused"}
    assert receipts.counts == {Receipt.FORGED: 1001, Receipt.FULL: 1}


def test_what_is_taken_is_counted_and_not_logged() -> None:
    """An accepted request is counted and not logged."""
    receipts = Receipts()
    with capture_logs() as logs:
        receipts(Receipt.STORED, "10.0.0.1", "")
        receipts(Receipt.CHECKED, "10.0.0.1", "")
    assert logs == []
    assert receipts.counts == {Receipt.STORED: 1, Receipt.CHECKED: 1}
