"""A scrape shows until when the listener's certificate is valid."""

import datetime as dt
from pathlib import Path

import pytest
import trustme

from syncd.telemetry.certificate import NAME, valid_until
from syncd.telemetry.metrics import Metrics

ENDS = [dt.datetime(2031, 2, 3, 4, 5, 6, tzinfo=dt.UTC), dt.datetime(2061, 12, 31, 23, 59, 59, tzinfo=dt.UTC)]


def chain(ends: dt.datetime) -> bytes:
    """Give a certificate that ends then, with that of its authority after it."""
    authority = trustme.CA()
    issued = authority.issue_cert("syncd.example.org", not_after=ends)
    return b"".join(one.bytes() for one in issued.cert_chain_pems) + authority.cert_pem.bytes()


@pytest.mark.parametrize("ends", ENDS)
def test_the_end_of_the_first_certificate_is_told(ends: dt.datetime) -> None:
    """The end of the first certificate is read before and after 2050 (RFC 5280, 4.1.2.5)."""
    assert valid_until(chain(ends).decode()) == ends.timestamp()


def test_a_renewed_file_is_seen_at_the_next_scrape_and_a_broken_one_has_no_series(tmp_path: Path) -> None:
    """A renewed certificate is seen at the next scrape, and a broken one has no series and stops no scrape."""
    metrics, file = Metrics("1", "1"), tmp_path / "cert.pem"
    assert metrics.registry.get_sample_value(NAME) is None
    metrics.certificate(str(file))
    assert metrics.registry.get_sample_value(NAME) is None
    for ends in ENDS:
        file.write_bytes(chain(ends))
        assert metrics.registry.get_sample_value(NAME) == ends.timestamp()
    for broken in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "证书"):
        file.write_text(broken, encoding="utf-8")
        assert metrics.registry.get_sample_value(NAME) is None
