"""The header Retry-After of an HTTP answer, of the platform's or a service's."""

import datetime as dt
import email.utils
import re
from collections.abc import Mapping

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds to wait, said as such or as a date (RFC 9110, 10.2.3); nothing where it is neither.

    Some say them with a fraction. `headers` finds names in any letter case. A date counts from that of the answer, for
    clocks differ.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
        sent = email.utils.parsedate_to_datetime(headers["date"])
    except (ValueError, KeyError, OverflowError):
        return None
    aware = [one if one.tzinfo else one.replace(tzinfo=dt.UTC) for one in (date, sent)]
    return max((aware[0] - aware[1]).total_seconds(), 0.0)
