"""Retry-After of a server that is too busy is read as RFC 9110, 10.2.3, says."""

import httpx

from syncd.wire.retry_after import retry_after
from tests.kit.failures import Failures

SENT = "Tue, 24 Nov 2026 12:00:00 GMT"


CASES: list[tuple[dict[str, str], float | None]] = [
    ({"Retry-After": " 7 "}, 7.0),
    ({"Retry-After": "1.5"}, 1.5),
    ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT", "Date": SENT}, 30.0),
    ({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT", "Date": SENT}, 0.0),
    ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT"}, None),
    *(({"Retry-After": text, "Date": SENT}, None) for text in ("soon", "nan", "inf", "-1", "1e9", "７", "")),
    ({}, None),
]


def test_seconds_or_a_date_are_understood_and_nothing_else() -> None:
    """Retry-After is read as seconds or as a date, and what is neither is no pause."""
    failures = Failures()
    for headers, seconds in CASES:
        with failures.case(headers):
            sent = httpx.Headers([(name.encode(), value.encode()) for name, value in headers.items()])
            assert retry_after(sent) == seconds
    failures.assert_none()
