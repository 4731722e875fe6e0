"""Retry-After of whoever is too busy (RFC 9110, 10.2.3)."""

import httpx
import pytest

from syncd.wire.retry_after import retry_after

SENT = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT", "Date": SENT}, 30.0),
        ({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT", "Date": SENT}, 0.0),
        ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT"}, None),
        *(({"Retry-After": text, "Date": SENT}, None) for text in ("soon", "nan", "inf", "-1", "1e9", "７", "")),
        ({}, None),
    ],
)
def test_seconds_or_a_date_are_understood_and_nothing_else(headers: dict[str, str], seconds: float | None) -> None:
    """What is neither must not become a pause that never ends, nor a fault."""
    assert retry_after(httpx.Headers([(k.encode(), v.encode()) for k, v in headers.items()])) == seconds
