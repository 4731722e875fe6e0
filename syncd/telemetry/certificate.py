"""Until when the listener's certificate is valid: nothing else tells in time that nobody renews it."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

from Crypto.Util.asn1 import DerSequence
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

NAME = "syncd_listener_certificate_expiry_timestamp_seconds"
END = "-----END CERTIFICATE-----"
VERSION = b"\xa0"  # the tag of the one field that may be left out (RFC 5280, 4.1)
UTC_TIME = 0x17
FORMATS = {UTC_TIME: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}


class CertificateCollector(Collector):
    """Shows when the first certificate of a PEM file ends, as the file is at each scrape; nothing without a file."""

    def __init__(self) -> None:
        self.path = ""

    def collect(self) -> Iterator[Metric]:
        """Give the one series, or none where the file cannot be read: the listener then says so itself."""
        try:
            end = valid_until(Path(self.path).read_text("ascii")) if self.path else None
        except (OSError, ValueError, LookupError):
            end = None
        yield GaugeMetricFamily(NAME, "When the certificate in listener.tls.cert ends.", value=end)


def valid_until(pem: str) -> float:
    """Give when the first certificate of a PEM text ends, in seconds since the epoch; raises `ValueError`."""
    begin = pem.find("-----BEGIN CERTIFICATE-----")
    end = pem.find(END, begin)
    if begin < 0 or end < 0:
        raise ValueError("there is no certificate in it")
    whole = DerSequence().decode(ssl.PEM_cert_to_DER_cert(pem[begin : end + len(END)]))
    body = DerSequence().decode(whole[0])
    is_versioned = isinstance(body[0], bytes) and body[0][:1] == VERSION
    validity = DerSequence().decode(body[4 if is_versioned else 3])
    tag, text = validity[1][0], validity[1][2:].decode("ascii")
    if tag not in FORMATS:
        raise ValueError(f"the certificate ends at a time of an unknown sort ({tag})")
    return dt.datetime.strptime(text, FORMATS[tag]).replace(tzinfo=dt.UTC).timestamp()
