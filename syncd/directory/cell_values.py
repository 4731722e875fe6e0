"""What a database, a service or a sheet gives in one place, as the texts and bytes that entries have."""

import datetime as dt
import decimal
import ipaddress
import uuid

PLAIN = (uuid.UUID, dt.timedelta, ipaddress.IPv4Address, ipaddress.IPv6Address)
WHOLE_IN_FLOATS = 2**53
Values = tuple[str | bytes, ...]


def values_of(value: object) -> Values:
    """Give the values of one place: NULL and blank text are none.

    Numbers stand without an exponent and whole ones without a fraction (17, not 17.00), dates and times in ISO 8601,
    booleans as `true` and `false`. Raises `TypeError` for what is no single value, such as an array.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,) if value.strip() else ()
    if isinstance(value, bytes | bytearray | memoryview):
        return (bytes(value),) if len(value) else ()
    return (_text(value),)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < WHOLE_IN_FLOATS else _plain(value)
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, PLAIN):
        return str(value)
    raise TypeError(type(value).__name__)


def _plain(value: float) -> str:
    return _decimal(decimal.Decimal(repr(value)))


def _decimal(value: decimal.Decimal) -> str:
    if value.is_finite() and value == value.to_integral_value():
        value = value.quantize(decimal.Decimal(1)) if value.adjusted() < decimal.getcontext().prec else value
    return format(value, "f")
